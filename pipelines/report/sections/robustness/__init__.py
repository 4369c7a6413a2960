"""The robustness section of a report."""
