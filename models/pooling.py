"""Pooling over positions for the ANN: maximum or mean over the valid windows."""

from __future__ import annotations

import torch
from torch import Tensor

from .network import Node, Signal, register


def masked_max(signal: Signal, fill: float) -> Tensor:
    """Maximum over valid positions: (..., C, L) -> (..., C); ``fill`` stands at the others."""
    mask = signal.mask()
    values = signal.values if mask is None else signal.values.masked_fill(~mask, fill)
    return values.amax(dim=-1)


def masked_mean(signal: Signal) -> Tensor:
    """Mean over valid positions: (..., C, L) -> (..., C)."""
    mask = signal.mask()
    if mask is None or signal.lengths is None:
        return signal.values.mean(dim=-1)
    total = (signal.values * mask).sum(dim=-1)  # (..., B, C)
    return total / signal.lengths[:, None]


@register
class MaxOverTime(Node):
    """Max-over-time pooling (Kim 2014): the largest value of each channel."""

    maximum = True

    def forward(self, *inputs: Signal) -> Signal:
        """(..., C, L) -> (..., C)."""
        return Signal(masked_max(inputs[0], -torch.inf))


@register
class MeanOverTime(Node):
    """Average pooling over the valid positions."""

    def forward(self, *inputs: Signal) -> Signal:
        """(..., C, L) -> (..., C)."""
        return Signal(masked_mean(inputs[0]))
