"""Deterministic rate coding (SAF): an integrate-and-fire neuron spaces spikes evenly."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from .code import Code, Counts


class SumAndFire(Code):
    """Sum and fire: V += x; spike and V -= 1 when V >= 1; V(0) = 1/2.

    The count after T steps is floor(T x + 1/2), x rounded to T levels. Source: SNNLP (Knipper et
    al. 2024) with V(0) = 0; the half makes it round to the nearest level instead of down.
    """

    contains_shorter = True
    sum_and_fire = True
    keeps_state = True
    colour = "#dd8452"

    def encode(
        self,
        values: Tensor,
        steps: int,
        generator: torch.Generator | None = None,
        shared_noise: bool = False,
    ) -> Tensor:
        """Frames (T, *values.shape), for values of any shape."""
        potential = torch.full_like(values, 0.5)
        frames = []
        for _ in range(steps):
            potential = potential + values
            spikes = (potential >= 1).to(values.dtype)
            potential = potential - spikes
            frames.append(spikes)
        return torch.stack(frames)

    def distinct(self, values: Tensor, steps: int) -> Tensor:
        """A frame a step: (T, *values.shape)."""
        return self.encode(values, steps)

    def work(self, values: np.ndarray, steps: np.ndarray, spikes: np.ndarray) -> Counts:
        """An addition and a comparison for every value and step, a subtraction for every spike."""
        touched = values * steps
        return {
            "encode_adds": 2 * touched + spikes,
            "reads_state": touched,
            "writes_state": touched,
        }


CODE = SumAndFire()
