"""A run folder out of a user's own torch module and vocabulary."""
