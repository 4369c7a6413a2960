"""Poisson input: Bernoulli spikes at the rate of a value."""

from __future__ import annotations

import torch
from torch import Tensor

from .code import Code


class Poisson(Code):
    """Independent Bernoulli(x) spikes at every step (Lv et al. 2023, section 3.2)."""

    stochastic = True
    bernoulli = True
    contains_shorter = True  # of independent draws, the first t are as t are
    pooling = "counts", "random spikes: a maximum of spikes would grow with the positions"
    colour = "#c44e52"

    def encode(
        self,
        values: Tensor,
        steps: int,
        generator: torch.Generator | None = None,
        shared_noise: bool = False,
    ) -> Tensor:
        """Frames (T, B, C, L) of values (B, C, L): a spike where a uniform draw is below the value.

        ``shared_noise``: one noise field (T, 1, C, L) for the whole batch, drawn position after
        position.
        """
        if shared_noise:
            size = (values.shape[2], steps, 1, values.shape[1])
            field = torch.rand(size, generator=generator)  # (L, T, 1, C)
            draws = field.permute(1, 2, 3, 0).to(values.device)  # (T, 1, C, L)
        else:
            draws = torch.rand((steps, *values.shape), generator=generator)  # (T, B, C, L)
            draws = draws.to(values.device)
        return (draws < values).to(values.dtype)


CODE = Poisson()
