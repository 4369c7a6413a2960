"""How the fast engines see a network: a front of convolutions on words, and the rest.

The front is every branch ``input -> Conv1d -> IF -> pooling over all positions`` (or
``Conv1d -> MaxOfCurrents -> IF``), which ends in (T, B, C) features. It is where the time goes and
what the fast engines replace. All nodes after it are the rest; they run as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from torch import Tensor

from ..errors import SnnConvertError
from ..models.encoders.encoder import Encoder
from ..models.network import Network, Node, Signal
from ..models.neurons.base import Neurons
from ..models.nodes.layers import Conv1d
from ..models.nodes.pooling import MeanOverTime
from ..models.reader import TextReader
from ..models.snn import SpikingTextModel
from ..models.spikes.pooling import GatedMax, MaxOfCounts, MaxOfCurrents, MaxOfSpikes

Rule = Literal["spikes", "counts", "gated", "mean", "currents", "largest"]
AFTER_NEURONS: dict[type[Node], Rule] = {
    MaxOfSpikes: "spikes",
    MaxOfCounts: "counts",
    GatedMax: "gated",
    MeanOverTime: "mean",
}


class Unsupported(SnnConvertError):  # noqa: N818  (an answer, not a failure: see `engines.py`)
    """A fast engine cannot run a network; the message is the reason, and the reference runs it."""


@dataclass(frozen=True)
class Branch:
    """One branch of the front.

    conv, neurons, pool: names of its nodes; rule: how it pools over positions (``currents`` pools
    before the neurons, and so does ``largest`` in an ANN, whose neurons are an activation);
    output: its last node, whose output is (T, B, C)
    width, channels, padding: of the convolution
    """

    conv: str
    neurons: str
    pool: str
    rule: Rule
    output: str
    width: int
    channels: int
    padding: tuple[int, int]

    @property
    def after(self) -> tuple[str, str]:
        """The nodes after the convolution, in their order."""
        if self.rule == "currents":
            return self.pool, self.neurons
        return self.neurons, self.pool


@dataclass(frozen=True)
class Plan:
    """The branches of the front, and the names of the nodes after them in their order."""

    branches: tuple[Branch, ...]
    rest: tuple[str, ...]

    @property
    def taps(self) -> int:
        """Filter taps of all branches: the sum of width * channels."""
        return sum(branch.width * branch.channels for branch in self.branches)

    @property
    def offsets(self) -> tuple[int, ...]:
        """Where each branch's taps start: running sums of width * channels."""
        starts = [0]
        for branch in self.branches:
            starts.append(starts[-1] + branch.width * branch.channels)
        return tuple(starts[:-1])


def plan_of(network: Network) -> Plan:
    """Find the front of ``network``.

    Raises:
        Unsupported: the network does not start with such branches, in words that can be shown.
    """
    branches = tuple(_branch(network, name) for name in network.consumers("input"))
    front = {name for b in branches for name in (b.conv, b.neurons, b.pool)}
    return Plan(branches, tuple(name for name in network.inputs if name not in front))


def refusal(model: SpikingTextModel) -> Unsupported | None:
    """Why the fast engines cannot run ``model``; None where they can."""
    if type(model) is not SpikingTextModel:
        return Unsupported(f"{type(model).__name__} runs its network more than once")
    if not isinstance(model.encoder, Encoder):
        return Unsupported(f"{type(model.encoder).__name__} is an encoder of another kind")
    try:
        word_plan(model)
    except Unsupported as reason:
        return reason
    return None


def word_plan(model: TextReader) -> Plan:
    """The plan of a model's network, whose front reads words.

    Raises:
        Unsupported: it reads vectors, or has no such front.
    """
    if model.reads_vectors:
        raise Unsupported("it reads one vector a text, and there are no words to keep tables of")
    assert isinstance(model.network, Network)
    return plan_of(model.network)


def _branch(network: Network, name: str) -> Branch:
    """The branch that starts with node ``name``."""
    conv = network.node(name)
    if not isinstance(conv, Conv1d):
        raise Unsupported(f"{name} reads the words and is no convolution but {_type(conv)}")
    second = _only_reader(network, name)
    third = _only_reader(network, second)
    rule: Rule | None = "currents"
    pool, neurons = second, third
    if not isinstance(network.node(second), MaxOfCurrents):
        neurons, pool = second, third
        rule = AFTER_NEURONS.get(type(network.node(pool)))
    layer = network.node(neurons)
    if not (isinstance(layer, Neurons) and layer.plain):
        raise Unsupported(f"{neurons} holds {_type(layer)}, not IF neurons")
    if rule is None:
        raise Unsupported(
            f"{pool} after the neurons is {_type(network.node(pool))}, which does not pool a text"
        )
    if getattr(network.node(pool), "kernel", 0):
        raise Unsupported(f"{pool} pools in windows, not over all positions")
    return Branch(name, neurons, pool, rule, third, conv.width, conv.channels, conv.padding)


def _only_reader(network: Network, name: str) -> str:
    """The one node that reads ``name``."""
    readers = network.consumers(name)
    if len(readers) != 1:
        raise Unsupported(f"{name} is read by {len(readers)} nodes, not by one")
    return readers[0]


def _type(node: Node) -> str:
    return type(node).__name__


def run_rest(
    network: Network,
    plan: Plan,
    pooled: Mapping[str, Tensor],
    *,
    record: dict[str, Signal] | None = None,
) -> Tensor:
    """Run the nodes after the front.

    Args:
        network: the whole network
        plan: its plan
        pooled: (T, B, C) features of every branch, by the name of the branch's output
        record: when given, filled with the output signals of the branches and of the rest

    Returns:
        The last node's output currents (T, B, K).
    """
    signals = {branch.output: Signal(pooled[branch.output]) for branch in plan.branches}
    for name in plan.rest:
        signals[name] = network.node(name)(*(signals[source] for source in network.inputs[name]))
    if record is not None:
        record.update(signals)
    return signals[network.output].values
