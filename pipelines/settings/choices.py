"""Choices of options, written out because what they name is heavy to load."""

from __future__ import annotations

MEASURED = ("max", "percentile", "percentile_nonzero", "mse", "balance", "weights")
RULES = ("auto", "bound", "qcfs", *MEASURED, "fixed")
GRAINS = ("layer", "channel")
POOLING = ("auto", "spikes", "currents", "counts", "gated")
