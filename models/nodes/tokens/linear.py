"""A linear layer at each token, and one factor and offset for each channel."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ...network import Node, Signal, valid_only
from ..fan_out import single_operations


class TokenLinear(Node):
    """The same matrix at every position: (..., D, L) -> (..., C, L).

    It is a `Conv1d` of width 1, without a bias but for the one that folding a norm leaves.

    Args:
        inputs: D
        outputs: C
        bias: whether it has one
        clears: whether padding is set to zero first, where no neurons before it have done so
    """

    fields = ("inputs", "outputs", "bias", "clears")
    synaptic = True
    timeless = True

    def __init__(self, inputs: int, outputs: int, bias: bool = False, clears: bool = False) -> None:
        super().__init__()
        self.inputs, self.outputs, self.bias, self.clears = inputs, outputs, bias, clears
        self.weight = nn.Parameter(torch.empty(outputs, inputs))  # (C, D)
        self.offset = nn.Parameter(torch.zeros(outputs)) if bias else None  # (C,)

    def channels_out(self, below: Sequence[int]) -> int:
        """C, whatever comes in."""
        return self.outputs

    def synaptic_operations(self, arriving: Tensor, lengths: Tensor | None) -> Tensor:
        """A spike reaches every output of its position."""
        return single_operations(arriving) * self.outputs

    def forward(self, *inputs: Signal) -> Signal:
        """The products, and the bias."""
        values, lengths = inputs[0]
        if self.clears:
            values = valid_only(values, lengths)
        sums = self.weight @ values  # (..., C, L)
        if self.offset is not None:
            sums = sums + self.offset[:, None]
        return Signal(sums, lengths)


class TokenAffine(Node):
    """A factor and an offset for each channel: what is left of a norm that no matrix precedes.

    Args:
        channels: C
    """

    fields = ("channels",)
    passing = True
    timeless = True

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels
        self.weight = nn.Parameter(torch.ones(channels))  # (C,)
        self.offset = nn.Parameter(torch.zeros(channels))  # (C,)

    def forward(self, *inputs: Signal) -> Signal:
        """(..., C, L) -> (..., C, L)."""
        values, lengths = inputs[0]
        return Signal(values * self.weight[:, None] + self.offset[:, None], lengths)
