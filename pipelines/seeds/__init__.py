"""A run with several seeds: one run folder a seed, and the mean and spread of every figure."""
