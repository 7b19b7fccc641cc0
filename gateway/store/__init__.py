"""Tables and their queries, together; nothing else in the gateway writes SQL."""
