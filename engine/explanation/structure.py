"""Networks whose logits are sums over windows of words: what `parts.py` must know of them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ...errors import InputError
from ...models.network import Network, Node
from ...models.neurons.base import Neurons
from ...models.nodes.activations import Activation
from ...models.nodes.layers import Concat, Conv1d, Dropout, Linear
from ...models.spikes.ttfs import RampReadout


@dataclass(frozen=True)
class ReadBranch:
    """One branch from the words to the readout: convolution, neurons, pooling over all positions.

    conv, pool: names of its nodes; arriving: the node that the pooling reads, whose values say
    which windows are passed on; output: its last node, whose values (..., C) are read out
    fires_first: whether neurons (or an activation) come before the pooling
    weight: (K, C) float64 of the readout
    """

    conv: str
    arriving: str
    pool: str
    output: str
    fires_first: bool
    weight: Tensor


@dataclass(frozen=True)
class ReadOut:
    """Branches whose pooled values are read by one linear layer, and nothing after it.

    bias: (K,) float64; window: T of a time-to-first-spike network, whose step t counts T - t
    times; 0 for others.
    """

    branches: tuple[ReadBranch, ...]
    bias: Tensor
    window: int = 0

    def step_weights(self, steps: int) -> Tensor:
        """How often the current of each step counts, (T,) float64."""
        if not self.window:
            return torch.ones(steps, dtype=torch.float64)
        return self.window - torch.arange(steps, dtype=torch.float64)


def read_out(network: Network) -> ReadOut:
    """The branches and the readout of ``network``.

    Raises:
        InputError: its logits are no sums over windows of words, with the node that is why.
    """
    chains = [_chain(network, name) for name in network.consumers("input")]
    last = network.output
    window = 0
    node = network.node(last)
    if isinstance(node, RampReadout):
        window, (last,) = node.window, network.inputs[last]
        node = network.node(last)
    if not isinstance(node, Linear):
        raise _refused(last, network, "its output is no linear layer")
    order = _features(network, network.inputs[last][0], {chain[-1] for chain in chains})
    if sorted(order) != sorted(chain[-1] for chain in chains):
        raise _refused(last, network, "not every branch is read once")
    weight, start, columns = node.weight.detach().double().cpu(), 0, {}
    for name, size in zip(order, _sizes(network, chains, order), strict=True):
        columns[name] = weight[:, start : start + size]
        start += size
    branches = tuple(
        ReadBranch(conv, arriving, pool, output, arriving != conv, columns[output])
        for conv, arriving, pool, output in chains
    )
    return ReadOut(branches, node.bias.detach().double().cpu(), window)


def _chain(network: Network, conv: str) -> tuple[str, str, str, str]:
    """Convolution, what the pooling reads, pooling, and last node of the branch at ``conv``."""
    if not isinstance(network.node(conv), Conv1d):
        raise _refused(conv, network, "it reads the words and is no convolution")
    arriving, fired = conv, False
    name = _reader(network, conv)
    if isinstance(network.node(name), Activation | Neurons):
        arriving, fired = name, True
        name = _reader(network, name)
    pool = name
    node = network.node(pool)
    if type(node).leaders is Node.leaders or getattr(node, "kernel", None):
        raise _refused(pool, network, "expected a pooling over all words there")
    if fired:
        return conv, arriving, pool, pool
    output = _reader(network, pool)
    if not (node.picks and isinstance(network.node(output), Activation | Neurons)):
        raise _refused(pool, network, "it mixes the currents of several windows before neurons")
    return conv, arriving, pool, output


def _reader(network: Network, name: str) -> str:
    readers = network.consumers(name)
    if len(readers) != 1:
        raise _refused(name, network, f"{len(readers)} nodes read it, and not one")
    return readers[0]


def _features(network: Network, name: str, outputs: set[str]) -> list[str]:
    """Outputs of branches in the order in which the readout has them."""
    if name in outputs:
        return [name]
    if not isinstance(network.node(name), Concat | Dropout):
        raise _refused(name, network, "it stands between the pooled values and the readout")
    return [found for below in network.inputs[name] for found in _features(network, below, outputs)]


def _sizes(
    network: Network, chains: list[tuple[str, str, str, str]], order: list[str]
) -> list[int]:
    channels = {}
    for conv, _, _, output in chains:
        node = network.node(conv)
        assert isinstance(node, Conv1d)
        channels[output] = node.channels
    return [channels[name] for name in order]


def _refused(name: str, network: Network, why: str) -> InputError:
    kind = type(network.node(name)).__name__
    return InputError(
        f"cannot explain this network: its logits are no sums over windows of words, because of "
        f"{name} ({kind}): {why}; a TextCNN, and an SNN made of one, can be explained"
    )
