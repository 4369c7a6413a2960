"""Direct input: the values themselves, at every step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from .code import Code


class Direct(Code):
    """Analog input: no spikes, no rounding, and nothing to encode."""

    spiking = False
    even = True
    odd = True
    mapping = "none"
    colour = "#4c72b0"

    def encode(
        self, x: Tensor, steps: int, generator: torch.Generator | None, shared: bool
    ) -> Tensor:
        """The value itself at every step: (B, C, L) -> (T, B, C, L), a view without copies."""
        return x.expand(steps, *x.shape)

    def frame_order(self, steps: int) -> tuple[int, ...]:
        """One frame, sent at every step."""
        return (0,) * steps

    def distinct(self, x: Tensor, steps: int) -> Tensor:
        """The values as the only frame (1, *x.shape)."""
        return x.unsqueeze(0)

    def work(self, values: Any, steps: Any, spikes: Any) -> Mapping[str, Any]:
        """None: the values themselves are the input."""
        return {}


CODE = Direct()
