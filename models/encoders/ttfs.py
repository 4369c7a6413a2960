"""Time to first spike as an input code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from ..neurons.ttfs import ttfs_encode
from .code import Code


class TimeToFirstSpike(Code):
    """One spike at step T - round(T x), none where that is T.

    For networks of `convert.ttfs` alone: to a rate code, every spike is worth the same.
    """

    rate = False
    prefix = False

    def encode(
        self, x: Tensor, steps: int, generator: torch.Generator | None, shared: bool
    ) -> Tensor:
        """Frames (T, *x.shape) of values x."""
        return ttfs_encode(x, steps)

    def work(self, values: Any, steps: Any, spikes: Any) -> Mapping[str, Any]:
        """A multiplication and a rounding for every value, once: two additions' worth."""
        return {"encode_adds": 2 * values}


CODE = TimeToFirstSpike()
