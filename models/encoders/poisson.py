"""Poisson input: Bernoulli spikes at the rate of a value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from .code import Code


class Poisson(Code):
    """Independent Bernoulli(x) spikes at every step (Lv et al. 2023, section 3.2)."""

    stochastic = True
    uniform = True
    quiet = "saf"
    colour = "#c44e52"

    def encode(
        self, x: Tensor, steps: int, generator: torch.Generator | None, shared: bool
    ) -> Tensor:
        """Frames (T, B, C, L) of values (B, C, L).

        ``shared``: one noise field (T, 1, C, L) for the whole batch, drawn position after position,
        so that a text's spikes depend neither on the texts beside it nor on the padding after it.
        """
        if shared:
            size = (x.shape[2], steps, 1, x.shape[1])
            field = torch.rand(size, generator=generator)  # (L, T, 1, C)
            draws = field.permute(1, 2, 3, 0).to(x.device)  # (T, 1, C, L)
        else:
            draws = torch.rand((steps, *x.shape), generator=generator).to(x.device)  # (T, B, C, L)
        return (draws < x).to(x.dtype)

    def work(self, values: Any, steps: Any, spikes: Any) -> Mapping[str, Any]:
        """A random number and a comparison for every value and step."""
        return {"encode_draws": values * steps, "encode_adds": values * steps}


CODE = Poisson()
