"""Text networks by family, in `FAMILIES`: names are listed without loading any."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...registry import Registry

if TYPE_CHECKING:
    from .family import Family

BUILT_IN = ("textcnn", "dpcnn", "mlp", "spiking-bert", "bert")
FAMILIES: Registry[Family] = Registry("network", __name__, "FAMILY", BUILT_IN)
