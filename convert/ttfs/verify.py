"""Verification of a time-to-first-spike network: every layer against the ANN's, on its own spikes.

What arrives at a layer of the SNN is decoded to the ANN's unit and given to the ANN's layer. The
potentials of the SNN must then be the ANN's pre-activations, and the spikes that leave must be
those pre-activations rounded to the T levels.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from ...errors import SnnConvertError
from ...models.encoders.encoder import Encoder
from ...models.network import Network, Signal
from ...models.neurons.ttfs import ttfs_decode
from ...models.nodes.activations import Activation
from ...models.nodes.layers import Conv1d, Dropout, Linear
from ..verify import LayerCheck


def verify_ttfs(
    ann: Network,
    snn: Network,
    encoder: Encoder,
    thresholds: Mapping[str, Tensor],
    vectors: Tensor,
    lengths: Tensor,
    window: int,
    tolerance: float = 1e-3,
) -> list[LayerCheck]:
    """Check every layer of ``snn`` (of `convert_ttfs`) against ``ann`` on real texts.

    Args:
        ann: the trained network
        snn: its time-to-first-spike conversion
        encoder: the encoder of code ``ttfs`` that the SNN was folded for
        thresholds: theta (C,) or (1,) per activation node of the ANN
        vectors: range-mapped word vectors (B, D, L)
        lengths: (B,) valid positions
        window: T
        tolerance: largest relative error allowed

    Returns:
        One check per weighted layer (its potential) and per activation (beyond rounding), in order.

    Raises:
        SnnConvertError: a layer is off by more than the tolerance; the message names it.
    """
    record: dict[str, Signal] = {}
    checks = []
    with torch.no_grad():
        snn(Signal(encoder.encode(vectors, lengths, window), lengths), record)
        for name in ann.inputs:
            node = ann.node(name)
            if isinstance(node, Conv1d | Linear):
                error = _layer_error(ann, name, record, encoder, dict(thresholds))
            elif isinstance(node, Activation):
                error = _rounding_error(ann, name, record, window)
            else:
                continue
            checks.append(_check(name, error, tolerance))
    return checks


def _check(name: str, error: float, tolerance: float) -> LayerCheck:
    if not error <= tolerance:  # also catches NaN
        raise SnnConvertError(
            f"verification failed at layer {name}: it is off by {error:.2e} of its range, "
            f"expected at most {tolerance:.0e}; the conversion is wrong there, do not use "
            "this network"
        )
    return LayerCheck(name, error)


def _layer_error(
    ann: Network,
    name: str,
    record: Mapping[str, Signal],
    encoder: Encoder,
    thresholds: dict[str, Tensor],
) -> float:
    """Worst potential of weighted layer ``name``, relative to the ANN's largest pre-activation."""
    source = _past_dropout(ann, ann.inputs[name][0])
    arrived = ttfs_decode(record[source].values)  # (B, D', L) or (B, F)
    if source == "input":
        arrived = _unmapped(arrived, encoder)
    else:
        value = _worth(ann, source, record, thresholds)
        arrived = arrived * value.reshape(-1, *[1] * (arrived.dim() - 2))
    z = ann.node(name)(Signal(arrived, record[source].lengths)).values
    readers = [r for r in ann.consumers(name) if isinstance(ann.node(r), Activation)]
    theta = thresholds[readers[0]] if readers else torch.ones(1)
    potential = ttfs_decode(record[name].values)  # the ramp: sum of (T - t) / T I(t)
    back = potential * theta.reshape(-1, *[1] * (z.dim() - 2))
    return float((back - z).abs().max() / z.abs().max().clamp(min=1e-12))


def _past_dropout(ann: Network, name: str) -> str:
    """The node before ``name`` that has a counterpart in the SNN."""
    while name != "input" and isinstance(ann.node(name), Dropout):
        (name,) = ann.inputs[name]
    return name


def _worth(
    ann: Network, name: str, record: Mapping[str, Signal], thresholds: dict[str, Tensor]
) -> Tensor:
    """What a spike at the first step on the output of node ``name`` stands for, (C,).

    Worked out from the ANN and not taken from the converter, whose mistakes it has to find.
    """
    if name in thresholds:
        return thresholds[name].expand(record[name].values.shape[2])
    sources = [_past_dropout(ann, source) for source in ann.inputs[name]]
    return torch.cat([_worth(ann, source, record, thresholds) for source in sources])


def _rounding_error(ann: Network, name: str, record: Mapping[str, Signal], window: int) -> float:
    """By how much spikes of activation ``name`` are further off than half a level, in thresholds.

    An activation without spikes at padding positions is compared at valid positions only.
    """
    (source,) = ann.inputs[name]
    potential = ttfs_decode(record[source].values)  # (B, C, L) or (B, C), in thresholds
    gap = (ttfs_decode(record[name].values) - potential.clamp(0, 1)).abs()
    mask = record[name].mask()
    if mask is not None:
        gap = gap * mask
    return float((gap.max() - 0.5 / window).clamp(min=0))


def _unmapped(mapped: Tensor, encoder: Encoder) -> Tensor:
    """Decoded input channels (B, D', L) as word vectors (B, D, L), the inverse of `Encoder.map`."""
    if encoder.mapping == "split":
        positive, negative = mapped.chunk(2, dim=1)
        return (positive - negative) / encoder.gain
    return (2 * mapped[:, :-1] - mapped[:, -1:]) / encoder.gain
