"""What a conversion must know of the graph of a network."""
