"""Weights that are kept besides those that the optimizer changes."""
