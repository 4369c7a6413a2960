"""Normalisation of tokens: over all valid tokens of a batch, or over the channels of each."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ...network import Node, Signal
from ..norm import RunningNorm


def packed(values: Tensor, lengths: Tensor | None) -> Tensor:
    """The valid tokens of values (..., B, C, L) one after the other, (N, C); padding is left out.

    NaN or infinities at padding have no part in what is made of them, gradients included.
    """
    rows = values.transpose(-1, -2)  # (..., B, L, C)
    if lengths is None:
        return rows.flatten(0, -2)
    positions = torch.arange(rows.shape[-2], device=rows.device)
    mask = positions < lengths[:, None]  # (B, L)
    return rows[mask.expand(*rows.shape[:-3], *mask.shape)]


class TokenBatchNorm(RunningNorm):
    """Batch normalisation of channels over valid tokens, of all steps where there are some.

        y = (x - mean) / sqrt(variance + eps) * weight + bias

    Padding changes neither statistics nor gradients. Source: Ioffe and Szegedy 2015, algorithm 1.

    Args:
        channels: C
        eps: added to the variance
        momentum: share of the batch's statistics in the running ones
    """

    def forward(self, *inputs: Signal) -> Signal:
        """(..., C, L) -> (..., C, L)."""
        values, lengths = inputs[0]
        mean, variance = self.statistics(inputs[0])  # (C,)
        scale = self.weight / torch.sqrt(variance + self.eps)
        centred = values - mean[:, None]
        return Signal(centred * scale[:, None] + self.bias[:, None], lengths)

    def affine(self) -> tuple[Tensor, Tensor]:
        """Factor and offset (C,) that evaluation comes to: y = x * factor + offset."""
        scale = self.weight / torch.sqrt(self.running_var + self.eps)
        return scale.detach(), (self.bias - self.running_mean * scale).detach()

    def rows(self, signal: Signal) -> Tensor:
        """The valid tokens (N, C), of all steps."""
        return packed(signal.values.to(self.weight), signal.lengths)


class TokenLayerNorm(Node):
    """Normalisation of each token over its channels; it cannot be folded into a matrix.

    Source: Ba et al. 2016, eq. 4.

    Args:
        channels: C
        eps: added to the variance
    """

    fields = ("channels", "eps")
    timeless = True

    def __init__(self, channels: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.channels, self.eps = channels, eps
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, *inputs: Signal) -> Signal:
        """(..., C, L) -> (..., C, L)."""
        values, lengths = inputs[0]
        mean = values.mean(dim=-2, keepdim=True)  # (..., 1, L)
        variance = values.var(dim=-2, keepdim=True, unbiased=False)
        normal = (values - mean) / torch.sqrt(variance + self.eps)
        return Signal(normal * self.weight[:, None] + self.bias[:, None], lengths)
