"""Text networks by family: shallow and deep."""
