"""Poisson input: Bernoulli spikes at the rate of a value."""

from __future__ import annotations

import torch
from torch import Tensor


def poisson(x: Tensor, steps: int, generator: torch.Generator | None, shared: bool) -> Tensor:
    """Independent Bernoulli(x) spikes at every step (Lv et al. 2023, section 3.2).

    ``shared``: one noise field (T, 1, C, L) for the whole batch, drawn position after position, so
    that a text's spikes depend neither on the texts beside it nor on the padding after it.
    """
    if shared:
        field = torch.rand((x.shape[2], steps, 1, x.shape[1]), generator=generator)  # (L, T, 1, C)
        draws = field.permute(1, 2, 3, 0).to(x.device)  # (T, 1, C, L)
    else:
        draws = torch.rand((steps, *x.shape), generator=generator).to(x.device)  # (T, B, C, L)
    return (draws < x).to(x.dtype)
