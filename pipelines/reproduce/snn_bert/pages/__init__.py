"""The files of the reproduction: claims, tables, picture, page."""
