"""A run with several seeds: one run folder a seed, and what is said of all of them."""
