"""Figures of runs with several seeds: their mean and standard deviation."""
