"""What is true of SMS: the grammar, the codebook, segments, carriers."""
