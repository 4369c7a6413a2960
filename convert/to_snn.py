"""ANN to SNN: replace every activation by IF neurons and fold the thresholds into the weights.

After folding every spike is 0 or 1 and every threshold is 1: the weights of a layer are
multiplied by what one incoming spike stands for and divided by the threshold of the neurons they
feed. The output layer stays in the ANN's unit, so the mean of its currents over time is the logit.
Each node type has one rule; a node without a rule is an error, never left as it is in silence.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from ..errors import InputError
from ..models.activations import Activation, Qcfs, Relu
from ..models.layers import Concat, Conv1d, Dropout, Linear
from ..models.network import Network, Node
from ..models.pooling import MaxOverTime, MeanOverTime
from ..models.spiking import IF, POOLING_RULES, MaxOfCurrents
from .recipe import ConversionRecipe


@dataclass
class Wire:
    """What the builder knows about one node's output in the SNN.

    name: the SNN node that carries it; value: what one spike (or one unit) stands for in the ANN,
    (C,) or (1,); analog: True for currents that no neuron has read yet.
    """

    name: str
    value: Tensor
    analog: bool = False


@dataclass
class Builder:
    """The state of one conversion: nodes made so far, and one report row per ANN node."""

    ann: Network
    recipe: ConversionRecipe
    thresholds: dict[str, Tensor]
    nodes: list[tuple[str, Node, tuple[str, ...]]] = field(default_factory=list)
    wires: dict[str, Wire] = field(default_factory=dict)
    rows: list[dict[str, Any]] = field(default_factory=list)

    def add(self, name: str, node: Node, inputs: tuple[str, ...]) -> str:
        """Append an SNN node; returns its name."""
        self.nodes.append((name, node, inputs))
        return name

    def report(self, name: str, action: str, why: str) -> None:
        """Write down what became of ANN node ``name``."""
        kind = type(self.ann.node(name)).__name__
        self.rows.append({"name": name, "type": kind, "action": action, "why": why})


Rule = Callable[[Builder, str, Any], None]
RULES: dict[type[Node], Rule] = {}


def rule(*kinds: type[Node]) -> Callable[[Rule], Rule]:
    """Decorator: the conversion rule of these node types."""

    def note(function: Rule) -> Rule:
        for kind in kinds:
            RULES[kind] = function
        return function

    return note


def _activation_after(builder: Builder, name: str) -> str | None:
    """The activation that reads ``name``, or None where it is the output."""
    readers = builder.ann.consumers(name)
    found = [r for r in readers if isinstance(builder.ann.node(r), Activation)]
    if not readers:
        return None
    if len(readers) != 1 or not found:
        raise InputError(
            f"cannot convert {name}: its output goes to {', '.join(readers)}, but only one "
            "activation (ReLU or QCFS) can become the neurons that read it; put one there"
        )
    return found[0]


@rule(Conv1d, Linear)
def _convert_weights(builder: Builder, name: str, node: Conv1d | Linear) -> None:
    (source,) = builder.ann.inputs[name]
    wire = builder.wires[source]
    weight = node.weight.detach().clone()
    if source == "input":
        if not isinstance(node, Conv1d):
            raise InputError(f"cannot convert {name}: the word vectors must enter a Conv1d")
        weight = builder.recipe.encoder.fold(weight)  # (C, D', k)
    else:
        shape = (1, -1) + (1,) * (weight.dim() - 2)
        weight = weight * wire.value.reshape(shape)  # one spike carries wire.value
    activation = _activation_after(builder, name)
    theta = torch.ones(1) if activation is None else builder.thresholds[activation]  # (C,) or (1,)
    settings = node.settings() | {"inputs": weight.shape[1]}
    new = type(node)(**settings)
    with torch.no_grad():
        new.weight.copy_(weight / theta.reshape(-1, *[1] * (weight.dim() - 1)))
        new.bias.copy_(node.bias / theta)
    builder.add(name, new, (wire.name,))
    builder.wires[name] = Wire(name, theta, analog=True)
    why = "output layer, in the ANN's unit" if activation is None else f"threshold of {activation}"
    builder.report(name, "folded", f"spike values multiplied in, divided by: {why}")


@rule(Relu, Qcfs)
def _convert_activation(builder: Builder, name: str, node: Activation) -> None:
    (source,) = builder.ann.inputs[name]
    wire = builder.wires[source]
    theta = builder.thresholds[name]
    readers = builder.ann.consumers(name)
    pooled = [r for r in readers if isinstance(builder.ann.node(r), MaxOverTime)]
    neurons = IF(builder.recipe.initial, builder.recipe.reset == "soft")
    if pooled and builder.recipe.pooling_rule()[0] == "currents":
        if len(readers) > 1:
            raise InputError(
                f"cannot convert {name} with the pooling rule currents: it feeds {readers}, but "
                "the maximum of currents needs max-over-time pooling as its only reader"
            )
        # max commutes with the monotone activation, so the maximum may be taken before the neuron
        largest = builder.add(f"{pooled[0]}_currents", MaxOfCurrents(), (wire.name,))
        builder.add(name, neurons, (largest,))
        where = f"after the maximum of currents of {pooled[0]}"
    else:
        builder.add(name, neurons, (wire.name,))
        where = "at every position" if pooled else "one neuron a value"
    builder.wires[name] = Wire(name, theta)
    builder.report(name, "replaced", f"by IF neurons with {builder.recipe.reset} reset, {where}")


@rule(MaxOverTime)
def _convert_max(builder: Builder, name: str, node: MaxOverTime) -> None:
    (source,) = builder.ann.inputs[name]
    wire = builder.wires[source]
    rule_name, why = builder.recipe.pooling_rule()
    if wire.analog or source == "input":
        raise InputError(
            f"cannot convert {name}: max pooling must read an activation, but it reads {source}"
        )
    if rule_name == "currents":
        builder.wires[name] = wire
        builder.report(name, "moved", f"before the neurons of {source}: {why}")
        return
    builder.add(name, POOLING_RULES[rule_name](), (wire.name,))
    builder.wires[name] = Wire(name, wire.value)
    builder.report(name, "replaced", f"by the maximum of {rule_name}: {why}")


@rule(MeanOverTime)
def _convert_mean(builder: Builder, name: str, node: MeanOverTime) -> None:
    (source,) = builder.ann.inputs[name]
    wire = builder.wires[source]
    builder.add(name, MeanOverTime(), (wire.name,))
    builder.wires[name] = Wire(name, wire.value)
    builder.report(name, "kept", "averaging is linear: it commutes with time and with the readout")


@rule(Concat)
def _convert_concat(builder: Builder, name: str, node: Concat) -> None:
    wires = [builder.wires[source] for source in builder.ann.inputs[name]]
    widths = [_width(builder, wire) for wire in wires]
    value = torch.cat([w.value.expand(n) for w, n in zip(wires, widths, strict=True)])
    builder.add(name, Concat(), tuple(wire.name for wire in wires))
    builder.wires[name] = Wire(name, value)
    builder.report(name, "kept", "joins spike trains side by side")


@rule(Dropout)
def _convert_dropout(builder: Builder, name: str, node: Dropout) -> None:
    builder.wires[name] = builder.wires[builder.ann.inputs[name][0]]
    builder.report(name, "removed", "it is the identity after training")


def _width(builder: Builder, wire: Wire) -> int:
    """How many channels a wire carries: those of the weights that made it."""
    nodes = {name: (node, inputs) for name, node, inputs in builder.nodes}
    node, inputs = nodes[wire.name]
    while not isinstance(node, Conv1d | Linear):
        node, inputs = nodes[inputs[0]]
    return node.channels if isinstance(node, Conv1d) else node.outputs


def build_snn(
    ann: Network, recipe: ConversionRecipe, thresholds: dict[str, Tensor]
) -> tuple[Network, list[dict[str, Any]]]:
    """Convert ``ann`` node by node.

    Args:
        ann: trained network in the ANN's unit
        recipe: the choices of the conversion
        thresholds: theta (C,) or (1,) per activation node, in the unit of its pre-activations

    Returns:
        The spiking network (input spikes (T, B, D', L) -> output currents (T, B, K)), and one row
        per ANN node: name, type, action (folded, replaced, moved, kept, removed) and why.

    Raises:
        InputError: a node that has no conversion rule, by its name and type.
    """
    builder = Builder(ann, recipe, thresholds)
    builder.wires["input"] = Wire("input", torch.ones(1))
    for name in ann.inputs:
        node = ann.node(name)
        if type(node) not in RULES:
            raise InputError(
                f"cannot convert {name}: there is no conversion rule for {type(node).__name__}; "
                f"the known ones are {', '.join(sorted(kind.__name__ for kind in RULES))}"
            )
        RULES[type(node)](builder, name, node)
    if not builder.wires[ann.output].analog:
        raise InputError(
            f"cannot convert {ann.output}: the last layer must be linear, its currents are the "
            f"logits, but it is {type(ann.node(ann.output)).__name__}"
        )
    return Network(builder.nodes), builder.rows
