"""Weighted spikes: the phase of a period says what a spike is worth."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from ...code import Counts
from ...counted import least_squares_worth
from ...in_pieces import InPieces

PERIOD = 8


class WeightedPhase(InPieces):
    r"""The binary digits of a value, the highest first, again in every period of K steps.

    .. math:: s(t) = \text{digit } k \text{ of } \lfloor 2^K x \rfloor, \quad k = t \bmod K

    where a spike of phase k = 0 ... K - 1 weighs 2^-(1 + k). K = 8 as in the source, and T for
    fewer steps. 1 is sent as 1 - 2^-K. Source: Kim et al., Neurocomputing 2018, "Deep neural
    networks with weighted spikes"; spikingjelly's `WeightedPhaseEncoder` is its reference here.

    Neurons that count read how many digits are 1, which grows with the value only roughly (1/2 has
    one, 63/128 has six): conversion without fine-tuning loses much at every T. The worth of a
    count is that of least squares (`counted.py`).
    """

    rate = False

    def pieces(
        self,
        values: Tensor,
        steps: int,
        size: int,
        generator: torch.Generator | None = None,
        shared_noise: bool = False,
    ) -> Iterator[Tensor]:
        """As `Code.pieces`: a step's frame is the digit of its phase."""
        order = self.frame_order(steps)
        digits = self.distinct(values, steps)
        for start in range(0, steps, size):
            yield digits[list(order[start : start + size])]

    def frame_order(self, steps: int) -> tuple[int, ...]:
        """The phase of each step."""
        return tuple(step % PERIOD for step in range(steps))

    def distinct(self, values: Tensor, steps: int) -> Tensor:
        """The K digits (K, *values.shape), highest first."""
        period = min(steps, PERIOD)
        levels = (values * (1 << period)).to(torch.int32).clamp(max=(1 << period) - 1)
        digits = [(levels >> (period - 1 - phase)) & 1 for phase in range(period)]
        return torch.stack(digits).to(values.dtype)

    def decode(self, frames: Tensor) -> Tensor:
        """The sum of the weights of one period, the mean of all: frames (T, ...) to (...)."""
        values = torch.zeros_like(frames[0])
        for phase in range(min(len(frames), PERIOD)):
            values += frames[phase::PERIOD].mean(dim=0) * 2.0 ** -(1 + phase)
        return values

    def worth(self, steps: int) -> float:
        """By least squares over evenly spread values."""
        return least_squares_worth(self, steps)

    def error_bound(self, steps: int) -> float:
        """2^-K: digits beyond the period are cut off."""
        return 2.0 ** -min(steps, PERIOD)

    def work(self, values: np.ndarray, steps: np.ndarray, spikes: np.ndarray) -> Counts:
        """A multiplication and a rounding for every value, once: two additions' worth."""
        return {"encode_adds": 2 * values}


CODE = WeightedPhase()
