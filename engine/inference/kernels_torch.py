"""The front in torch: rows gathered and added, then the network's own neurons and pooling.

Slower than the numba kernels, with equal results; it needs nothing but torch.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ...models.network import Network, Signal
from ..plan import Branch

MOST_VALUES = 1 << 22  # currents that are held at once


def texts_at_once(branch: Branch, steps: int, longest: int) -> int:
    """How many texts of up to ``longest`` words may be run together."""
    windows = max(longest + sum(branch.padding), branch.width) - branch.width + 1
    return max(1, MOST_VALUES // (steps * branch.channels * windows))


@torch.no_grad()
def pool_branch(
    network: Network,
    branch: Branch,
    table: np.ndarray,
    order: np.ndarray,
    slots: np.ndarray,
    starts: np.ndarray,
    unit: float,
) -> Tensor:
    """One branch of the front: pooled spikes (T, B, C).

    Args:
        network: that the branch belongs to
        branch: which
        table: (k, rows, F, C), row 0 silent, the bias in tap 0
        order: (T,) the frame of each step
        slots: table rows of the words of all texts
        starts: (B + 1,) where each text starts in ``slots``
        unit: what a number of the table stands for
    """
    lengths = torch.from_numpy(np.diff(starts))
    windows = (lengths + sum(branch.padding)).clamp(min=branch.width) - branch.width + 1
    widest = int(windows.max())
    rows = _window_rows(slots, starts, widest + branch.width - 1, branch.padding[0])
    parts = torch.from_numpy(table)
    currents = parts[0][rows[:, :widest]].float()  # (B, W, F, C)
    for j in range(1, branch.width):
        currents = currents + parts[j][rows[:, j : j + widest]]
    if unit != 1:
        currents = currents * unit
    steps = currents.permute(2, 0, 3, 1)[torch.from_numpy(order)]  # (T, B, C, W)
    signal = Signal(steps, windows)
    for name in branch.after:
        signal = network.node(name)(signal)
    return signal.values


def _window_rows(slots: np.ndarray, starts: np.ndarray, width: int, left: int) -> Tensor:
    """Rows (B, width) of every text with ``left`` silent ones before it and the rest after."""
    lengths = np.diff(starts)
    rows = np.zeros((len(lengths), left + max(width, int(lengths.max(initial=0)))), np.int64)
    for text, n in enumerate(lengths):
        rows[text, left : left + n] = slots[starts[text] : starts[text] + n]
    return torch.from_numpy(rows)
