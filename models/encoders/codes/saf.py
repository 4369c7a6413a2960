"""Deterministic rate coding (SAF): an integrate-and-fire neuron spaces spikes evenly."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from ..code import Code, Counts


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
        return next(self.pieces(values, steps, steps))

    def pieces(
        self,
        values: Tensor,
        steps: int,
        size: int,
        generator: torch.Generator | None = None,
        shared_noise: bool = False,
    ) -> Iterator[Tensor]:
        """As `Code.pieces`: the potential is what one piece leaves to the next."""
        values = values.detach()  # a spike has no gradient
        potential = torch.full_like(values, 0.5)
        for start in range(0, steps, size):
            frames = values.new_empty((min(size, steps - start), *values.shape))
            for frame in frames:
                potential += values
                torch.ge(potential, 1, out=frame)
                potential -= frame
            yield frames

    def error_bound(self, steps: int) -> float:
        """Half a level: 1 / 2T."""
        return 0.5 / steps

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
