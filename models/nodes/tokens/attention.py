"""Attention between spikes.

Queries, keys and values are spikes (..., 3 D, L), in this order, each of H heads of D / H channels.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ....errors import InputError
from ...network import Node, Signal
from ..fan_out import EXACT

SCALE = 0.125
"""What products of scores and values are multiplied by (Zhou et al. 2023, Spikformer, eq. 11)."""


def split_heads(values: Tensor, heads: int) -> tuple[Tensor, Tensor, Tensor]:
    """Queries, keys and values (..., H, D / H, L) of (..., 3 D, L)."""
    parts = values.unflatten(-2, (3, heads, -1))  # (..., 3, H, D / H, L)
    query, key, value = parts.unbind(dim=-4)
    return query, key, value


class SpikeAttention(Node):
    """Self-attention of spikes without softmax: counts of common spikes weigh the values.

        A = Q K^T,  out = A V / 8

    Padding has no spikes, so it has no part in it. With ``softmax`` the weights are the softmax of
    A / sqrt(D / H) over valid positions, whose products are multiplications.

    Args:
        heads: H
        softmax: whether scores go through one
    """

    fields = ("heads", "softmax")
    timeless = True

    def __init__(self, heads: int, softmax: bool = False) -> None:
        super().__init__()
        self.heads, self.softmax = heads, softmax

    def channels_out(self, below: Sequence[int]) -> int:
        """D of 3 D."""
        return below[0] // 3

    def forward(self, *inputs: Signal) -> Signal:
        """Spikes (..., 3 D, L) -> (..., D, L)."""
        values, lengths = inputs[0]
        _check_heads(values, self.heads)
        if self.softmax:
            return attended(inputs[0], self.heads)
        query, key, value = split_heads(values, self.heads)
        scores = key.transpose(-1, -2) @ query  # (..., H, L of keys, L of queries)
        return Signal((value @ scores * SCALE).flatten(-3, -2), lengths)

    def operations(self, arriving: Signal) -> tuple[Tensor, Tensor]:
        """Additions for the scores and for the values, each (B,) float64, over all steps.

        A score is made of the channels in which its query and its key both spike; a value is added
        for every spike of its channel whose score is not 0.
        """
        values = arriving.values.to(EXACT)
        query, key, value = split_heads(values, self.heads)
        scores = key.transpose(-1, -2) @ query  # (..., H, L, L)
        seen = (scores != 0).to(EXACT).sum(dim=-1)  # (..., H, L): queries that see a key
        added = (value.sum(dim=-2) * seen).sum(dim=(-1, -2))  # (..., B)
        counted = scores.sum(dim=(-1, -2, -3))
        shape = (-1, counted.shape[-1])
        return counted.reshape(shape).sum(dim=0), added.reshape(shape).sum(dim=0)


class SoftmaxAttention(Node):
    """Self-attention of analog values: (..., 3 D, L) -> (..., D, L), see `attended`.

    Args:
        heads: H
    """

    fields = ("heads",)
    timeless = True

    def __init__(self, heads: int) -> None:
        super().__init__()
        self.heads = heads

    def channels_out(self, below: Sequence[int]) -> int:
        """D of 3 D."""
        return below[0] // 3

    def forward(self, *inputs: Signal) -> Signal:
        """Values at padding must be finite; they have no part in what the others get."""
        _check_heads(inputs[0].values, self.heads)
        return attended(inputs[0], self.heads)


def attended(signal: Signal, heads: int) -> Signal:
    """softmax(K^T Q / sqrt(D / H)) over the valid keys weighs the values, (..., 3 D, L).

    Source: Vaswani et al. 2017, eq. 1.
    """
    values, lengths = signal
    query, key, value = split_heads(values, heads)
    scores = key.transpose(-1, -2) @ query / query.shape[-2] ** 0.5  # (..., H, keys, queries)
    if lengths is not None:
        valid = torch.arange(values.shape[-1], device=values.device) < lengths[:, None]
        scores = scores.masked_fill(~valid[:, None, :, None], -torch.inf)  # keys (B, 1, L, 1)
    return Signal((value @ scores.softmax(dim=-2)).flatten(-3, -2), lengths)


class KeyValueSum(Node):
    """How often key and value spike together in a text: spikes (..., 3 D, L) -> (..., D, 1).

    The first half of attention that is linear in L; `QueryGate` is the second.
    Source: Yao et al. 2023 (Spike-driven Transformer), eq. 6.
    """

    timeless = True

    def channels_out(self, below: Sequence[int]) -> int:
        """D of 3 D."""
        return below[0] // 3

    def forward(self, *inputs: Signal) -> Signal:
        """One position a text."""
        values, lengths = inputs[0]
        _, key, value = values.chunk(3, dim=-2)
        together = (key * value).sum(dim=-1, keepdim=True)  # (..., D, 1)
        return Signal(together, None if lengths is None else lengths.clamp(max=1))


class QueryGate(Node):
    """Queries where the gate of their channel spikes: (..., 3 D, L), (..., D, 1) -> (..., D, L)."""

    timeless = True

    def channels_out(self, below: Sequence[int]) -> int:
        """D of 3 D."""
        return below[0] // 3

    def forward(self, *inputs: Signal) -> Signal:
        """Spikes."""
        (values, lengths), (gate, _) = inputs
        query = values.chunk(3, dim=-2)[0]
        return Signal(query * gate, lengths)


def _check_heads(values: Tensor, heads: int) -> None:
    channels = values.shape[-2]
    if channels % (3 * heads):
        raise InputError(
            f"expected queries, keys and values of {heads} equal heads, but got {channels} channels"
        )
