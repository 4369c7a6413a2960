"""ANN to a time-to-first-spike SNN: every value is the time of one spike in a window of T steps.

In the manner of LC-TTFS (Yang et al. 2023): every layer integrates its inputs over their window
with a linear kernel, and fires in the next window, its own, at most once, when a falling threshold
meets its potential. Nothing fires before all of its inputs have come, so an activation becomes a
spike time without error beyond its T levels. The latency is layers x window.

What is exact: the network is the ANN with its inputs and its activations rounded to T levels,
a = theta * clip(floor(z T / theta + 1/2) / T, 0, 1), whatever the weights. For a QCFS ANN with
L = T levels and theta = its bound, only the rounding of the word vectors remains.

Of the paper only the abstract was at hand, not its equations. Taken from it and its citations: one
spike a neuron, a window of its own for every layer, an activation as a spike time. Chosen here:
discrete time, a threshold for every activation folded into the weights (not one clipped at 1),
a threshold that falls by one level a step and is shifted by half a level, so that values are
rounded, the earliest spike as max-over-time pooling, and no change to how the ANN is trained.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor

from ...errors import InputError
from ...models.encoders.encoder import Encoder
from ...models.network import Network, Node
from ...models.neurons.ttfs import TTFS
from ...models.nodes.activations import Activation
from ...models.nodes.layers import Concat, Conv1d, Dropout, Linear
from ...models.nodes.pooling import MaxOverTime, MeanOverTime
from ...models.spikes.ttfs import EarliestSpike, RampReadout


@dataclass(frozen=True)
class TTFSReport:
    """What a time-to-first-spike conversion did.

    window: T, steps of one window; layers: windows one after the other, of the input and of every
    spiking layer; latency: steps until the logits are there, layers * window; rows: one per ANN
    node: name, type, action, why.
    """

    window: int
    layers: int
    latency: int
    rows: list[dict[str, Any]]


@dataclass(frozen=True)
class _Wire:
    """One node's output in the SNN.

    name: the SNN node that carries it; value: what a spike at the first step stands for in the
    ANN, (C,) or (1,); window: in which window the spikes come, 0 for the input's; channels: C;
    analog: True for currents that no neuron has read yet.
    """

    name: str
    value: Tensor
    window: int
    channels: int
    analog: bool = False


@dataclass
class _Builder:
    ann: Network
    thresholds: Mapping[str, Tensor]
    window: int
    encoder: Encoder
    nodes: list[tuple[str, Node, tuple[str, ...]]] = field(default_factory=list)
    wires: dict[str, _Wire] = field(default_factory=dict)
    rows: list[dict[str, Any]] = field(default_factory=list)

    def sources(self, name: str, analog: bool) -> list[_Wire]:
        """The wires that node ``name`` reads; refuse currents for spikes and the reverse."""
        wires = [self.wires[source] for source in self.ann.inputs[name]]
        for source, wire in zip(self.ann.inputs[name], wires, strict=True):
            if wire.analog != analog:
                wanted = "a convolution or linear layer" if analog else "an activation"
                raise InputError(
                    f"cannot convert {name} to time-to-first-spike: it must read {wanted}, "
                    f"but it reads {source}"
                )
        return wires

    def add(self, name: str, node: Node, wire: _Wire, action: str, why: str) -> None:
        """Append the SNN node that stands for ANN node ``name``, with ``wire`` as its output."""
        inputs = tuple(self.wires[source].name for source in self.ann.inputs[name])
        self.nodes.append((name, node, inputs))
        self.wires[name] = replace(wire, name=name)
        self.report(name, action, why)

    def report(self, name: str, action: str, why: str) -> None:
        """Write down what became of ANN node ``name``."""
        kind = type(self.ann.node(name)).__name__
        self.rows.append({"name": name, "type": kind, "action": action, "why": why})


def _weights(builder: _Builder, name: str, node: Conv1d | Linear) -> None:
    """Fold spike values in, the threshold out; scale the bias for the ramp it meets."""
    (wire,) = builder.sources(name, analog=False)
    weight = node.weight.detach().clone()
    if builder.ann.inputs[name] == ("input",):
        weight = builder.encoder.fold(weight, builder.window)  # (C, D', k) or (C, D')
    else:
        weight = weight * wire.value.reshape(1, -1, *[1] * (weight.dim() - 2))
    theta = _threshold_after(builder, name)  # (C,) or (1,)
    new = type(node)(**(node.settings() | {"inputs": weight.shape[1]})).to(weight.dtype)
    with torch.no_grad():
        new.weight.copy_(weight / theta.reshape(-1, *[1] * (weight.dim() - 1)))
        # a constant current b has added b T (T + 1) / 2 at the end of a window, and T b is wanted
        new.bias.copy_(node.bias / theta * 2 / (builder.window + 1))
    made = _Wire(name, theta, wire.window, weight.shape[0], analog=True)
    builder.add(name, new, made, "folded", "spike values in, thresholds out, bias for the ramp")


def _threshold_after(builder: _Builder, name: str) -> Tensor:
    """The threshold of the activation that reads ``name``; 1 for the output layer."""
    readers = builder.ann.consumers(name)
    if not readers:
        return torch.ones(1)
    if len(readers) != 1 or not isinstance(builder.ann.node(readers[0]), Activation):
        raise InputError(
            f"cannot convert {name} to time-to-first-spike: its output goes to "
            f"{', '.join(readers)}, but it needs one activation (ReLU or QCFS) as its only reader"
        )
    theta = builder.thresholds.get(readers[0])
    if theta is None or not bool((theta > 0).all()):
        raise InputError(f"expected a threshold above 0 for {readers[0]}, but got {theta}")
    return theta.detach()


def _concat(builder: _Builder, name: str, node: Node) -> None:
    wires = builder.sources(name, analog=False)
    windows = sorted({wire.window for wire in wires})
    if len(windows) != 1:
        raise InputError(
            f"cannot convert {name} to time-to-first-spike: its inputs spike in windows "
            f"{windows}, but spikes that meet must come in one window: give every branch as many "
            "layers, or choose the neuron if"
        )
    value = torch.cat([wire.value.expand(wire.channels) for wire in wires])
    made = _Wire(name, value, windows[0], len(value))
    builder.add(name, Concat(), made, "kept", "joins spikes of one window side by side")


def _convert_node(builder: _Builder, name: str, node: Node) -> None:
    """Add what stands for ANN node ``name``."""
    if isinstance(node, Conv1d | Linear):
        _weights(builder, name, node)
    elif isinstance(node, Activation):
        (wire,) = builder.sources(name, analog=True)
        made = replace(wire, window=wire.window + 1, analog=False)
        why = f"by time-to-first-spike neurons that fire in window {made.window}"
        builder.add(name, TTFS(builder.window), made, "replaced", why)
    elif isinstance(node, MaxOverTime):
        (wire,) = builder.sources(name, analog=False)
        why = "by the earliest spike: earlier is larger"
        builder.add(name, EarliestSpike(), wire, "replaced", why)
    elif isinstance(node, MeanOverTime):
        (wire,) = builder.sources(name, analog=False)
        builder.add(name, MeanOverTime(), wire, "kept", "averaging is linear, as the ramp is")
    elif isinstance(node, Concat):
        _concat(builder, name, node)
    elif isinstance(node, Dropout):
        builder.wires[name] = builder.wires[builder.ann.inputs[name][0]]
        builder.report(name, "removed", "it is the identity after training")
    else:
        raise _no_rule(name, node)


def _no_rule(name: str, node: Node) -> InputError:
    return InputError(
        f"cannot convert {name} to time-to-first-spike: there is no rule for "
        f"{type(node).__name__}; the known ones are Conv1d, Linear, activations, MaxOverTime, "
        "MeanOverTime, Concat and Dropout; choose the neuron if for this network"
    )


def convert_ttfs(
    ann: Network,
    thresholds: Mapping[str, Tensor],
    window: int,
    encoder: Encoder | None = None,
) -> tuple[Network, TTFSReport]:
    """Convert ``ann`` to a time-to-first-spike network.

    The result goes into a `models.snn.SpikingTextModel` with the same encoder and ``window`` as
    its steps. Its time axis is the last window; its running logits are logits at the end only.

    Args:
        ann: trained network in the ANN's unit
        thresholds: theta (C,) or (1,) per activation node, in the unit of its pre-activations
        window: T >= 1, steps of every window
        encoder: of code ``ttfs`` (the default, with the mapping split)

    Returns:
        The spiking network (spikes (T, B, D', L) -> output currents (T, B, K)), and the report.

    Raises:
        InputError: a node that has no rule, branches of different depth, a missing threshold, or an
            encoder of another code.
    """
    encoder = encoder or Encoder("ttfs")
    encoder.check_steps(window)
    if encoder.coding.rate:
        raise InputError(
            f"expected the encoder ttfs for a time-to-first-spike network, but got {encoder.code}"
        )
    builder = _Builder(ann, thresholds, window, encoder)
    builder.wires["input"] = _Wire("input", torch.ones(1), 0, 0)
    for name in ann.inputs:
        _convert_node(builder, name, ann.node(name))
    readout = _add_readout(builder)
    report = TTFSReport(window, readout.layers, readout.latency, builder.rows)
    return Network(builder.nodes), report


def _add_readout(builder: _Builder) -> RampReadout:
    """Append what reads the output layer's currents along their ramp."""
    ann = builder.ann
    last = builder.wires[ann.output]
    if not last.analog:
        raise InputError(
            f"cannot convert {ann.output}: the last layer must be linear, its currents are the "
            f"logits, but it is {type(ann.node(ann.output)).__name__}"
        )
    readout = RampReadout(builder.window, layers=last.window + 1)
    builder.nodes.append((f"{last.name}_ramp", readout, (last.name,)))
    return readout
