"""Rank order: the values of a word fire one after another, the largest first."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ...code import Counts
from ...one_spike import NEVER, OneSpike, spike_times


class RankOrder(OneSpike):
    r"""One spike for every value above zero, at a step given by how many of its word are larger.

    .. math:: t = \lfloor T r / n \rfloor, \quad r = \#\{j: x_j > x\}

    with n the values of the word that are above zero; equal values fire together. Source: Thorpe
    and Gautrais, "Rank order coding", Computational Neuroscience 1998. Only the order of a word's
    values is kept, so it does not change with their scale or contrast, and `decode` can say no more
    of a value than its place in the order: (T - t - 1/2) / T.

    Neurons that count read no more of it than the sign of a component, as of `latency`.
    """

    elementwise = False
    whole_words = True

    def times(self, values: Tensor, steps: int) -> Tensor:
        """As `OneSpike.times`, of values (B, C, L)."""
        rows = values.detach().transpose(1, 2).contiguous()  # (B, L, C)
        ordered = rows.sort(dim=2).values
        larger = rows.shape[2] - torch.searchsorted(ordered, rows, right=True)  # (B, L, C)
        count = (rows > 0).sum(dim=2, keepdim=True).clamp(min=1)
        times = (steps * larger // count).masked_fill(rows <= 0, NEVER)
        return times.transpose(1, 2)

    def decode(self, frames: Tensor) -> Tensor:
        """The middle of the part of the order that a step holds: frames (T, ...) to (...)."""
        times, sent = spike_times(frames)
        return (len(frames) - times.to(frames.dtype) - 0.5) / len(frames) * sent

    def error_bound(self, steps: int) -> float:
        """1: the order of values says nothing of their size."""
        return 1.0

    def work(self, values: np.ndarray, steps: np.ndarray, spikes: np.ndarray) -> Counts:
        """Sorting: log2(n) comparisons for every value, with n the values of the text at most."""
        return {"encode_adds": values * np.ceil(np.log2(np.maximum(values, 2)))}


CODE = RankOrder()
