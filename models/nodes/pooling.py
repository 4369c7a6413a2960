"""Pooling over positions for the ANN: maximum or mean, over all valid positions or in windows."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from ...errors import InputError
from ..network import Node, Signal
from .fan_out import single_operations, windowed_operations


def pool_lengths(lengths: Tensor, kernel: int, stride: int) -> Tensor:
    """Windows of texts of ``lengths`` (B,): (n - kernel) // stride + 1, and one for a short text.

    >>> pool_lengths(torch.tensor([1, 3, 4, 7]), 3, 2).tolist()
    [1, 1, 1, 3]
    """
    return (lengths.clamp(min=kernel) - kernel) // stride + 1


def windows(signal: Signal, kernel: int, stride: int, fill: float) -> tuple[Tensor, Tensor | None]:
    """Cut a sequence in windows: (..., C, L) -> (..., C, W, kernel) and their number (B,).

    ``fill`` stands at positions that are padding. The last positions that fill no whole window are
    left out, as `torch.nn.MaxPool1d` does, but a text shorter than a window has one.
    """
    values, lengths = signal
    mask = signal.mask()
    if lengths is not None and mask is not None:
        # a text without words still has one position, so that no window is empty
        mask = mask | (torch.arange(values.shape[-1], device=values.device) == 0)
        values = values.masked_fill(~mask, fill)
    missing = max(kernel - values.shape[-1], 0)
    values = functional.pad(values, (0, missing), value=fill)
    counts = None if lengths is None else pool_lengths(lengths, kernel, stride)
    return values.unfold(-1, kernel, stride), counts


def masked_max(signal: Signal, fill: float) -> Tensor:
    """Maximum over valid positions: (..., C, L) -> (..., C); ``fill`` stands at the others."""
    mask = signal.mask()
    values = signal.values if mask is None else signal.values.masked_fill(~mask, fill)
    return values.amax(dim=-1)


def at_maximum(signal: Signal) -> Tensor:
    """Valid positions that hold the maximum over positions: bool (..., C, L)."""
    mask = signal.mask()
    held: Tensor = signal.values == masked_max(signal, -torch.inf).unsqueeze(-1)
    return held if mask is None else held & mask


def masked_mean(signal: Signal) -> Tensor:
    """Mean over valid positions: (..., C, L) -> (..., C); 0 of a text without any."""
    mask = signal.mask()
    if mask is None or signal.lengths is None:
        return signal.values.mean(dim=-1)
    total = (signal.values * mask).sum(dim=-1)  # (..., B, C)
    return total / signal.lengths.clamp(min=1)[:, None]


def max_windows(signal: Signal, kernel: int, stride: int) -> Signal:
    """Maximum in every window: (..., C, L) -> (..., C, W), zero on padding."""
    cut, counts = windows(signal, kernel, stride, -torch.inf)
    pooled = Signal(cut.amax(dim=-1), counts)
    mask = pooled.mask()
    return pooled if mask is None else Signal(pooled.values.masked_fill(~mask, 0.0), counts)


class Windowed(Node):
    """Pooling in windows of ``kernel`` positions, ``stride`` apart (None: side by side).

    Raises:
        InputError: a size below 1.
    """

    fields = ("kernel", "stride")

    def __init__(self, kernel: int, stride: int | None = None) -> None:
        super().__init__()
        self.kernel, self.stride = kernel, kernel if stride is None else stride
        if min(self.kernel, self.stride) < 1:
            raise InputError(
                f"expected a kernel and a stride of at least 1 for pooling, but got {kernel} and "
                f"{stride}"
            )


class MaxPool1d(Windowed):
    """The largest value in every window (`torch.nn.MaxPool1d` for a text standing alone)."""

    maximum = True
    timeless = True

    def forward(self, *inputs: Signal) -> Signal:
        """(..., C, L) -> (..., C, W)."""
        return max_windows(inputs[0], self.kernel, self.stride)


class AvgPool1d(Windowed):
    """The mean of every window; of the words there are, where a text is shorter than a window."""

    passing = True
    synaptic = True
    timeless = True

    def synaptic_operations(self, arriving: Tensor, lengths: Tensor | None) -> Tensor:
        """One synapse for every window that a spike is part of."""
        return windowed_operations(arriving, lengths, self.kernel, stride=self.stride)

    def forward(self, *inputs: Signal) -> Signal:
        """(..., C, L) -> (..., C, W), zero on padding."""
        cut, counts = windows(inputs[0], self.kernel, self.stride, 0.0)
        lengths = inputs[0].lengths
        if lengths is None:
            return Signal(cut.mean(dim=-1))
        words = lengths.clamp(1, self.kernel)[:, None, None]  # (B, 1, 1)
        pooled = Signal(cut.sum(dim=-1) / words, counts)  # (..., B, C, W)
        return Signal(pooled.masked(), counts)


class MaxOverTime(Node):
    """Max-over-time pooling (Kim 2014): the largest value of each channel."""

    maximum = True
    timeless = True
    picks = True

    def leaders(self, arriving: Signal) -> Tensor:
        """The positions of the largest value."""
        return at_maximum(arriving)

    def forward(self, *inputs: Signal) -> Signal:
        """(..., C, L) -> (..., C)."""
        return Signal(masked_max(inputs[0], -torch.inf))


class MeanOverTime(Node):
    """Average pooling over the valid positions."""

    passing = True
    synaptic = True
    timeless = True

    def synaptic_operations(self, arriving: Tensor, lengths: Tensor | None) -> Tensor:
        """One synapse a spike."""
        return single_operations(arriving)

    def leaders(self, arriving: Signal) -> Tensor:
        """All valid positions."""
        mask, everywhere = arriving.mask(), torch.ones_like(arriving.values, dtype=torch.bool)
        return everywhere if mask is None else everywhere & mask

    def origins(self, arriving: Signal, passed: Tensor) -> Tensor:
        """Every position's value over their number."""
        values = arriving.masked().double()
        if arriving.lengths is None:
            return values / values.shape[-1]
        return values / arriving.lengths[:, None, None]

    def forward(self, *inputs: Signal) -> Signal:
        """(..., C, L) -> (..., C)."""
        return Signal(masked_mean(inputs[0]))
