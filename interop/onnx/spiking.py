"""Neurons and pooling of spikes, unrolled over the steps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...models.network import Node
from ...models.neurons.integrate_and_fire import IF
from ...models.neurons.lif import LIF
from ...models.neurons.readout import SpikingReadout
from ...models.spikes.pooling import GatedMax, MaxOfCounts, MaxOfCurrents, MaxOfSpikes, SpikePooling
from .builder import Builder, Wire
from .nodes import Emit, largest


def fire(
    graph: Builder,
    name: str,
    currents: Sequence[str],
    start: str,
    soft: bool,
    leak: float = 0.0,
) -> list[str]:
    """Spikes of each step, by `if_step` and `lif_step`: add, compare, subtract.

    Args:
        graph: what they are added to
        name: of the layer; the nodes of step 2 begin with ``name/step2``
        currents: of each step
        start: V(0)
        soft: the threshold is subtracted; otherwise the potential is set to 0
        leak: share of the potential that is lost before a step
    """
    one, potential, spikes = graph.number(1), start, []
    for number, current in enumerate(currents, 1):
        own = f"{name}/step{number}"
        if leak:
            lost = graph.op("Mul", [potential, graph.number(leak)], f"{own}/leak")
            potential = graph.op("Sub", [potential, lost], f"{own}/kept")
        reached = graph.op("Add", [potential, current], f"{own}/potential")
        over = graph.op("GreaterOrEqual", [reached, one], f"{own}/over")
        spike = graph.floats(over, own)
        spikes.append(spike)
        if number == len(currents):
            break
        if soft:
            potential = graph.op("Sub", [reached, spike], f"{own}/left")
        else:
            silent = graph.op("Sub", [one, spike], f"{own}/silent")
            potential = graph.op("Mul", [reached, silent], f"{own}/left")
    return spikes


def neurons(graph: Builder, name: str, node: IF | LIF, wires: Sequence[Wire]) -> Wire:
    """Spikes of a layer; positions that are padding never fire."""
    (wire,) = wires
    start = graph.number(node.initial) if isinstance(node.initial, float | int) else ""
    if isinstance(node.initial, list):
        shape = (-1,) if wire.lengths is None else (-1, 1)
        values = np.array(node.initial, np.float32).reshape(shape)
        start = graph.weight(f"{name}.initial", values)
    leak = node.leak if isinstance(node, LIF) else 0.0
    spikes = fire(graph, name, wire.steps, start, node.soft_reset, leak)
    return graph.masked(Wire(tuple(spikes), wire.lengths), f"{name}/masked")


def readout(graph: Builder, name: str, node: SpikingReadout, wires: Sequence[Wire]) -> Wire:
    """Output spikes and a trace of the potential that breaks ties."""
    (wire,) = wires
    spikes = fire(graph, name, wire.steps, graph.number(node.initial), True)
    steps = []
    for number, (spike, current) in enumerate(zip(spikes, wire.steps, strict=True), 1):
        own = f"{name}/out{number}"
        left = graph.op("Sub", [current, spike], f"{own}/left")
        trace = graph.op("Mul", [left, graph.number(node.TIE_BREAK)], f"{own}/trace")
        steps.append(graph.op("Add", [spike, trace], own))
    return Wire(tuple(steps))


def max_of_values(graph: Builder, name: str, node: SpikePooling, wires: Sequence[Wire]) -> Wire:
    """The largest spike, or current, over valid positions at each step."""
    return largest(graph, wires[0], name)


def _counted(graph: Builder, name: str, wire: Wire) -> Wire:
    """How many spikes each position has had after each step."""
    counts: list[str] = []
    for number, spikes in enumerate(wire.steps, 1):
        if counts:
            spikes = graph.op("Add", [counts[-1], spikes], f"{name}/count{number}")
        counts.append(spikes)
    return Wire(tuple(counts), wire.lengths)


def max_of_counts(graph: Builder, name: str, node: MaxOfCounts, wires: Sequence[Wire]) -> Wire:
    """A spike whenever the largest count over positions grows."""
    counts = _counted(graph, name, wires[0])
    most = largest(graph, counts, f"{name}/most").steps
    steps = [most[0]]
    for number in range(1, len(most)):
        own = f"{name}/step{number + 1}"
        steps.append(graph.op("Sub", [most[number], most[number - 1]], own))
    return Wire(tuple(steps))


def gated_max(graph: Builder, name: str, node: GatedMax, wires: Sequence[Wire]) -> Wire:
    """The spikes of the position that has fired most, the first of equals."""
    (wire,) = wires
    mask = graph.mask(wire)
    assert mask is not None
    steps = []
    counted = _counted(graph, name, wire).steps
    for number, (spikes, counts) in enumerate(zip(wire.steps, counted, strict=True), 1):
        own = f"{name}/step{number}"
        held = graph.op("Where", [mask[0], counts, graph.number(-np.inf)], f"{own}/held")
        gate = graph.op("ArgMax", [held], f"{own}/gate", axis=2, keepdims=1)  # (B, C, 1)
        passed = graph.op("GatherElements", [spikes, gate], f"{own}/passed", axis=2)
        steps.append(graph.op("Squeeze", [passed, graph.whole(2)], own))
    return Wire(tuple(steps))


SPIKING: dict[type[Node], Emit] = {
    IF: neurons,
    LIF: neurons,
    SpikingReadout: readout,
    MaxOfSpikes: max_of_values,
    MaxOfCurrents: max_of_values,
    MaxOfCounts: max_of_counts,
    GatedMax: gated_max,
}
"""Nodes of an SNN alone, by their type itself."""
