"""Spiking neurons: their equations, parameters and layers, by name in `NEURONS`.

A member is a layer type, a subclass of `base.Neurons`, and answers all that differs between
neurons. Names are listed without loading any.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...moved import attributes
from ...registry import Registry

if TYPE_CHECKING:
    from .base import Neurons

BUILT_IN = ("if", "lif", "cuba", "signed", "burst", "ttfs")
NEURONS: Registry[type[Neurons]] = Registry(
    "neuron", __name__, "NEURON", BUILT_IN, {"if": "integrate_and_fire"}
)

__getattr__ = attributes(__name__)
