"""A network changed for training: dropout, tied signs, output neurons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

import numpy as np
import torch
from torch import Tensor

from ...engine.engines import make_engine
from ...errors import InputError
from ...models.encoders.encoder import Encoder
from ...models.network import Network, Node
from ...models.neurons.readout import SpikingReadout
from ...models.nodes.layers import Conv1d, Dropout, Linear
from ...models.snn import SpikingTextModel
from .losses.loss import Reads


def _rebuilt(
    network: Network, change: dict[str, list[tuple[str, Node]]], skip: str = ""
) -> Network:
    """``network`` with nodes of ``change`` put after the named ones, and ``skip`` taken out."""
    nodes: list[tuple[str, Node, tuple[str, ...]]] = []
    alias: dict[str, str] = {}
    for name, inputs in network.inputs.items():
        inputs = tuple(alias.get(source, source) for source in inputs)
        if name == skip:
            alias[name] = inputs[0]
            continue
        nodes.append((name, network.node(name), inputs))
        for new, node in change.get(name, []):
            nodes.append((new, node, (alias.get(name, name),)))
            alias[name] = new
    return Network(nodes)


def tie_signs(model: SpikingTextModel) -> None:
    """Keep the weights of positive and negative inputs one another's negative while tuning.

    x = p - n, so a converted first layer is [W, -W], and W is stored once. A gradient [g, h]
    becomes [g - h, h - g] / 2, the part of it along [W, -W], and AdamW treats a number and its
    negative alike, so what begins as [W, -W] stays so.

    Raises:
        InputError: the encoder does not split values by sign.
    """
    encoder = model.encoder
    if not isinstance(encoder, Encoder) or encoder.mapping != "split":
        raise InputError(
            "expected the mapping split for tied weights, which reads positive and negative parts "
            "apart, but the SNN has another: convert with --mapping split, or leave --tied out"
        )

    def keep_signs(weight: Tensor) -> None:
        if weight.grad is not None:
            positive, negative = weight.grad.chunk(2, dim=1)  # (C, D, k) each
            along = (positive - negative) / 2
            weight.grad = torch.cat([along, -along], dim=1)

    for name, inputs in model.network.inputs.items():
        node = model.network.node(name)
        if inputs == ("input",) and isinstance(node, Conv1d | Linear):
            node.weight.register_post_accumulate_grad_hook(keep_signs)


def with_dropout(network: Network, probability: float) -> Network:
    """``network`` with dropout in front of its last linear layer, or with it taken out again.

    Raises:
        InputError: a probability outside [0, 1).
    """
    if not 0 <= probability < 1:
        raise InputError(f"expected a dropout in [0, 1), but got {probability}")
    if "dropout" in network.inputs:
        network = _rebuilt(network, {}, skip="dropout")
    if probability == 0:
        return network
    last = [n for n in network.inputs if isinstance(network.node(n), Linear)][-1]
    return _rebuilt(network, {network.inputs[last][0]: [("dropout", Dropout(probability))]})


def with_outputs(
    model: SpikingTextModel, outputs: Reads, sequences: Sequence[np.ndarray]
) -> Network:
    """The network with the outputs that a loss reads.

    Args:
        model: the SNN; its readout is changed in place where neurons are put on it
        outputs: ``logits``, or ``spikes`` of output neurons
        sequences: texts that the threshold of such neurons is chosen on

    Raises:
        InputError: other outputs, or a network whose last layer is not linear.
    """
    if outputs not in get_args(Reads):
        raise InputError(
            f"expected a loss to read {' or '.join(get_args(Reads))}, but got {outputs!r}"
        )
    return with_output_neurons(model, sequences) if outputs == "spikes" else model.network


@torch.no_grad()
def with_output_neurons(model: SpikingTextModel, sequences: Sequence[np.ndarray]) -> Network:
    """The network with IF neurons on its outputs.

    Their threshold is the 99th percentile of the logits of ``sequences``, folded into the readout.
    """
    network = model.network
    last = network.output
    if isinstance(network.node(last), SpikingReadout):
        return network
    readout = network.node(last)
    if not isinstance(readout, Linear):
        raise InputError(f"expected a linear output layer to put neurons on, but {last} is not")
    logits = make_engine(model).logits(sequences)  # (N, K)
    theta = torch.quantile(logits.flatten(), 0.99).clamp(min=1e-3)
    readout.weight.div_(theta)
    readout.bias.div_(theta)
    return _rebuilt(network, {last: [("output", SpikingReadout())]})
