"""Poisson input: Bernoulli spikes at the rate of a value."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from ...divided import uniform
from ..in_pieces import InPieces


class Poisson(InPieces):
    """Independent Bernoulli(x) spikes at every step (Lv et al. 2023, section 3.2)."""

    stochastic = True
    bernoulli = True
    contains_shorter = True  # of independent draws, the first t are as t are
    pooling = "counts", "random spikes: a maximum of spikes would grow with the positions"
    colour = "#c44e52"

    def pieces(
        self,
        values: Tensor,
        steps: int,
        size: int,
        generator: torch.Generator | None = None,
        shared_noise: bool = False,
    ) -> Iterator[Tensor]:
        """As `Code.pieces`: a spike where a uniform draw is below the value.

        A step's draws at a time; those that are shared, (T, 1, C, L) of one text, position after
        position and whole.
        """
        field = None
        if shared_noise:
            shape = (values.shape[2], steps, 1, values.shape[1])
            field = torch.rand(shape, generator=generator).permute(1, 2, 3, 0)  # (T, 1, C, L)
        for start in range(0, steps, size):
            if field is None:
                shape = (min(size, steps - start), *values.shape)
                draws = uniform(shape, generator, texts=-3)  # (T', B, C, L)
            else:
                draws = field[start : start + size]
            yield (draws.to(values.device) < values).to(values.dtype)

    def error_bound(self, steps: int) -> float:
        """sqrt(log(2e6) / 2T), by Hoeffding's inequality for T draws, and never above 1."""
        return min(1.0, math.sqrt(math.log(2e6) / (2 * steps)))


CODE = Poisson()
