"""LIF neurons that are trained: over the steps of a text that is shown again and again."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ...network import Node, Signal, valid_only
from .surrogate import step

LEAK = 0.5


def trained_lif_run(
    currents: Tensor, threshold: Tensor, lengths: Tensor | None = None, leak: float = LEAK
) -> Tensor:
    """Spikes (T, ...) of currents (T, ...), with surrogate gradients through every step.

        U[t] = (1 - leak) V[t-1] + I[t]          V[0] = 0
        S[t] = 1 if U[t] >= theta else 0
        V[t] = U[t] (1 - S[t])                   the gradient of S is cut here

    It is spikingjelly's ``LIFNode`` with ``tau=1 / leak``, ``decay_input=False``, ``v_reset=0``
    and ``detach_reset=True``, with a threshold for each channel.

    Args:
        currents: (T, B, C, L)
        threshold: theta (C,)
        lengths: (B,) valid positions; others never fire
        leak: share of the potential lost at each step
    """
    currents = valid_only(currents, lengths)
    theta = threshold.unsqueeze(-1)  # (C, 1)
    v, spikes = torch.zeros_like(currents[0]), []
    for current in currents:
        u = v * (1 - leak) + current
        fired = step(u - theta)
        v = u * (1 - fired.detach())
        spikes.append(fired)
    return valid_only(torch.stack(spikes), lengths)


class TrainedLIF(Node):
    """LIF neurons over T steps, a learned threshold for each channel: currents to spikes.

    Args:
        channels: C
        leak: share of the potential lost at each step
    """

    fields = ("channels", "leak")

    def __init__(self, channels: int, leak: float = LEAK) -> None:
        super().__init__()
        self.channels, self.leak = channels, leak
        self.threshold = nn.Parameter(torch.ones(channels))  # (C,)

    def forward(self, *inputs: Signal) -> Signal:
        """(T, B, C, L) -> spikes of the same shape, none on padding."""
        values, lengths = inputs[0]
        return Signal(trained_lif_run(values, self.threshold, lengths, self.leak), lengths)
