"""Nodes around a residual connection and a fixed length: sum, identity synapses, flatten."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from ...errors import InputError
from ..network import Node, Signal
from .fan_out import single_operations
from .layers import same_positions


class Add(Node):
    """The sum of several branches: a residual connection (He et al. 2016).

    All branches have the same shape, (..., C, L) or (..., F). In an SNN they must be in one unit;
    the converter puts a :class:`Scale` in front of every branch that is not.
    """

    passing = True
    timeless = True

    def forward(self, *inputs: Signal) -> Signal:
        """Element-wise sum."""
        lengths = same_positions("sum", inputs)
        shapes = {tuple(signal.values.shape) for signal in inputs}
        if len(shapes) > 1:
            raise InputError(
                f"expected the branches of a sum to have one shape, but got {sorted(shapes)}: "
                "put a Conv1d of width 1 on the shortcut to give it the other branch's channels"
            )
        total = inputs[0].values
        for signal in inputs[1:]:
            total = total + signal.values
        return Signal(total, lengths)


class Scale(Node):
    """Identity synapses: channel c of the input reaches only channel c, with ``weight[c]``.

    A shortcut whose spike stands for theta_source in the ANN, arriving at neurons of threshold
    theta_target, has the weight theta_source / theta_target once thresholds are folded to 1.

    Args:
        channels: C (or F for flat features)
    """

    fields = ("channels",)
    passing = True
    synaptic = True
    timeless = True

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels
        self.weight = nn.Parameter(torch.ones(channels))  # (C,)

    def synaptic_operations(self, arriving: Tensor, lengths: Tensor | None) -> Tensor:
        """One synapse a spike."""
        return single_operations(arriving)

    def forward(self, *inputs: Signal) -> Signal:
        """(..., C, L) -> (..., C, L) or (..., F) -> (..., F)."""
        values, lengths = inputs[0]
        weight = self.weight if lengths is None else self.weight[:, None]
        return Signal(values * weight, lengths)


class Flatten(Node):
    """All positions of a text as features, channel by channel: (..., C, L) -> (..., C * positions).

    Positions after a text's end count as zero, so a linear layer can read texts of any length up
    to ``positions``.

    Args:
        positions: L that the next layer expects

    Raises:
        InputError: a text is longer.
    """

    fields = ("positions",)
    passing = True
    timeless = True

    def __init__(self, positions: int) -> None:
        super().__init__()
        self.positions = positions

    def channels_out(self, below: Sequence[int]) -> int:
        """Every position of every channel is a feature."""
        return below[0] * self.positions

    def forward(self, *inputs: Signal) -> Signal:
        """Cut the batch's padding off or fill it up with zeros, then join the last two axes."""
        (signal,) = inputs
        longest = signal.values.shape[-1] if signal.lengths is None else int(signal.lengths.max())
        if longest > self.positions:
            raise InputError(
                f"expected at most {self.positions} positions at a Flatten, but a text has "
                f"{longest}: cut texts to the length that the network was built for, or pool over "
                "positions instead"
            )
        values: Tensor = signal.masked()[..., : self.positions]
        values = functional.pad(values, (0, self.positions - values.shape[-1]))
        return Signal(values.flatten(-2))
