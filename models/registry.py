"""Every module that registers node types, so that a saved network can be rebuilt from its names."""

from __future__ import annotations

from .neurons import build as spiking
from .nodes import activations, layers, merge, norm, pooling
from .spikes import pooling as spike_pooling

__all__ = ["activations", "layers", "merge", "norm", "pooling", "spike_pooling", "spiking"]
