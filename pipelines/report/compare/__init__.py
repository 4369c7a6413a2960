"""Several runs beside one another on one page."""
