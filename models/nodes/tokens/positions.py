"""Where a token stands, and how often a text is shown."""

from __future__ import annotations

import torch
from torch import nn

from ....errors import InputError
from ...network import Node, Signal

SPREAD = 0.02
"""Deviation of new position vectors, as in BERT (Devlin et al. 2019)."""


class AddPositions(Node):
    """A learned vector for each position is added: (..., C, L) -> (..., C, L).

    Positions behind the last vector share it, so texts may be longer than those of training.

    Args:
        channels: C
        positions: how many have a vector of their own
    """

    fields = ("channels", "positions")
    passing = True
    timeless = True

    def __init__(self, channels: int, positions: int) -> None:
        super().__init__()
        self.channels, self.positions = channels, positions
        self.table = nn.Parameter(torch.zeros(positions, channels))

    def forward(self, *inputs: Signal) -> Signal:
        """The sum."""
        values, lengths = inputs[0]
        rows = torch.arange(values.shape[-1], device=values.device).clamp(max=self.positions - 1)
        return Signal(values + self.table[rows].T, lengths)


class ShowAgain(Node):
    """A text that is shown at each of T steps, unchanged: (B, C, L) -> (T, B, C, L).

    Args:
        steps: T
    """

    fields = ("steps",)
    passing = True

    def __init__(self, steps: int) -> None:
        super().__init__()
        if steps < 1:
            raise InputError(f"expected a text to be shown once or more often, but got {steps}")
        self.steps = steps

    def forward(self, *inputs: Signal) -> Signal:
        """Views of the one signal."""
        values, lengths = inputs[0]
        return Signal(values.expand(self.steps, *values.shape), lengths)


class MeanOverSteps(Node):
    """The mean over the T steps of a text: (T, B, F) -> (B, F)."""

    passing = True

    def forward(self, *inputs: Signal) -> Signal:
        """The mean of the first axis."""
        values, lengths = inputs[0]
        return Signal(values.mean(dim=0), lengths)
