"""What is done to the weights of a network before or after conversion."""
