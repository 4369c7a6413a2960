"""Conversion rules of pooling: which maximum of spikes stands for a maximum of values, and why.

Averages are linear and are kept. A maximum over spike trains is another matter: four rules exist
(`models/spike_pooling.py`), and some of them do not converge to the ANN's maximum however long the
network runs. Those are refused with the reason, unless the user insists.
"""

from __future__ import annotations

from ..errors import InputError
from ..models.activations import Activation, Qcfs
from ..models.layers import Conv1d
from ..models.network import Node
from ..models.norm import BatchNorm1d
from ..models.pooling import AvgPool1d, MaxOverTime, MaxPool1d, MeanOverTime, Windowed
from ..models.spike_pooling import POOLING_RULES, SpikePooling
from .builder import Builder, Wire, rule


def moved_maxima(builder: Builder, activation: str) -> list[str]:
    """The maxima that read ``activation`` one after the other, each the only reader of the last."""
    found: list[str] = []
    name = activation
    while True:
        readers = builder.ann.consumers(name)
        if len(readers) != 1 or not builder.ann.node(readers[0]).maximum:
            break
        found.append(readers[0])
        name = readers[0]
    return found


def pooling_node(rule_name: str, node: Node) -> SpikePooling:
    """The spiking node that pools as ANN node ``node`` does, by ``rule_name``."""
    size = (node.kernel, node.stride) if isinstance(node, Windowed) else ()
    return POOLING_RULES[rule_name](*size)


def constant_current(builder: Builder, activation: str) -> bool:
    """Whether ``activation`` receives the same current at every step: direct input, first layer."""
    (source,) = builder.ann.inputs[activation]
    while source != "input":
        node = builder.ann.node(source)
        below = builder.ann.inputs[source]
        if isinstance(node, Conv1d):
            return below == ("input",) and not builder.recipe.encoder.spiking
        if not isinstance(node, BatchNorm1d | AvgPool1d):
            return False
        (source,) = below
    return False


def choose_pooling(builder: Builder, activation: str) -> tuple[str, str]:
    """The rule for maxima over the spikes of ``activation``, and why.

    Raises:
        InputError: the user's rule does not converge here, and the user does not insist.
    """
    recipe = builder.recipe
    chosen, why = recipe.pooling_rule()
    if recipe.pooling == "auto":
        signed = recipe.neuron.kind == "signed"
        late = chosen == "currents" and not constant_current(builder, activation)
        if signed or late or not moved_maxima(builder, activation):
            return "counts", "exact for every train: its count is the largest count"
        return chosen, why
    reason = not_converging(builder, activation, chosen)
    if reason and not builder.insist:
        raise InputError(
            f"cannot convert {activation} with the pooling rule {chosen}: {reason}; leave the rule "
            "to the converter (auto), or insist to build it all the same"
        )
    return chosen, f"the user insists, although {reason}" if reason else why


def not_converging(builder: Builder, activation: str, chosen: str) -> str:
    """Why ``chosen`` does not approach the ANN's maximum as T grows; empty where it does."""
    recipe = builder.recipe
    encoder = recipe.encoder
    if chosen == "currents":
        if len(builder.ann.consumers(activation)) > 1:
            readers = ", ".join(builder.ann.consumers(activation))
            raise InputError(
                f"cannot convert {activation} with the pooling rule currents: it feeds {readers}, "
                "but the maximum of currents needs max pooling as its only reader"
            )
        if encoder.stochastic:
            return (
                "the largest of random currents exceeds the largest mean current at every step, "
                "and more steps do not average that away"
            )
        if encoder.spiking and encoder.mapping == "shift":
            return (
                "shift-coded spikes carry their offset unevenly, so the largest current of a step "
                "is mostly offset (58 % accuracy where the ANN has 80 %)"
            )
    if chosen == "spikes":
        if recipe.neuron.kind == "signed":
            return (
                "a maximum over positions passes one position's spike and not another's negative "
                "spike that takes it back"
            )
        quantised = isinstance(builder.ann.node(activation), Qcfs)
        if not encoder.spiking and not quantised:
            return (
                "positions with constant currents fire at different steps, so the maximum of their "
                "spikes counts several of them; only a network trained with QCFS bears it"
            )
    return ""


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
        return
    builder.add(name, pooling_node(rule_name, node), (wire.name,))
    builder.wires[name] = Wire(name, wire.value)
    builder.report(name, "replaced", f"by the maximum of {rule_name}: {why}")


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
