"""One readable file per command, their arguments, the run folder and the report."""
