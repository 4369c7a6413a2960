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
    """How much of each filter's current in each window comes of each of its words: (C, W, k).

        share_j = max(u_j, 0) / sum_i max(u_i, 0),   u_j = sum_d w_dj x_d

    u_j is the current that word j of the window puts into the filter, x its input averaged over
    the steps. Words that hold the neuron back have no share of a spike that was fired all the
    same; where no word drives it (the bias alone does), they share equally. Shares of a window
    sum to 1, and places beyond the text have none.

    Args:
        conv: the convolution
        frames: (T, D', n) input of the text
        windows: W valid windows
        length: n words
    """
    x = frames.double().mean(dim=0)[:, :length]  # (D', n)
    weight = conv.weight.detach().double().cpu()  # (C, D', k)
    places = _places(conv, windows)  # (W, k)
    real = (places >= 0) & (places < length)
    drive = torch.einsum("cdj,dn->cjn", weight, x).clamp(min=0)  # (C, k, n)
    taps = torch.arange(conv.width).expand_as(places)
    own = drive[:, taps, places.clamp(0, length - 1)] * real  # (C, W, k)
    total = own.sum(dim=-1, keepdim=True)
    equal = real / real.sum(dim=-1, keepdim=True).clamp(min=1)
    return torch.where(total > 0, own / total.clamp(min=1e-300), equal)


def by_word(values: Tensor, conv: Conv1d, length: int) -> Tensor:
    """Values (..., W, k) of the places in windows, added up by word: (..., n)."""
    places = _places(conv, values.shape[-2])
    real = (places >= 0) & (places < length)
    found = values.new_zeros(*values.shape[:-2], length)
    return found.index_add(-1, places[real], values[..., real])


def _places(conv: Conv1d, windows: int) -> Tensor:
    """Which word stands at each place of each window, (W, k); some lie beyond the text."""
    first = torch.arange(windows) - conv.padding[0]
    return first[:, None] + torch.arange(conv.width)
