"""Direct input: the values themselves, at every step."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from ..code import Code, Counts


class Direct(Code):
    """Analog input: no spikes, no rounding, and nothing to encode."""

    spiking = False
    exact = True
    contains_shorter = True
    default_mapping = "none"
    colour = "#4c72b0"

    def encode(
        self,
        values: Tensor,
        steps: int,
        generator: torch.Generator | None = None,
        shared_noise: bool = False,
    ) -> Tensor:
        """The values themselves at every step: (T, *values.shape), a view without copies."""
        return values.expand(steps, *values.shape)

    def pieces(
        self,
        values: Tensor,
        steps: int,
        size: int,
        generator: torch.Generator | None = None,
        shared_noise: bool = False,
    ) -> Iterator[Tensor]:
        """As `Code.pieces`: views without copies."""
        frames = values.expand(max(steps, 2), *values.shape)  # so that a single step is a view too
        for start in range(0, steps, size):
            yield frames[start : min(start + size, steps)]

    def error_bound(self, steps: int) -> float:
        """None but that of rounding floats: the values themselves are sent."""
        return 0.0

    def distinct(self, values: Tensor, steps: int) -> Tensor:
        """The values as the only frame: (1, *values.shape)."""
        return values.unsqueeze(0)

    def work(self, values: np.ndarray, steps: np.ndarray, spikes: np.ndarray) -> Counts:
        """None: the values themselves are the input."""
        return {}

    def against_unevenness(self) -> str:
        """Its own currents are constant: what is uneven comes from the spikes of later layers."""
        return "use more steps, or silence early spikes with SRP (srp_steps)"


CODE = Direct()
