"""How the rows of the reproduction are trained: as published, and ours."""
