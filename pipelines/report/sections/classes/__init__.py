"""The classes of a model in a report."""
