"""What a graph holds: the form of a network, its grid, its input and its nodes."""
