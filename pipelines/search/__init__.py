"""`snnconvert search`: options that are good on dev, found by trials. Begin with `search.py`."""
