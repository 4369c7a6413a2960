"""What codes have in common that send one spike a value, at a time of its own."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from .code import Counts
from .in_pieces import InPieces

NEVER = -1
"""The time of a value that sends no spike."""


class OneSpike(InPieces):
    """One spike a value at most; a subclass gives `times`."""

    rate = False

    @abstractmethod
    def times(self, values: Tensor, steps: int) -> Tensor:
        """The step of each value's spike, 0 first, or `NEVER`: int64, of the values' shape."""

    def pieces(
        self,
        values: Tensor,
        steps: int,
        size: int,
        generator: torch.Generator | None = None,
        shared_noise: bool = False,
    ) -> Iterator[Tensor]:
        """As `Code.pieces`: the times are made once."""
        times = self.times(values, steps)
        for start in range(0, steps, size):
            frames = values.new_empty((min(size, steps - start), *values.shape))
            for step, frame in enumerate(frames, start):
                torch.eq(times, step, out=frame)
            yield frames

    def worth(self, steps: int) -> float:
        """T / 2: all that a count says is that a value is above zero, and such are 1/2 on average.

        Of values that are spread evenly. The gain of the input, where it is fitted, takes care of
        others.
        """
        return steps / 2

    def work(self, values: np.ndarray, steps: np.ndarray, spikes: np.ndarray) -> Counts:
        """A multiplication and a rounding for every value, once: two additions' worth."""
        return {"encode_adds": 2 * values}


def spike_times(frames: Tensor) -> tuple[Tensor, Tensor]:
    """The first spike's step of frames (T, ...), int64 (...), and whether there is one, bool."""
    return frames.argmax(dim=0), (frames > 0).any(dim=0)
