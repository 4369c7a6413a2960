"""The fast engine: the front from tables of words, the rest by kernels."""
