"""A run on disk: stages, what is done, and locks."""
