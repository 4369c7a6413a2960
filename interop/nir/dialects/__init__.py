"""The simulators that read a graph, one file each: `DIALECT` in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ....registry import Registry

if TYPE_CHECKING:
    from .dialect import Dialect

DIALECTS: Registry[Dialect] = Registry(
    "simulator",
    __name__,
    "DIALECT",
    ("any", "norse", "snntorch", "spikingjelly", "sinabs"),
    {"any": "plain"},
)
