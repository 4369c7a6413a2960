r"""The maximum of spike counts out of neurons that are reset to zero.

`MaxOfCounts` passes a spike whenever the largest count M(t) over the windows of a channel grows by
one. M(t) is the number of levels m = 1 ... T that any window has reached, and a level is reached
once: so the output is the sum over the levels of their first spikes. One channel more, the clock,
spikes in every window at the first step and never again. With N_l(t) the count of window l:

    levels   sends the spikes of a channel to T neurons a window, and the clock as T - m
    count    fires where T - m + N_l(t) > T - 1/2, which is N_l(t) >= m. It is at 0 then, and at
             most T - m spikes are left, too few to fire again
    sum      over the windows; the clock's neuron has fired in all W of them at the first step
    first    adds the clock's sum W to each level
    pool     fires where W + s > W + 1/2, which is s >= 1. It is at 0 then, and of W windows each
             sends a level one spike at most, too few to fire again

All these are whole numbers, and thresholds lie halfway between them.
"""

from __future__ import annotations

import torch
from torch import Tensor


def levels(channels: int, steps: int) -> Tensor:
    """Weights (C T + 1, C + 1) from spikes and clock to the levels, T a channel, and the clock."""
    weight = torch.zeros(channels * steps + 1, channels + 1)
    rows = torch.arange(channels * steps)
    weight[rows, rows // steps] = 1
    weight[rows, channels] = (steps - 1 - rows % steps).float()
    weight[-1, channels] = steps
    return weight


def threshold(steps: int) -> float:
    """Of the neurons of the levels."""
    return steps - 0.5


def first(channels: int, steps: int) -> Tensor:
    """Weights (C T, C T + 1) that add the clock to every level."""
    size = channels * steps
    return torch.cat([torch.eye(size), torch.ones(size, 1)], dim=1)


def level_spikes(spikes: Tensor) -> Tensor:
    """What `count` does: spikes (T, n, C, W) as first spikes of their levels (T, n, C T, W)."""
    steps = len(spikes)
    count = spikes.cumsum(dim=0)  # (T, n, C, W)
    levels = torch.arange(1, steps + 1).reshape(-1, 1)  # (T, 1)
    reached = (count.unsqueeze(3) == levels) & spikes.bool().unsqueeze(3)  # (T, n, C, T, W)
    return reached.flatten(2, 3).to(spikes.dtype)


def first_spikes(grown: Tensor) -> Tensor:
    """What `pool` does: growths (T, n, C) of the largest count as spikes (T, n, C T) of levels."""
    steps = len(grown)
    largest = grown.cumsum(dim=0)  # (T, n, C)
    reached = (largest.unsqueeze(3) == torch.arange(1, steps + 1)) & grown.bool().unsqueeze(3)
    return reached.flatten(2, 3).to(grown.dtype)
