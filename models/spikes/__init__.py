"""Nodes that only a spiking network has, and `POOLING_RULES`: maximum pooling by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...registry import Registry

if TYPE_CHECKING:
    from .pooling import SpikePooling

_PLACES = {
    "spikes": "pooling:MaxOfSpikes",
    "currents": "pooling:MaxOfCurrents",
    "counts": "pooling:MaxOfCounts",
    "gated": "pooling:GatedMax",
}
POOLING_RULES: Registry[type[SpikePooling]] = Registry(
    "pooling rule", __name__, names=tuple(_PLACES), places=_PLACES
)
