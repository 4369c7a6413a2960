"""What became of every layer, and where the error comes from."""
