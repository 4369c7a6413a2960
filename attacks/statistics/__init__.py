"""Robustness figures, their intervals, and what they allow to be said."""
