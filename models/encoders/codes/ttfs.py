"""Time to first spike as an input code."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ...neurons.ttfs import ttfs_decode, ttfs_encode
from ..code import Code, Counts


class TimeToFirstSpike(Code):
    """One spike at step T - round(T x), none where that is T.

    For networks of `convert.ttfs` alone: to a rate code, every spike is worth the same.
    """

    rate = False
    pooling = "spikes", "evenly spaced spikes: spikes of the strongest positions coincide"

    def encode(
        self,
        values: Tensor,
        steps: int,
        generator: torch.Generator | None = None,
        shared_noise: bool = False,
    ) -> Tensor:
        """Frames (T, *values.shape), for values of any shape."""
        return ttfs_encode(values, steps)

    def decode(self, frames: Tensor) -> Tensor:
        """A spike at step t (0 first) stands for (T - t) / T: frames (T, ...) to (...)."""
        return ttfs_decode(frames)

    def read(self, frames: Tensor) -> Tensor:
        """The same: the neurons behind it read times."""
        return self.decode(frames)

    def error_bound(self, steps: int) -> float:
        """Half a level: 1 / 2T."""
        return 0.5 / steps

    def work(self, values: np.ndarray, steps: np.ndarray, spikes: np.ndarray) -> Counts:
        """A multiplication and a rounding for every value, once: two additions' worth."""
        return {"encode_adds": 2 * values}


CODE = TimeToFirstSpike()
