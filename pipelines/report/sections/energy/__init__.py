"""The energy section of a report."""
