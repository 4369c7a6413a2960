"""Conversion rule of activations: each becomes a layer of spiking neurons."""

from __future__ import annotations

from ...models.neurons.build import make_neurons
from ...models.nodes.activations import Activation, Qcfs, Relu, Tcl
from ..graph.builder import Builder, Wire, rule
from .pooling import choose_pooling, moved_maxima, pooling_node


@rule(Relu, Qcfs, Tcl)
def convert_activation(builder: Builder, name: str, node: Activation) -> None:
    """Neurons of threshold 1 on the current, behind the maximum of currents where that is used."""
    ((source, wire),) = builder.inputs(name)
    theta = builder.units.threshold(name)
    recipe = builder.recipe
    neurons = make_neurons(recipe.neuron, recipe.initial, builder.units.channels[name])
    current = builder.deliver(wire, theta, source, name)
    maxima = moved_maxima(builder, name)
    if maxima and choose_pooling(builder, name)[0] == "currents":
        for pool in maxima:
            maximum = pooling_node("currents", builder.ann.node(pool))
            current = builder.add(f"{pool}_currents", maximum, (current,))
        where = f"after the maximum of currents of {' and '.join(maxima)}"
    else:
        where = "at every position" if maxima else "one neuron a value"
    builder.add(name, neurons, (current,))
    builder.wires[name] = Wire(name, theta)
    kind = type(neurons).__name__
    builder.report(name, "replaced", f"by {kind} neurons with {recipe.reset} reset, {where}")
