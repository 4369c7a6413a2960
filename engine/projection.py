"""Projection tables: what every distinct word sends through every filter tap.

A word's frames are fixed, so its share of a convolution is too. The current of window w at step t,
in a branch of width k with C channels and zeros ``left`` before the text, is

    bias[c] + sum_j table[token[w + j - left], order[t], offset + j * C + c],    j = 0 .. k - 1

where tokens outside the text are silent and add nothing.

Layout of a table, the one that :func:`project` returns: float32 (N, F, taps), C-contiguous, for N
tokens and F distinct frames (`frames.py`). The taps run branch after branch, tap j after tap,
channel after channel: ``plan.offsets[b] + j * C + c``. The numba engine stores the same numbers of
a token in another order, (branch, tap, frame, channel), in which one window reads contiguous memory
over all of its steps (see :func:`by_tap`; measured 2.4 times faster at T = 50).

On a grid (`grid.py`) the sums are exact, so every engine has the very same table.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ..models.network import Network
from ..models.nodes.layers import Conv1d
from .frames import TokenFrames
from .grid import GridConv1d
from .plan import Plan


def convolutions(network: Network, plan: Plan) -> list[Conv1d]:
    """The convolutions of the branches, in their order."""
    nodes = [network.node(branch.conv) for branch in plan.branches]
    return [node for node in nodes if isinstance(node, Conv1d)]


def tap_matrix(network: Network, plan: Plan) -> Tensor:
    """Filter weights of all branches as one matrix (D', taps), in the order of a table."""
    weights = [conv.weight.detach() for conv in convolutions(network, plan)]  # (C, D', k) each
    return torch.cat([w.permute(1, 2, 0).reshape(w.shape[1], -1) for w in weights], dim=1)


@torch.no_grad()
def project(network: Network, plan: Plan, frames: TokenFrames) -> Tensor:
    """The table (N, F, taps) of tokens with ``frames`` (F, N, D'), float32.

    Spikes meet the weights in one float32 product, whose sums are exact on a grid; analog frames
    of a network on a grid are projected as its convolutions do it (`grid.GridConv1d`).
    """
    values = frames.values.transpose(0, 1)  # (N, F, D')
    convs = convolutions(network, plan)
    if any(isinstance(conv, GridConv1d) for conv in convs):
        parts = [tap for conv in convs for tap in _grid_taps(conv, values)]
        return torch.cat(parts, dim=-1)
    return values @ tap_matrix(network, plan)


def _grid_taps(conv: Conv1d, values: Tensor) -> list[Tensor]:
    """Projections (N, F, C) of each tap of a convolution of analog values."""
    assert isinstance(conv, GridConv1d)
    rows = conv.rounded(values)  # (N, F, D') float64
    return [conv.to_grid(rows @ conv.tap(j).T) for j in range(conv.width)]


def by_tap(table: np.ndarray, plan: Plan) -> np.ndarray:
    """A table (N, F, taps) in the numba engine's order (N, F * taps).

    Entry (branch, tap j, frame f, channel c) of a token lies at
    ``F * plan.offsets[branch] + (j * F + f) * C + c``.
    """
    tokens, frames, _ = table.shape
    parts = []
    for branch, start in zip(plan.branches, plan.offsets, strict=True):
        stop = start + branch.width * branch.channels
        part = table[:, :, start:stop].reshape(tokens, frames, branch.width, branch.channels)
        parts.append(part.transpose(0, 2, 1, 3).reshape(tokens, -1))
    return np.concatenate(parts, axis=1)
