"""Training in pieces of time."""
