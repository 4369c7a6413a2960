"""`snnconvert attack`: victims, campaigns and sweeps."""
