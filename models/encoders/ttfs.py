"""Time to first spike as an input code."""

from __future__ import annotations

import torch
from torch import Tensor

from ..neurons.ttfs import ttfs_encode


def ttfs(x: Tensor, steps: int, generator: torch.Generator | None, shared: bool) -> Tensor:
    """Time to first spike: one spike at step T - round(T x), none where that is T.

    For networks of `convert.ttfs` alone: to a rate code, every spike is worth the same.
    """
    return ttfs_encode(x, steps)
