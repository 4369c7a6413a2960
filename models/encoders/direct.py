"""Direct input: the values themselves, at every step."""

from __future__ import annotations

import torch
from torch import Tensor


def direct(x: Tensor, steps: int, generator: torch.Generator | None, shared: bool) -> Tensor:
    """The analog value itself at every step: (B, C, L) -> (T, B, C, L), a view without copies."""
    return x.expand(steps, *x.shape)
