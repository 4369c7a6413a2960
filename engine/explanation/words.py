"""From windows to words: which words a window covers, and how its part is shared among them."""

from __future__ import annotations

import torch
from torch import Tensor

from ...models.nodes.layers import Conv1d


def window_words(position: int, conv: Conv1d, length: int) -> tuple[int, int]:
    """Words ``first`` to ``stop`` - 1 of a text of ``length`` are in the window at ``position``.

    Zeros before and after the text are no words.

    >>> window_words(0, Conv1d(2, 1, 3, padding=1), 5)
    (0, 2)
    """
    first = position - conv.padding[0]
    return max(first, 0), min(first + conv.width, length)


def drive_shares(conv: Conv1d, frames: Tensor, windows: int, length: int) -> Tensor:
    """How much of each filter's current in each window comes of each word: (C, W, n), sums 1.

        share_j = max(u_j, 0) / sum_i max(u_i, 0),   u_j = sum_d w_dj x_d

    u_j is the current that word j of the window puts into the filter, x its input averaged over
    the steps. Words that hold the neuron back have no share of a spike that was fired all the
    same; where no word drives it (the bias alone does), they share equally.

    Args:
        conv: the convolution
        frames: (T, D', n) input of the text
        windows: W valid windows
        length: n words
    """
    x = frames.double().mean(dim=0)[:, :length]  # (D', n)
    weight = conv.weight.detach().double().cpu()  # (C, D', k)
    shares = torch.zeros(conv.channels, windows, length, dtype=torch.float64)
    drive = torch.einsum("cdj,dn->cjn", weight, x).clamp(min=0)  # (C, k, n)
    for position in range(windows):
        first, stop = window_words(position, conv, length)
        taps = torch.arange(first, stop) - (position - conv.padding[0])
        own = drive[:, taps, torch.arange(first, stop)]  # (C, words)
        total = own.sum(dim=1, keepdim=True)
        equal = torch.full_like(own, 1 / max(stop - first, 1))
        shares[:, position, first:stop] = torch.where(
            total > 0, own / total.clamp(min=1e-300), equal
        )
    return shares
