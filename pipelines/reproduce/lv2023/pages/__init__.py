"""The page, the figure and the records."""
