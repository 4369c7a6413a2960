"""Where a token stands, and how often a text is shown."""

from __future__ import annotations

import torch
from torch import Tensor, nn

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


class AddPlaces(AddPositions):
    """Vectors of its position and of its text are added to each token of a pair of texts.

    A position and a text have one row between them once both are learned, P + Y, so that it costs
    one addition a channel, as `AddPositions` does. Inputs: what is added to, (..., C, L), and
    vectors (..., D, L) whose last component is above 0 where a text ends.
    """

    def __init__(self, channels: int, positions: int) -> None:
        super().__init__(channels, positions)
        self.texts = nn.Parameter(torch.zeros(2, channels))

    def forward(self, *inputs: Signal) -> Signal:
        """The sum."""
        placed = super().forward(inputs[0])
        of = second_text(inputs[1].values[..., -1, :])  # (..., L)
        return Signal(placed.values + self.texts[of].movedim(-1, -2), placed.lengths)


def second_text(marks: Tensor, axis: int = -1) -> Tensor:
    """Of which text of a pair each position is, 0 or 1: 1 behind the first end of a text.

    Args:
        marks: above 0 where a text ends, which belongs to the text itself; of any shape
        axis: that of positions
    """
    ends = (marks > 0).long()
    return (ends.cumsum(dim=axis) - ends).clamp(max=1)


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
