"""The spiking encoder as others would run it, which ours is measured against.

Parameters and spikes are the same, and so are gradients, but where `SpikingjellyLIF` says so.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import nn

from ...models.network import Network, Node, Signal, valid_only
from ...models.neurons.direct.bpsn import bpsn_steps
from ...models.neurons.direct.lif import TrainedLIF
from ...models.neurons.direct.node import BPSN
from ...models.spikingjelly import trained_lif


class SpikingjellyLIF(Node):
    """Spikingjelly's LIFNode over T steps, whose currents are scaled by our thresholds.

    Its own threshold is one number and is not learned. So the slope of the surrogate is taken at
    U / theta - 1 in place of U - theta: the same at thresholds of 1, but for their own gradient.
    """

    def __init__(self, node: TrainedLIF) -> None:
        super().__init__()
        self.threshold: nn.Parameter = node.threshold  # (C,)
        self.node: Any = trained_lif(node.leak)

    def forward(self, *inputs: Signal) -> Signal:
        """Currents (T, B, C, L) to spikes."""
        values, lengths = inputs[0]
        self.node.reset()
        spikes = self.node(values / self.threshold.unsqueeze(-1))
        return Signal(valid_only(spikes, lengths), lengths)


class SteppedBPSN(Node):
    """BPSN neurons token by token."""

    def __init__(self, node: BPSN) -> None:
        super().__init__()
        self.node = node

    def forward(self, *inputs: Signal) -> Signal:
        """Currents (B, C, L) to spikes."""
        values, lengths = inputs[0]
        return Signal(bpsn_steps(values, self.node.parameters_now(), lengths), lengths)


def in_spikingjelly(network: Network) -> Network:
    """``network`` of the repeat coding with spikingjelly's neurons in the place of ours."""
    return _with(network, TrainedLIF, SpikingjellyLIF)


def in_a_loop(network: Network) -> Network:
    """``network`` of the individual coding, its neurons stepped one token after the other."""
    return _with(network, BPSN, SteppedBPSN)


def _with(network: Network, own: type[Node], peer: Callable[..., Node]) -> Network:
    for name in network.inputs:
        node = network.node(name)
        if isinstance(node, own):
            network.nodes[name] = peer(node)
    return network
