"""What is true of the liaison system whatever carries it: pure code, no rows, no network."""
