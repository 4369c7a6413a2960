"""Who attacks the texts: processes on this machine, or a Ray cluster."""
