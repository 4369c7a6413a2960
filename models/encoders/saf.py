"""Deterministic rate coding (SAF): an integrate-and-fire neuron spaces spikes evenly."""

from __future__ import annotations

import torch
from torch import Tensor


def saf(x: Tensor, steps: int, generator: torch.Generator | None, shared: bool) -> Tensor:
    """Sum and fire: V += x; spike and V -= 1 when V >= 1; V(0) = 1/2.

    The count after T steps is floor(T x + 1/2), x rounded to T levels. Source: SNNLP (Knipper et
    al. 2024) with V(0) = 0; the half makes it round to the nearest level instead of down.
    """
    potential = torch.full_like(x, 0.5)
    frames = []
    for _ in range(steps):
        potential = potential + x
        spikes = (potential >= 1).to(x.dtype)
        potential = potential - spikes
        frames.append(spikes)
    return torch.stack(frames)
