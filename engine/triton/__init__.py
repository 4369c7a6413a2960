"""The engines' kernels on a GPU."""
