"""Gradients that do not go back in time, and training in pieces of time."""
