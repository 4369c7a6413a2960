"""Conversion rules of pooling: which maximum of spikes stands for a maximum of values, and why.

Averages are linear and are kept. A maximum over spike trains is another matter: four rules exist
(`models/spikes/pooling.py`), and some of them do not converge to the ANN's maximum however long the
network runs. Those are refused with the reason, unless the user allows it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...errors import InputError
from ...models.network import Node
from ...models.nodes.activations import Activation, Qcfs
from ...models.nodes.layers import Conv1d
from ...models.nodes.norm import BatchNorm1d
from ...models.nodes.pooling import AvgPool1d, MaxOverTime, MaxPool1d, MeanOverTime, Windowed
from ...models.spikes import POOLING_RULES
from ...models.spikes.pooling import SpikePooling
from ..graph.builder import Builder, Wire, rule


def moved_maxima(builder: Builder, activation: str) -> list[str]:
    """The maxima that read ``activation`` one after the other, each the only reader of the last."""
    maxima: list[str] = []
    name = activation
    while True:
        readers = builder.ann.consumers(name)
        if len(readers) != 1 or not builder.ann.node(readers[0]).maximum:
            break
        maxima.append(readers[0])
        name = readers[0]
    return maxima


def pooling_node(rule_name: str, node: Node) -> SpikePooling:
    """The spiking node that pools as ANN node ``node`` does, by ``rule_name``."""
    size = (node.kernel, node.stride) if isinstance(node, Windowed) else ()
    return POOLING_RULES[rule_name](*size)


def pooling_used(rows: Sequence[Mapping[str, Any]]) -> tuple[str, str] | None:
    """The rules that a conversion's report rows name, and why; None where nothing is pooled so."""
    used = {str(row["pooling"]): str(row["why"]) for row in rows if "pooling" in row}
    return (", ".join(used), "; ".join(used.values())) if used else None


def first_layer(builder: Builder, activation: str) -> bool:
    """Whether the neurons of ``activation`` read the input's convolution and no other spikes."""
    (source,) = builder.ann.inputs[activation]
    while source != "input":
        node = builder.ann.node(source)
        below = builder.ann.inputs[source]
        if isinstance(node, Conv1d):
            return below == ("input",)
        if not isinstance(node, BatchNorm1d | AvgPool1d):
            return False
        (source,) = below
    return False


def choose_pooling(builder: Builder, activation: str) -> tuple[str, str]:
    """The rule for maxima over the spikes of ``activation``, and why.

    Left to the converter it is the encoder's (`ConversionRecipe.pooling_rule`) only where that was
    measured to hold: currents where they are constant, and for a code that asks for it spikes in
    the first layer of a network trained with QCFS. Everywhere else it is counts, which converge for
    every spike train.

    Raises:
        InputError: the user's rule does not converge here, and the user does not allow it.
    """
    recipe = builder.recipe
    chosen, why = recipe.pooling_rule()
    if recipe.pooling == "auto":
        first = first_layer(builder, activation)
        holds = {
            "currents": first and bool(moved_maxima(builder, activation)),
            "spikes": first
            and isinstance(builder.ann.node(activation), Qcfs)
            and recipe.neuron.layer.spike_size[0] >= 0,
        }
        if not holds.get(chosen, True):
            return "counts", "exact for every spike train: its count is the largest count"
        return chosen, why
    reason, refused = not_converging(builder, activation, chosen)
    if refused and not builder.allow_inexact:
        raise InputError(
            f"cannot convert {activation} with the pooling rule {chosen}: {reason}; leave the rule "
            "to the converter (auto), or give allow_inexact to build it all the same"
        )
    return chosen, f"chosen by the user, although {reason}" if reason else why


def not_converging(builder: Builder, activation: str, chosen: str) -> tuple[str, bool]:
    """Why ``chosen`` does not approach the ANN's maximum as T grows, and whether to refuse it.

    The reason is empty where it does. It is not refused where a network trained with QCFS was
    measured to bear it: maxima of spikes, or of currents of evenly spaced spikes, in its first
    layer.

    Raises:
        InputError: currents, but something else reads the activation too.
    """
    quantised = isinstance(builder.ann.node(activation), Qcfs)
    first = first_layer(builder, activation)
    if chosen == "currents":
        readers = builder.ann.consumers(activation)
        if len(readers) > 1:
            raise InputError(
                f"cannot convert {activation} with the pooling rule currents: it feeds "
                f"{', '.join(readers)}, but the maximum of currents needs max pooling as its only "
                "reader"
            )
        return _currents(builder, quantised, first)
    if chosen == "spikes":
        if builder.recipe.neuron.layer.spike_size[0] < 0:
            return (
                "a maximum over positions passes one position's spike and not another's negative "
                "spike that takes it back"
            ), True
        return (
            "positions fire at different steps, so the maximum of their spikes counts several of "
            "them; only the first layer of a network trained with QCFS bears it"
        ), not (first and quantised)
    return "", False


def _currents(builder: Builder, quantised: bool, first: bool) -> tuple[str, bool]:
    """The same for the maximum of currents, which is exact where they are constant."""
    encoder = builder.recipe.encoder
    if first and not encoder.spiking:
        return "", False
    if encoder.stochastic:
        return (
            "the largest of random currents exceeds the largest mean current at every step, and "
            "more steps do not average that away"
        ), True
    if encoder.spiking and encoder.mapping == "shift":
        return (
            "shift-coded spikes carry their offset unevenly, so the largest current of a step is "
            "mostly offset (58 % accuracy where the ANN has 80 %)"
        ), True
    return (
        "currents from spikes change from step to step, so the largest of a step exceeds the "
        "largest mean; only the first layer of a network trained with QCFS bears it"
    ), not (first and quantised)


@rule(MaxOverTime, MaxPool1d)
def convert_max(builder: Builder, name: str, node: MaxOverTime | MaxPool1d) -> None:
    """The maximum by the chosen rule; nothing where it was taken of the currents already."""
    (source,) = builder.ann.inputs[name]
    wire = builder.wires[source]
    activation = _activation_before(builder, source)
    if wire.analog or activation is None:
        raise InputError(
            f"cannot convert {name}: max pooling must read an activation, but it reads {source}"
        )
    rule_name, why = choose_pooling(builder, activation)
    if rule_name == "currents":
        builder.wires[name] = wire
        builder.report(name, "moved", f"before the neurons of {activation}: {why}")
        builder.rows[-1]["pooling"] = rule_name
        return
    builder.add(name, pooling_node(rule_name, node), (wire.name,))
    builder.wires[name] = Wire(name, wire.value)
    what = "a gate" if rule_name == "gated" else f"the maximum of {rule_name}"
    builder.report(name, "replaced", f"by {what}: {why}")
    builder.rows[-1]["pooling"] = rule_name


def _activation_before(builder: Builder, name: str) -> str | None:
    """The activation whose spikes arrive at ``name``, through other maxima."""
    while name != "input":
        node = builder.ann.node(name)
        if isinstance(node, Activation):
            return name
        if not node.maximum:
            return None
        (name,) = builder.ann.inputs[name]
    return None


@rule(MeanOverTime, AvgPool1d)
def convert_mean(builder: Builder, name: str, node: MeanOverTime | AvgPool1d) -> None:
    """The same node, on spikes or on currents."""
    ((_, wire),) = builder.inputs(name)
    builder.add(name, type(node)(**node.settings()), (wire.name,))
    builder.wires[name] = Wire(name, wire.value, wire.analog)
    builder.report(name, "kept", "averaging is linear: it commutes with time and with the readout")
