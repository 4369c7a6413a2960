"""Evenly spaced spikes, in each channel from a place of its own."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from ..code import Counts
from ..in_pieces import InPieces

BITS = 16
"""Places are multiples of 2^-16, so that all sums are whole numbers."""


def places(channels: int) -> Tensor:
    """Van der Corput's sequence for channels 0, 1, 2 ...: 0, 1/2, 1/4, 3/4 ..., times 2^16: int64.

    Every stretch of it is spread evenly over [0, 1) (van der Corput 1935, radical inverse in base
    2), and so are the channels of a word over the steps.
    """
    numbers = torch.arange(channels) % (1 << BITS)
    turned = torch.zeros_like(numbers)
    for bit in range(BITS):
        turned |= ((numbers >> bit) & 1) << (BITS - 1 - bit)
    return turned


class Even(InPieces):
    r"""The nearest of T levels as evenly spaced spikes, each channel c from a place phi_c.

    .. math:: k = \lfloor T x + 1/2 \rfloor, \quad
        s(t) = \lfloor t k / T + \phi_c \rfloor - \lfloor (t-1) k / T + \phi_c \rfloor

    for t = 1 ... T (Bresenham's line, IBM Systems Journal 1965). Over T steps these are k spikes
    whatever phi is, as many as `saf` sends; of floor(T x + phi) it would be less near. But where
    saf sends the spikes of all small values together, in the middle of the run, here they are
    spread over it by the channels' places (`places`), and so are the currents of a word.
    """

    elementwise = False
    whole_words = True
    keeps_state = True
    colour = "#937860"

    @property
    def read_by_value(self) -> bool:
        """The count is that of the value, in every channel."""
        return True

    def pieces(
        self,
        values: Tensor,
        steps: int,
        size: int,
        generator: torch.Generator | None = None,
        shared_noise: bool = False,
    ) -> Iterator[Tensor]:
        """As `Code.pieces`: a step's spikes are where its sum passes a whole number."""
        levels = torch.floor(values * steps + 0.5).to(torch.int64) << BITS  # (B, C, L)
        one = steps << BITS
        place = steps * places(values.shape[1]).to(values.device)[:, None]  # (C, 1)
        before = torch.zeros_like(levels)
        for start in range(0, steps, size):
            frames = values.new_empty((min(size, steps - start), *values.shape))
            for number, frame in enumerate(frames, start + 1):
                now = (number * levels + place) // one
                frame.copy_(now - before)
                before = now
            yield frames

    def error_bound(self, steps: int) -> float:
        """Half a level: 1 / 2T."""
        return 0.5 / steps

    def work(self, values: np.ndarray, steps: np.ndarray, spikes: np.ndarray) -> Counts:
        """That of saf: an addition and a comparison a value and step, a subtraction a spike.

        And once for each value a multiplication and a rounding, two additions' worth.
        """
        touched = values * steps
        return {
            "encode_adds": 2 * touched + spikes + 2 * values,
            "reads_state": touched,
            "writes_state": touched,
        }


CODE = Even()
