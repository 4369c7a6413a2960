"""Which networks go to NIR, and what of them: filters side by side, neurons, pooling, readout.

    input -> Conv1d -> IF or LIF -> MaxOfSpikes or MaxOfCounts, all positions   (one or more)
          -> Concat -> Dropout -> Linear

Everything else is refused with the first node that does not fit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

import torch
from torch import Tensor

from ....errors import InputError
from ....models.encoders.encoder import Encoder
from ....models.network import Network, Node
from ....models.neurons.base import Neurons
from ....models.neurons.integrate_and_fire import IF
from ....models.neurons.lif import LIF
from ....models.nodes.layers import Concat, Conv1d, Dropout, Linear
from ....models.nodes.pooling import MeanOverTime
from ....models.silenced import SilencedTextModel
from ....models.snn import SpikingTextModel
from ....models.spikes.pooling import MaxOfCounts, MaxOfSpikes, SpikePooling
from ....models.text_model import TextModel

POOLINGS: dict[type[Node], str] = {MaxOfSpikes: "spikes", MaxOfCounts: "counts"}


@dataclass(frozen=True)
class Branch:
    """The filters of one width, and what follows them.

    conv, act, pool: names of the nodes; weight: (C, D', k); bias, initial: (C,), V(0) in
    thresholds; padding: zeros (left, right) beside a text
    """

    conv: str
    act: str
    pool: str
    weight: Tensor
    bias: Tensor
    initial: Tensor
    padding: tuple[int, int]

    @property
    def width(self) -> int:
        """k, in words."""
        return self.weight.shape[2]

    @property
    def channels(self) -> int:
        """C."""
        return self.weight.shape[0]

    @property
    def reach(self) -> int:
        """Words that a text needs for its first window, where no zeros help: k - left - right.

        A text of n words has max(n - reach, 0) + 1 windows; see `Conv1d.windows`.
        """
        return self.width - sum(self.padding)


@dataclass(frozen=True)
class Form:
    """A network that goes to NIR.

    branches: in the order in which the readout reads them; weight: (K, C) of the readout over all
    channels; bias: (K,); soft: whether neurons subtract the threshold; pooling: ``spikes`` or
    ``counts``; steps: T; encoder: of the input; readout: the name of its node; leak: the share of a
    potential that the neurons lose at each step
    """

    branches: tuple[Branch, ...]
    weight: Tensor
    bias: Tensor
    soft: bool
    pooling: str
    steps: int
    encoder: Encoder
    readout: str
    leak: float = 0.0

    @property
    def inputs(self) -> int:
        """D', channels of the code."""
        return self.branches[0].weight.shape[1]

    @property
    def channels(self) -> int:
        """C, of all branches."""
        return sum(branch.channels for branch in self.branches)

    @property
    def counts(self) -> bool:
        """Whether the pooling counts spikes; at T = 1 the largest count is the largest spike."""
        return self.pooling == "counts" and self.steps > 1


def refusal(model: TextModel | SpikingTextModel) -> str:
    """Why a model does not go to NIR, in words; empty where it does."""
    try:
        form_of(model)
    except InputError as error:
        return str(error)
    return ""


def form_of(model: TextModel | SpikingTextModel) -> Form:
    """What goes to NIR of a spiking network.

    Raises:
        InputError: in words that follow "cannot be written as nir", what does not fit and what to
            do instead.
    """
    if isinstance(model, TextModel):
        raise InputError(
            "it is an ANN: convert it first (snnconvert convert RUN), or give --format onnx"
        )
    if isinstance(model, SilencedTextModel):
        raise InputError("NIR knows no neurons that SRP silences: convert without --srp-steps")
    network = model.network
    for name in network.inputs:
        _CHECKS.get(type(network.node(name)), _no_node)(network, name)
    readout = network.node(network.output)
    if not isinstance(readout, Linear):
        raise InputError(_fits_not(network, network.output, "a Linear readout as the last node"))
    branches = tuple(_branch(network, pool) for pool in _pools(network))
    softs = {_neurons(network, branch.act).soft_reset for branch in branches}
    leaks = {_leak(_neurons(network, branch.act)) for branch in branches}
    pools = {POOLINGS[type(network.node(branch.pool))] for branch in branches}
    if len(softs) > 1 or len(leaks) > 1 or len(pools) > 1:
        raise InputError(
            "its branches differ in the reset, the leak or the pooling: convert it in one way"
        )
    assert isinstance(model.encoder, Encoder)
    weights = (readout.weight.detach().cpu(), readout.bias.detach().cpu())
    form = Form(
        branches,
        *weights,
        soft=softs.pop(),
        pooling=pools.pop(),
        steps=model.steps,
        encoder=model.encoder,
        readout=network.output,
        leak=leaks.pop(),
    )
    _check_finite(form)
    return form


def _check_finite(form: Form) -> None:
    parts = {form.readout: (form.weight, form.bias)}
    parts |= {branch.conv: (branch.weight, branch.bias) for branch in form.branches}
    for name, tensors in parts.items():
        if not all(bool(torch.isfinite(tensor).all()) for tensor in tensors):
            raise InputError(f"the weights of {name} hold NaN or inf: train it again")


def _branch(network: Network, pool: str) -> Branch:
    """The branch that ends in the node ``pool``."""
    (act,) = network.inputs[pool]
    (conv,) = network.inputs[act]
    layer, neurons = network.node(conv), _neurons(network, act)
    assert isinstance(layer, Conv1d)
    given = neurons.initial
    values = given if isinstance(given, list) else [float(given)] * layer.channels
    initial = torch.tensor(values, dtype=torch.float32)  # (C,)
    weight, bias = layer.weight.detach().cpu(), layer.bias.detach().cpu()
    return Branch(conv, act, pool, weight, bias, initial, layer.padding)


def _neurons(network: Network, name: str) -> Neurons:
    node = network.node(name)
    assert isinstance(node, Neurons)
    return node


def _leak(neurons: Neurons) -> float:
    return neurons.leak if isinstance(neurons, LIF) else 0.0


def _pools(network: Network) -> list[str]:
    """The pools in the order in which the readout has their channels."""
    found: list[str] = []

    def follow(name: str) -> None:
        if isinstance(network.node(name), SpikePooling):
            found.append(name)
            return
        for source in network.inputs[name]:
            follow(source)

    follow(network.output)
    return found


def _fits_not(network: Network, name: str, expected: str) -> str:
    kind, reads = type(network.node(name)).__name__, ", ".join(network.inputs[name])
    return f"expected {expected}, but {name} is a {kind} that reads {reads}"


def _no_node(network: Network, name: str) -> NoReturn:
    """Refuse a node of another type."""
    node = network.node(name)
    if isinstance(node, SpikePooling):
        raise InputError(
            f"{name} is a {type(node).__name__}, and no node of NIR takes a maximum of currents or "
            "goes by a gate: convert again with --pooling spikes or --pooling counts"
        )
    if isinstance(node, MeanOverTime):
        raise InputError(
            f"{name} divides by the length of each text, which a graph of fixed nodes cannot: "
            "train again with --pooling max"
        )
    if isinstance(node, Neurons):
        raise InputError(
            f"{name} holds {node.kind} neurons, which NIR does not have: convert again with "
            "--neuron if"
        )
    if type(node).__name__ == "SpikingReadout":
        raise InputError(
            f"{name} are output neurons, and NIR's output is a current here: fine-tune again with "
            "--loss mean_logits"
        )
    raise InputError(
        _fits_not(network, name, "convolutions of the input, neurons, max pooling and a readout")
        + ": only networks of that form can go to NIR"
    )


def _check_conv(network: Network, name: str) -> None:
    if network.inputs[name] != ("input",):
        raise InputError(_fits_not(network, name, "convolutions of the input alone"))


def _check_neurons(network: Network, name: str) -> None:
    (source,) = network.inputs[name]
    if not isinstance(network.nodes[source] if source != "input" else None, Conv1d):
        raise InputError(
            f"{name} holds output neurons or such that read no convolution, and NIR's output is a "
            "current here: fine-tune with --loss mean_logits, or export a TextCNN"
        )


def _check_pool(network: Network, name: str) -> None:
    node = network.node(name)
    assert isinstance(node, SpikePooling)
    (source,) = network.inputs[name]
    if node.kernel or source == "input" or type(network.node(source)) not in (IF, LIF):
        raise InputError(_fits_not(network, name, "pooling of spikes over all positions"))


def _check_rest(network: Network, name: str) -> None:
    """Concat, dropout and readout: everything from the pools on is one chain."""
    node = network.node(name)
    below = (SpikePooling, Dropout) if isinstance(node, Concat) else (SpikePooling, Dropout, Concat)
    for source in network.inputs[name]:
        if source == "input" or not isinstance(network.node(source), below):
            raise InputError(_fits_not(network, name, "pooled spikes, joined and read once"))


_CHECKS: dict[type[Node], Callable[[Network, str], None]] = {
    Conv1d: _check_conv,
    IF: _check_neurons,
    LIF: _check_neurons,
    MaxOfSpikes: _check_pool,
    MaxOfCounts: _check_pool,
    Concat: _check_rest,
    Dropout: _check_rest,
    Linear: _check_rest,
}
