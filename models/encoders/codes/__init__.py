"""The input codes of the package, one a file; their names are those of `models.encoders.CODES`."""
