"""The state of a conversion, and the register of its rules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from ...errors import InputError
from ...models.network import Network, Node
from ...models.nodes.layers import Conv1d, Linear
from ...models.nodes.merge import Scale
from ..recipes.recipe import ConversionRecipe
from .units import Units


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
    """The state of one conversion: nodes made so far, and one report row per ANN node.

    ann: the network in canonical order (`graph.canonical`); recipe: the choices; units: thresholds
    and units; allow_inexact: build also what is known not to converge.
    """

    ann: Network
    recipe: ConversionRecipe
    units: Units
    allow_inexact: bool = False
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

    def inputs(self, name: str) -> list[tuple[str, Wire]]:
        """The ANN nodes that ``name`` reads, and their wires.

        Raises:
            InputError: it reads the network's input, which only a layer with weights can.
        """
        sources = self.ann.inputs[name]
        if "input" in sources:
            raise InputError(
                f"cannot convert {name}: the word vectors must enter a Conv1d, because they arrive "
                "as coded spikes; put a Conv1d (of width 1, to change nothing) between. One vector "
                "a text may enter a Linear"
            )
        return [(source, self.wires[source]) for source in sources]

    def spikes(self, name: str) -> Wire:
        """The one wire that ``name`` reads, which must carry spikes.

        Raises:
            InputError: it carries currents that no neuron has read.
        """
        ((source, wire),) = self.inputs(name)
        if wire.analog:
            raise InputError(
                f"cannot convert {name}: it reads {source}, but it can only read spikes; put an "
                "activation (ReLU, QCFS or TCL) between them"
            )
        return wire

    def deliver(self, wire: Wire, unit: Tensor, source: str, reader: str) -> str:
        """The SNN node that carries ``wire`` in ``unit``: itself, or identity synapses behind it.

        Args:
            wire: spikes or currents
            unit: (C,) or (1,), the unit that the reader needs
            source: the ANN node that the wire belongs to
            reader: the ANN node that reads it
        """
        size = self.units.channels[source]
        weight = (wire.value / unit).expand(size)
        if bool((weight == 1).all()):
            return wire.name
        node = Scale(size).to(weight.dtype)
        with torch.no_grad():
            node.weight.copy_(weight)
        name = f"{source}_to_{reader}"
        taken = {*self.ann.inputs, *(done for done, _, _ in self.nodes)}
        while name in taken:  # the same branch twice in one sum
            name += "_again"
        return self.add(name, node, (wire.name,))

    def weighted_before(self, name: str) -> str | None:
        """The Conv1d or Linear whose output ``name`` reads, if it does and nobody else does."""
        source = self.ann.inputs[name][0]
        if source == "input" or not isinstance(self.ann.node(source), Conv1d | Linear):
            return None
        return source if self.ann.consumers(source) == [name] else None


Rule = Callable[[Builder, str, Any], None]
RULES: dict[type[Node], Rule] = {}


def rule(*kinds: type[Node]) -> Callable[[Rule], Rule]:
    """Decorator: the conversion rule of these node types."""

    def note(function: Rule) -> Rule:
        for kind in kinds:
            RULES[kind] = function
        return function

    return note
