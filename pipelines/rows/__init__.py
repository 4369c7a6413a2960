"""Tables that are made a row at a time: jobs for several processes, and the file of results."""
