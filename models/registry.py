"""Every module that registers node types, so that a saved network can be rebuilt from its names."""

from __future__ import annotations

from . import activations, layers, merge, norm, pooling, spike_pooling, spiking

__all__ = ["activations", "layers", "merge", "norm", "pooling", "spike_pooling", "spiking"]
