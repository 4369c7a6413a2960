"""The section of learning curves."""
