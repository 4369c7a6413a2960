"""Batch normalisation over valid positions, and its folding into the layer before it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..divided import moments
from ..network import Node, Signal


class RunningNorm(Node):
    """What batch normalisations share: parameters and running statistics of channels.

    Args:
        channels: C
        eps: added to the variance
        momentum: share of the batch's statistics in the running ones
    """

    fields = ("channels", "eps", "momentum")
    passing = True
    timeless = True

    def __init__(self, channels: int, eps: float = 1e-5, momentum: float = 0.1) -> None:
        super().__init__()
        self.channels, self.eps, self.momentum = channels, eps, momentum
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.running_mean: Tensor
        self.running_var: Tensor
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))

    def rows(self, signal: Signal) -> Tensor:
        """The values (N, C) whose statistics count, as parameters have them."""
        raise NotImplementedError

    def statistics(self, signal: Signal) -> tuple[Tensor, Tensor]:
        """Mean and variance (C,): the running ones, or the batch's while training."""
        if not self.training:
            return self.running_mean, self.running_var
        mean, variance, count = moments(self.rows(signal))
        self.follow(mean, variance, count)
        return mean, variance

    @torch.no_grad()
    def follow(self, mean: Tensor, variance: Tensor, count: int) -> None:
        """Move the running statistics to those (C,) of a batch of ``count`` values a channel."""
        unbiased = variance * (count / max(count - 1, 1))
        self.running_mean.lerp_(mean.detach(), self.momentum)
        self.running_var.lerp_(unbiased.detach(), self.momentum)


class BatchNorm1d(RunningNorm):
    """Batch normalisation of channels (Ioffe and Szegedy 2015, algorithm 1).

        y = (x - mean) / sqrt(variance + eps) * weight + bias

    In evaluation the running statistics are used, exactly as in `torch.nn.BatchNorm1d`. In
    training the statistics are those of the batch's valid positions only: padding has no part in
    them, and with no padding they are torch's too.

    Args:
        channels: C of sequences (B, C, L), or F of flat features (B, F)
        eps: added to the variance
        momentum: share of the batch's statistics in the running ones
    """

    def forward(self, *inputs: Signal) -> Signal:
        """Normalise, keep the lengths."""
        values, lengths = inputs[0]
        mean, variance = self.statistics(inputs[0])  # (C,)
        shape = (-1, 1) if values.dim() == 3 else (-1,)
        scale = self.weight / torch.sqrt(variance + self.eps)
        centred = values - mean.reshape(shape)
        return Signal(centred * scale.reshape(shape) + self.bias.reshape(shape), lengths)

    def rows(self, signal: Signal) -> Tensor:
        """The valid positions (N, C) of (B, C, L), or (B, F); of mixed precision in float32."""
        rows = signal.values.to(self.weight)
        if rows.dim() == 3:
            mask = signal.mask()
            rows = rows.transpose(1, 2)  # (B, L, C)
            rows = rows.flatten(0, 1) if mask is None else rows[mask.squeeze(1)]
        return rows

    def fold(self, weight: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
        """Weight (C, ...) and bias (C,) of the layer before, so that it gives y by itself.

            W' = W * s,  b' = (b - mean) * s + beta,  s = gamma / sqrt(variance + eps)

        Source: Rueckauer et al. 2017 (batch-normalisation layers).
        """
        scale = self.weight / torch.sqrt(self.running_var + self.eps)  # (C,)
        folded = weight * scale.reshape(-1, *[1] * (weight.dim() - 1))
        return folded.detach(), ((bias - self.running_mean) * scale + self.bias).detach()
