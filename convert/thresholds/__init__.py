"""Threshold rules: from what the ANN's activations do to firing thresholds."""
