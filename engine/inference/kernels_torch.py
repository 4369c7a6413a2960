"""From table rows to pooled signals in torch: rows are added, then the network's own nodes run.

Slower than the numba kernels, with equal results; it needs nothing but torch.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ...models.network import Network, Signal
from ..plan import Branch, Plan
from .chunks import Chunk

MOST_VALUES = 1 << 22  # currents that are held at once


class TorchPooling:
    """A `pooling.Pooling` that runs the network's own neurons and pooling, a few texts at a time.

    Args:
        network: whose branches are run
        plan: of the network
        order: (T,) the frame of each step
    """

    def __init__(self, network: Network, plan: Plan, order: np.ndarray) -> None:
        self.network, self.plan, self.order = network, plan, torch.from_numpy(order)

    @torch.no_grad()
    def __call__(self, chunk: Chunk, sums: bool = False) -> Tensor:
        """As `Pooling`."""
        longest = int(np.diff(chunk.starts).max())
        parts: list[Tensor] = []
        for branch, table in zip(self.plan.branches, chunk.store.arrays, strict=True):
            some = texts_at_once(branch, len(self.order), longest)
            runs = []
            for first in range(0, len(chunk.texts), some):
                starts = chunk.starts[first : first + some + 1]
                windows = _windows(branch, starts)
                currents = _currents(branch, table, chunk.slots, starts, int(windows.max()))
                if chunk.store.unit != 1:
                    currents = currents * chunk.store.unit
                runs.append(self._pooled(branch, currents, windows))
            parts.append(torch.cat(runs, dim=1))
        signals = torch.cat(parts, dim=2)
        return signals.sum(dim=0, keepdim=True) if sums else signals

    def _pooled(self, branch: Branch, currents: Tensor, windows: Tensor) -> Tensor:
        """Pooled spikes (T, B, C) of currents (B, W, F, C), of which a text has (B,) windows."""
        signal = Signal(currents.permute(2, 0, 3, 1)[self.order], windows)  # (T, B, C, W)
        for name in branch.after:
            signal = self.network.node(name)(signal)
        return signal.values


def texts_at_once(branch: Branch, steps: int, longest: int) -> int:
    """How many texts of up to ``longest`` words may be run together."""
    windows = max(longest + sum(branch.padding), branch.width) - branch.width + 1
    return max(1, MOST_VALUES // (steps * branch.channels * windows))


def _windows(branch: Branch, starts: np.ndarray) -> Tensor:
    """Windows (B,) of texts that start at ``starts`` (B + 1,)."""
    lengths = torch.from_numpy(np.diff(starts))
    return (lengths + sum(branch.padding)).clamp(min=branch.width) - branch.width + 1


def _currents(
    branch: Branch, table: np.ndarray, slots: np.ndarray, starts: np.ndarray, widest: int
) -> Tensor:
    """Currents (B, W, F, C) of ``widest`` windows of texts whose ``slots`` begin at ``starts``.

    table: (k, rows, F, C), row 0 silent, the bias in tap 0
    """
    rows = _window_rows(slots, starts, widest + branch.width - 1, branch.padding[0])
    taps = torch.from_numpy(table)
    currents = taps[0][rows[:, :widest]].float()
    for j in range(1, branch.width):
        currents = currents + taps[j][rows[:, j : j + widest]]
    return currents


def _window_rows(slots: np.ndarray, starts: np.ndarray, width: int, left: int) -> Tensor:
    """Rows (B, width) of every text with ``left`` silent ones before it and the rest after."""
    lengths = np.diff(starts)
    rows = np.zeros((len(lengths), left + max(width, int(lengths.max(initial=0)))), np.int64)
    for text, n in enumerate(lengths):
        rows[text, left : left + n] = slots[starts[text] : starts[text] + n]
    return torch.from_numpy(rows)
