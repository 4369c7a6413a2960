"""Nodes of a time-to-first-spike network: neurons, earliest spike, readout.

Every spiking layer has a window of T steps of its own, one after the other. A signal holds the
window of its layer only, (T, B, ...), so the time axis of a network stays T long; which window it
is follows from the depth (`convert/ttfs/network.py` reports the whole latency).
"""

from __future__ import annotations

import torch
from torch import Tensor

from ..network import Node, Signal
from ..neurons.ttfs import check_window
from ..nodes.pooling import at_maximum, masked_max


class EarliestSpike(Node):
    """The first spike of a channel over positions: (T, B, C, L) -> (T, B, C), one spike at most.

    An earlier spike stands for a larger value, so this is max-over-time pooling, exactly.
    """

    picks = True

    def leaders(self, arriving: Signal) -> Tensor:
        """At each step the positions that spike, where any does."""
        return at_maximum(arriving)

    def forward(self, *inputs: Signal) -> Signal:
        """Pass a spike of a valid position where none of the channel came before it."""
        spikes = masked_max(inputs[0], 0.0)  # (T, B, C)
        first = spikes.cumsum(dim=0) == 1
        return Signal(spikes * first)


class RampReadout(Node):
    """Output currents of a time-to-first-spike network: (T, B, K) -> (T, B, K).

    A current I(t) is worth (T - t) / T at the end of the window. Each step gives (T - t) I(t), so
    that the mean over the window is the logit, as it is for the other spiking networks. Only the
    mean of the whole window is a logit; before, large values have arrived and small ones have not.

    Args:
        window: T, in steps
        layers: windows one after the other, of the input and of every spiking layer
    """

    fields = ("window", "layers")

    def __init__(self, window: int, layers: int) -> None:
        super().__init__()
        self.window, self.layers = window, layers

    @property
    def latency(self) -> int:
        """Steps from the first input spike to the logits: layers x window."""
        return self.layers * self.window

    def forward(self, *inputs: Signal) -> Signal:
        """Scale each step's current by the steps that are left."""
        currents = inputs[0].values
        check_window(currents, self.window)
        left = self.window - torch.arange(self.window, device=currents.device)  # (T,): T ... 1
        return Signal(currents * left.to(currents.dtype)[:, None, None])
