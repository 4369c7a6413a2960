"""The networks that the benchmark of the spiking encoder compares, and its texts."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import torch
from torch import Tensor, nn

from snnconvert.engine.tokens.turns import Batch, Way, by_nodes, lean
from snnconvert.engine.tokens.words import Words
from snnconvert.models.families.spiking_bert import SpikingBertSpec, build_spiking_bert
from snnconvert.models.network import Network, Node, Signal
from snnconvert.models.neurons.direct.bpsn import bpsn_steps
from snnconvert.models.neurons.direct.lif import TrainedLIF
from snnconvert.models.neurons.direct.node import BPSN
from snnconvert.models.text_model import set_generator

WORDS, STEPS, LAYERS, CLASSES = 300, 4, 2, 2
VOCABULARY, SHIFT = 30_000, 2.7
"""Words of a language, and Mandelbrot's shift of their ranks: the word of rank r comes as often as
1 / (r + shift)."""
OURS = "individual"


class SpikingjellyLIF(Node):
    """Spikingjelly's LIFNode over T steps, with our thresholds as scales of its currents."""

    def __init__(self, threshold: nn.Parameter) -> None:
        from spikingjelly.activation_based import neuron, surrogate

        super().__init__()
        self.threshold = threshold
        self.node = neuron.LIFNode(
            tau=2.0,
            decay_input=False,
            v_reset=0.0,
            detach_reset=True,
            surrogate_function=surrogate.ATan(alpha=2.0),
            step_mode="m",
        )

    def forward(self, *inputs: Signal) -> Signal:
        """Currents (T, B, C, L) to spikes."""
        self.node.reset()
        spikes = self.node(inputs[0].values / self.threshold[:, None])
        return Signal(Signal(spikes, inputs[0].lengths).masked(), inputs[0].lengths)


class Stepped(Node):
    """BPSN neurons token by token."""

    def __init__(self, node: BPSN) -> None:
        super().__init__()
        self.node = node

    def forward(self, *inputs: Signal) -> Signal:
        """Currents (B, C, L) to spikes."""
        values, lengths = inputs[0]
        return Signal(bpsn_steps(values, self.node.parameters_now(), lengths), lengths)


def network_of(coding: str, dim: int, neurons: Callable[[Any], Node] | None = None) -> Network:
    """A network in training; ``neurons`` takes the place of its neurons."""
    spec = SpikingBertSpec(WORDS, CLASSES, size=dim, layers=LAYERS, coding=coding)
    network = build_spiking_bert(spec, 0).train()
    set_generator(network, torch.Generator().manual_seed(0))
    for name in network.inputs if neurons else ():
        node = network.node(name)
        if isinstance(node, BPSN | TrainedLIF) and neurons is not None:
            network.nodes[name] = neurons(node)
    return network


WAYS: dict[str, Callable[[int], Way]] = {
    OURS: lambda dim: (network_of("individual", dim), lean),
    "repeat": lambda dim: (network_of("repeat", dim), lean),
    "individual, by nodes": lambda dim: (network_of("individual", dim), by_nodes),
    "repeat, by nodes": lambda dim: (network_of("repeat", dim), by_nodes),
    "repeat, spikingjelly": lambda dim: (
        network_of("repeat", dim, lambda node: SpikingjellyLIF(node.threshold)),
        by_nodes,
    ),
    "individual, loop": lambda dim: (network_of("individual", dim, Stepped), by_nodes),
}
"""What is compared, by name: makes a new network of a hidden size."""


def ways(dim: int) -> dict[str, Way]:
    """All of them."""
    return {name: make(dim) for name, make in WAYS.items()}


def draw(batch: int, random: torch.Generator) -> Batch:
    """Texts of similar lengths, as training batches have them: the longest of 15 to 35 tokens."""
    longest = int(torch.randint(15, 36, (1,), generator=random))
    lengths = torch.randint(longest - 2, longest + 1, (batch,), generator=random)
    lengths[0] = longest
    ranks = torch.arange(1, VOCABULARY + 1)
    drawn = torch.multinomial(1 / (ranks + SHIFT), batch * longest, True, generator=random)
    words = Words(drawn.view(batch, longest), vectors().__getitem__)
    return Batch(words, lengths, torch.randint(0, CLASSES, (batch,), generator=random))


@cache
def vectors() -> Tensor:
    """One (V, D) for every word of the language."""
    return torch.rand(VOCABULARY, WORDS, generator=torch.Generator().manual_seed(0)) * 2 - 1
