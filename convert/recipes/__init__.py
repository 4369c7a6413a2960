"""The choices of a conversion: ours, a user's, and those of papers."""
