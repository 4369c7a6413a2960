"""Spike encoders: vectors in [-1, 1] become spike trains."""
