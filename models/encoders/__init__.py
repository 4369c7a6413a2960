"""Spike encoders: vectors in [-1, 1] become spike trains."""

CODES = ("direct", "poisson", "saf", "bitplane", "ttfs")
MAPPINGS = ("split", "shift", "none")
