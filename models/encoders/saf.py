"""Deterministic rate coding (SAF): an integrate-and-fire neuron spaces spikes evenly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from .code import Code


class SumAndFire(Code):
    """Sum and fire: V += x; spike and V -= 1 when V >= 1; V(0) = 1/2.

    The count after T steps is floor(T x + 1/2), x rounded to T levels. Source: SNNLP (Knipper et
    al. 2024) with V(0) = 0; the half makes it round to the nearest level instead of down.
    """

    sum_and_fire = True
    keeps_state = True
    colour = "#dd8452"

    def encode(
        self, x: Tensor, steps: int, generator: torch.Generator | None, shared: bool
    ) -> Tensor:
        """Frames (T, *x.shape) of values x."""
        potential = torch.full_like(x, 0.5)
        frames = []
        for _ in range(steps):
            potential = potential + x
            spikes = (potential >= 1).to(x.dtype)
            potential = potential - spikes
            frames.append(spikes)
        return torch.stack(frames)

    def work(self, values: Any, steps: Any, spikes: Any) -> Mapping[str, Any]:
        """An addition and a comparison for every value and step, a subtraction for every spike."""
        touched = values * steps
        return {
            "encode_adds": 2 * touched + spikes,
            "reads_state": touched,
            "writes_state": touched,
        }


CODE = SumAndFire()
