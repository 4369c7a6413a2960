"""Runs that grow: more attacks, more conversions, other places."""
