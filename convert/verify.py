"""Verification that a converted network is the ANN it was made from.

Every spiking layer is fed, as constant current, exactly what the ANN's layer receives. An IF
neuron must then fire clip(floor(z T / theta + V0), 0, T) times, with z the ANN's pre-activation.
A wrong weight, a bias left at random, a threshold folded twice or a swapped branch all break this
identity, whatever the encoder; the quantisation of the SNN does not.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ..errors import SnnConvertError
from ..models.activations import Activation
from ..models.layers import Conv1d, Linear
from ..models.network import Network, Signal
from .encoders import Encoder


@dataclass(frozen=True)
class LayerCheck:
    """The worst relative error of one layer: of currents, max |I theta - z| / max |z|."""

    name: str
    error: float


def _value_of(snn_inputs: Tensor, value: Tensor) -> Tensor:
    """Divide ANN activations by what one spike stands for, along the channel axis."""
    shape = (1, -1, 1) if snn_inputs.dim() == 3 else (1, -1)
    return snn_inputs / value.reshape(shape)


def verify(
    ann: Network,
    snn: Network,
    encoder: Encoder,
    thresholds: dict[str, Tensor],
    vectors: Tensor,
    lengths: Tensor,
    tolerance: float = 1e-3,
) -> list[LayerCheck]:
    """Check every layer of ``snn`` against ``ann`` on real texts.

    Args:
        ann: the trained network
        snn: its conversion; weighted layers have the same names in both
        encoder: the encoder that the SNN was folded for
        thresholds: theta (C,) or (1,) per activation node of the ANN
        vectors: range-mapped word vectors (B, D, L)
        lengths: (B,) valid positions
        tolerance: largest relative error allowed

    Returns:
        One check per weighted layer, in order.

    Raises:
        SnnConvertError: a layer is off by more than the tolerance; the message names it.
    """
    record: dict[str, Signal] = {}
    with torch.no_grad():
        ann(Signal(vectors, lengths), record)
    checks = []
    for name in ann.inputs:
        node = ann.node(name)
        if not isinstance(node, Conv1d | Linear):
            continue
        (source,) = ann.inputs[name]
        if source == "input":
            arriving = Signal(encoder.map(vectors, lengths), lengths)
        else:
            value = _spike_values(ann, source, thresholds)
            arriving = Signal(_value_of(record[source].values, value), record[source].lengths)
        readers = [r for r in ann.consumers(name) if isinstance(ann.node(r), Activation)]
        theta = thresholds[readers[0]] if readers else torch.ones(1)
        with torch.no_grad():
            current = snn.node(name)(arriving).values  # (B, C, L) or (B, K)
        z = record[name].values
        back = current * theta.reshape((1, -1, 1) if z.dim() == 3 else (1, -1))
        error = float((back - z).abs().max() / z.abs().max().clamp(min=1e-12))
        checks.append(LayerCheck(name, error))
        if not error <= tolerance:  # also catches NaN
            raise SnnConvertError(
                f"verification failed at layer {name}: its currents differ from the ANN's "
                f"pre-activations by {error:.2e} of their range, expected at most {tolerance:.0e}; "
                "the conversion is wrong there, do not use this network"
            )
    return checks


def _spike_values(ann: Network, name: str, thresholds: dict[str, Tensor]) -> Tensor:
    """What one spike on the output of ANN node ``name`` stands for, per channel."""
    if name in thresholds:
        return thresholds[name]
    parts = [_spike_values(ann, source, thresholds) for source in ann.inputs[name]]
    if len(parts) == 1:
        return parts[0]
    widths = [_channels(ann, source) for source in ann.inputs[name]]
    return torch.cat([p.expand(n) for p, n in zip(parts, widths, strict=True)])


def _channels(ann: Network, name: str) -> int:
    """Channels on the output of ANN node ``name``."""
    node = ann.node(name)
    if isinstance(node, Conv1d):
        return node.channels
    if isinstance(node, Linear):
        return node.outputs
    return sum(_channels(ann, source) for source in ann.inputs[name])
