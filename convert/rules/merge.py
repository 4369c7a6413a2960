"""Conversion rules where branches meet: concatenation, residual sums, flattening."""

from __future__ import annotations

import torch

from ...models.nodes.activations import Activation
from ...models.nodes.layers import Concat
from ...models.nodes.merge import Add, Flatten
from ..graph.builder import Builder, Wire, rule


@rule(Concat)
def convert_concat(builder: Builder, name: str, node: Concat) -> None:
    """Spike trains side by side, or currents, each in the unit of its channels behind."""
    inputs = builder.inputs(name)
    analog = any(wire.analog for _, wire in inputs)
    values, names = [], []
    for position, (source, wire) in enumerate(inputs):
        value = builder.units.of_branch(name, position) if analog else wire.value
        names.append(builder.deliver(wire, value, source, name))
        values.append(value.expand(builder.units.channels[source]))
    builder.add(name, Concat(), tuple(names))
    builder.wires[name] = Wire(name, torch.cat(values), analog)
    builder.report(name, "kept", f"joins {'currents' if analog else 'spike trains'} side by side")


@rule(Add)
def convert_add(builder: Builder, name: str, node: Add) -> None:
    """The sum in one unit; a branch in another one arrives over identity synapses.

    The neurons of the activation after the sum integrate all branches, in their own threshold. A
    sum of spikes that something else reads stays a sum of (graded) spikes in the first one's unit.
    """
    inputs = builder.inputs(name)
    readers = [builder.ann.node(reader) for reader in builder.ann.consumers(name)]
    integrated = len(readers) == 1 and isinstance(readers[0], Activation)
    analog = integrated or any(wire.analog for _, wire in inputs)
    unit = builder.units.of_currents(name) if analog else inputs[0][1].value
    names = [builder.deliver(wire, unit, source, name) for source, wire in inputs]
    builder.add(name, Add(), tuple(names))
    builder.wires[name] = Wire(name, unit, analog)
    scaled = [s for (s, wire), n in zip(inputs, names, strict=True) if n != wire.name]
    how = f"identity synapses carry {', '.join(scaled)}" if scaled else "all are in one unit"
    builder.report(name, "kept", f"sums {'currents' if analog else 'spikes'}: {how}")


@rule(Flatten)
def convert_flatten(builder: Builder, name: str, node: Flatten) -> None:
    """The same node; at every position a spike stands for what the channel's did."""
    ((_, wire),) = builder.inputs(name)
    value = wire.value
    if len(value) > 1:
        value = value.repeat_interleave(node.positions)
    builder.add(name, Flatten(node.positions), (wire.name,))
    builder.wires[name] = Wire(name, value, wire.analog)
    builder.report(name, "kept", "every position of a channel becomes a feature")
