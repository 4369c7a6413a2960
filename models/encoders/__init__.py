"""Spike encoders: vectors in [-1, 1] become spike trains. The input codes by name are `CODES`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...registry import Registry

if TYPE_CHECKING:
    from .code import Code

CODES: Registry[Code] = Registry(
    "encoder", f"{__name__}.codes", "CODE", ("direct", "poisson", "saf", "bitplane", "ttfs")
)
MAPPINGS = ("split", "shift", "none")
