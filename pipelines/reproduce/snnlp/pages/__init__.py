"""The page, the tables and the figure of the reproduction."""
