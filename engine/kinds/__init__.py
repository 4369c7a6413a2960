"""The engines by name. A kind of engine says what it can run, how fast, and makes engines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...registry import Registry

if TYPE_CHECKING:
    from .kind import EngineKind

ENGINES: Registry[EngineKind] = Registry(
    "engine", __name__, "ENGINE", ("auto", "fast", "torch", "gpu", "reference")
)
PRECISIONS = ("exact", "fast")
"""Weights on a grid on which no sum rounds (`engine/grid.py`), or as they are."""
