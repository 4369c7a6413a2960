"""Burst coding: of spikes in a row each stands for twice what the one before it did."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from ...code import Counts
from ...counted import largest_error, least_squares_worth
from ...in_pieces import InPieces

BETA = 2.0
LEAST = 1 / 8


def first_weight(steps: int) -> float:
    """theta: the source's 1/8, and for few steps what lets T spikes in a row add up to T.

    >>> [round(first_weight(steps), 3) for steps in (1, 2, 4, 8)]
    [1.0, 0.667, 0.267, 0.125]
    """
    return max(LEAST, steps / (2.0 ** min(steps, 64) - 1))


class Burst(InPieces):
    r"""V += x; a spike and V -= g theta when V >= g theta; g doubles in a burst, else it is 1.

    .. math:: g(t) = \beta g(t-1) \text{ if } s(t-1) = 1, \text{ else } 1, \quad \beta = 2

    with V(0) = theta / 2, and theta by `first_weight`. A spike stands for g theta, so the sum of
    what was sent is T x but for the potential that is left. Source: Park et al., DAC 2019, "Fast
    and efficient information transmission with burst spikes in deep spiking neural networks", their
    hidden neurons, here for the input.

    Neurons that count take all spikes of a burst for equal, which squeezes large values together:
    conversion without fine-tuning loses much. The worth of a count is that of least squares
    (`counted.py`).
    """

    rate = False
    keeps_state = True

    def pieces(
        self,
        values: Tensor,
        steps: int,
        size: int,
        generator: torch.Generator | None = None,
        shared_noise: bool = False,
    ) -> Iterator[Tensor]:
        """As `Code.pieces`: potential and weight are what one piece leaves to the next."""
        values = values.detach()  # a spike has no gradient
        theta = first_weight(steps)
        potential = torch.full_like(values, theta / 2)
        weight = torch.full_like(values, theta)
        for start in range(0, steps, size):
            frames = values.new_empty((min(size, steps - start), *values.shape))
            for frame in frames:
                potential += values
                torch.ge(potential, weight, out=frame)
                potential -= frame * weight
                weight = _next_weight(weight, frame, theta)
            yield frames

    def decode(self, frames: Tensor) -> Tensor:
        """The mean of what each spike stands for: frames (T, ...) to (...)."""
        theta = first_weight(len(frames))
        weight, total = torch.full_like(frames[0], theta), torch.zeros_like(frames[0])
        for frame in frames:
            total += frame * weight
            weight = _next_weight(weight, frame, theta)
        return total / len(frames)

    def worth(self, steps: int) -> float:
        """By least squares over evenly spread values."""
        return least_squares_worth(self, steps)

    def error_bound(self, steps: int) -> float:
        """The potential that is left, over T; measured (`counted.largest_error`)."""
        return largest_error(self, steps)

    def work(self, values: np.ndarray, steps: np.ndarray, spikes: np.ndarray) -> Counts:
        """An addition and a comparison a value and step; a subtraction and a doubling a spike."""
        touched = values * steps
        return {
            "encode_adds": 2 * touched + 2 * spikes,
            "reads_state": touched,
            "writes_state": touched,
        }


def _next_weight(weight: Tensor, fired: Tensor, theta: float) -> Tensor:
    """G theta of the next step."""
    return torch.where(fired > 0, BETA * weight, theta)


CODE = Burst()
