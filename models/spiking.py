"""Nodes that make a network a spiking one: the neuron layer and pooling of spike trains.

All of them work on (T, B, ...) with time first.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from ..errors import InputError
from .network import Network, Node, Signal, register
from .neurons import IFParameters, if_run
from .pooling import masked_max

NeuronRun = Callable[[Tensor, IFParameters], Tensor]


def reference_run(currents: Tensor, p: IFParameters) -> Tensor:
    """Spikes (T, ...) of our own reference neuron for currents (T, ...)."""
    return if_run(currents, p)[0]


@register
class IF(Node):
    """A layer of integrate-and-fire neurons with threshold 1 (folded into the weights before it).

    Args:
        initial: V(0) as a fraction of the threshold
        soft_reset: reset by subtraction (True) or to zero (False)
    """

    fields = ("initial", "soft_reset")

    def __init__(self, initial: float = 0.5, soft_reset: bool = True) -> None:
        super().__init__()
        self.initial, self.soft_reset = initial, soft_reset
        # replaced by spikingjelly's neuron while fine-tuning (see spikingjelly_bridge.py)
        self.run: NeuronRun = reference_run

    def forward(self, *inputs: Signal) -> Signal:
        """Currents (T, B, ...) -> spikes (T, B, ...); positions that are padding never fire."""
        (signal,) = inputs
        spikes = self.run(signal.values, IFParameters(1.0, self.initial, self.soft_reset))
        mask = signal.mask()
        if mask is not None:
            spikes = spikes * mask
        return Signal(spikes, signal.lengths)


@register
class MaxOfSpikes(Node):
    """At each step a channel passes a spike if any position spikes: (T, B, C, L) -> (T, B, C)."""

    def forward(self, *inputs: Signal) -> Signal:
        """Maximum of the spikes over valid positions."""
        return Signal(masked_max(inputs[0], 0.0))


@register
class MaxOfCurrents(Node):
    """The largest current over valid positions, before the neuron: (T, B, C, L) -> (T, B, C).

    Exact for constant input, where the position of the maximum never changes.
    """

    def forward(self, *inputs: Signal) -> Signal:
        """Maximum of the currents over valid positions."""
        return Signal(masked_max(inputs[0], -torch.inf))


@register
class MaxOfCounts(Node):
    """Passes a spike whenever the largest spike count over positions grows by one.

    N_l(t) is the count of position l after t steps and M(t) = max_l N_l(t). M grows by at most one
    a step, so M(t) - M(t-1) is a spike train, and its count after T steps is exactly the largest
    count: (T, B, C, L) -> (T, B, C).
    """

    def forward(self, *inputs: Signal) -> Signal:
        """Increments of the running maximum count."""
        counts = inputs[0].values.cumsum(dim=0)  # (T, B, C, L)
        largest = masked_max(Signal(counts, inputs[0].lengths), 0.0)  # (T, B, C)
        previous = torch.cat([torch.zeros_like(largest[:1]), largest[:-1]])
        return Signal(largest - previous)


POOLING_RULES: dict[str, type[Node]] = {
    "spikes": MaxOfSpikes,
    "currents": MaxOfCurrents,
    "counts": MaxOfCounts,
}


@register
class SpikingReadout(Node):
    """Output neurons: currents (T, B, K) -> spikes (T, B, K) plus a trace of the potential.

    Used by networks fine-tuned on spike counts. To tell equal counts apart, each step adds
    ``TIE_BREAK`` times the change of the membrane potential, I(t) - s(t), so the running sum is
    N(t) + TIE_BREAK * (V(t) - V(0)): the class whose potential is higher wins a tie.
    """

    TIE_BREAK = 1e-3
    fields = ("initial",)

    def __init__(self, initial: float = 0.5) -> None:
        super().__init__()
        self.initial = initial
        self.run: NeuronRun = reference_run

    def forward(self, *inputs: Signal) -> Signal:
        """Output spikes at every step, ties broken by the potential."""
        currents = inputs[0].values
        spikes = self.run(currents, IFParameters(1.0, self.initial, True))
        return Signal(spikes + self.TIE_BREAK * (currents - spikes))


def neuron_nodes(network: Network) -> dict[str, IF | SpikingReadout]:
    """The nodes of ``network`` that hold neurons, by name.

    Raises:
        InputError: there are none, so the network is not a spiking one.
    """
    nodes = {name: network.node(name) for name in network.inputs}
    found = {name: node for name, node in nodes.items() if isinstance(node, IF | SpikingReadout)}
    if not found:
        raise InputError("expected a spiking network, but none of its nodes holds neurons")
    return found
