"""Deterministic rate coding (SAF): an integrate-and-fire neuron spaces spikes evenly."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

import numpy as np
import torch
from torch import Tensor

from ....errors import InputError
from ..code import Counts
from ..in_pieces import InPieces


class SumAndFire(InPieces):
    """Sum and fire: V += x; spike and V -= theta when V >= theta; V(0) = theta / 2.

    The count after T steps is floor(T x / theta + V(0) / theta), at most T: x rounded to levels
    theta / T apart. Source: SNNLP (Knipper et al. 2024) with theta = 1 and V(0) = 0; the half makes
    it round to the nearest level instead of down. theta > 1 sends fewer spikes, each worth more;
    theta < 1 has finer levels and clips values above theta. Register others by
    ``CODES.add("saf2", SumAndFire(threshold=2))``.

    Args:
        threshold: theta > 0
        initial: V(0) as a fraction of the threshold, in [0, 1)

    Raises:
        InputError: a threshold or V(0) outside of these.
    """

    contains_shorter = True
    keeps_state = True

    def __init__(
        self, threshold: float = 1.0, initial: float = 0.5, colour: str | None = None
    ) -> None:
        if not (0 < threshold < inf and 0 <= initial < 1):
            raise InputError(
                "expected a threshold above 0 and V(0) of at least 0 and below 1 for sum and fire, "
                f"but got {threshold} and {initial}"
            )
        self.threshold, self.initial, self.colour = threshold, initial, colour
        self.sum_and_fire = threshold == 1 and initial == 0.5

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
        potential = torch.full_like(values, self.initial * self.threshold)
        for start in range(0, steps, size):
            frames = values.new_empty((min(size, steps - start), *values.shape))
            for frame in frames:
                potential += values
                torch.ge(potential, self.threshold, out=frame)
                potential.sub_(frame, alpha=self.threshold)
            yield frames

    def error_bound(self, steps: int) -> float:
        """Half a level, 1 / 2T, for V(0) = 1/2 and theta = 1; a level where V(0) is 0."""
        level = self.threshold / steps
        return max(level * max(self.initial, 1 - self.initial), 1 - self.threshold)

    def worth(self, steps: int) -> float:
        """A spike stands for theta."""
        return self.threshold

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


CODE = SumAndFire(colour="#dd8452")
FROM_ZERO = SumAndFire(initial=0)
