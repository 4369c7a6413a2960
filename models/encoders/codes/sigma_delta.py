"""First-order sigma-delta modulation with a dithered start."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from ...divided import uniform
from ..code import Counts
from ..in_pieces import InPieces


class SigmaDelta(InPieces):
    r"""First-order sigma-delta modulator: the integrator takes the value less the last spike.

    .. math:: u(t) = u(t-1) + x - s(t-1), \quad s(t) = 1 \text{ if } u(t) \ge 1/2

    (Inose, Yasuda and Murakami, IRE Transactions on Space Electronics and Telemetry 1962; signed
    input comes on two channels by the mapping split). From u(0) = 0 these are the spikes of `saf`
    for a constant value, one by one: sum and fire is this modulator, V = u + 1/2. What differs here
    is the start, u(0) + 1/2 = d uniform in [0, 1) for every value, drawn anew (dither; Schuchman,
    IEEE Transactions on Communication Technology 1964): the count is floor(T x + d), T x on
    average and never a whole spike off. So it neither always rounds a value to the same side, as
    saf does, nor has the noise of `poisson`, whose count varies by T x (1 - x).
    """

    stochastic = True
    contains_shorter = True
    keeps_state = True
    pooling = "counts", "random spikes: a maximum of spikes would grow with the positions"
    colour = "#8c8c8c"

    def pieces(
        self,
        values: Tensor,
        steps: int,
        size: int,
        generator: torch.Generator | None = None,
        shared_noise: bool = False,
    ) -> Iterator[Tensor]:
        """As `Code.pieces`: the integrator is what one piece leaves to the next."""
        values = values.detach()  # a spike has no gradient
        if shared_noise:
            shape = (values.shape[2], 1, values.shape[1])
            start = torch.rand(shape, generator=generator).permute(1, 2, 0)  # (1, C, L)
        else:
            start = uniform(values.shape, generator, texts=-3)  # (B, C, L)
        potential = start.to(values).expand(values.shape).clone()  # u + 1/2
        for begun in range(0, steps, size):
            frames = values.new_empty((min(size, steps - begun), *values.shape))
            for frame in frames:
                potential += values
                torch.ge(potential, 1, out=frame)
                potential -= frame
            yield frames

    def error_bound(self, steps: int) -> float:
        """A level, 1 / T, always."""
        return 1 / steps

    def work(self, values: np.ndarray, steps: np.ndarray, spikes: np.ndarray) -> Counts:
        """That of saf, and one draw for every value."""
        touched = values * steps
        return {
            "encode_adds": 2 * touched + spikes,
            "encode_draws": values,
            "reads_state": touched,
            "writes_state": touched,
        }


CODE = SigmaDelta()
