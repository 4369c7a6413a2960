"""Threshold rules: from what the ANN's activations do to firing thresholds."""

from ...moved import attributes

__getattr__ = attributes(__name__)
