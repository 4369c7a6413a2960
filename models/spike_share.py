"""How many of a network's synapses carry a spike at a step: what a cost on spikes is made of."""

from __future__ import annotations

import torch
from torch import Tensor

from .network import Network, Node, Signal
from .nodes.tokens.attention import KeyValueSum, SpikeAttention
from .nodes.tokens.linear import TokenLinear


def spike_share(network: Network, record: dict[str, Signal]) -> Tensor:
    """The share of synapses that carry a spike at a step, in [0, 1], a scalar with gradients.

    Every spike counts by the synapses behind it: the outputs of a matrix; of queries, keys and
    values, one for each position of the text.

    Args:
        network: whose first matrix reads analog values
        record: signals of a batch by name, as `Network.forward` fills it in
    """
    carried, there = [], 0.0
    for name, inputs in network.inputs.items():
        node, signal = network.node(name), record[inputs[0]]
        if not _reads_spikes(node) or signal.lengths is None:
            continue
        texts = signal.values.sum(dim=(-2, -1))  # (..., B) spikes
        lengths = signal.lengths.to(texts.dtype)
        fan_out = _fan_out(node, lengths)  # (B,)
        carried.append((texts * fan_out).sum())
        channels, shown = signal.values.shape[-2], texts.numel() // len(lengths)
        there += float((lengths * fan_out).sum()) * channels * shown
    return torch.stack(carried).sum() / max(there, 1.0)


def _reads_spikes(node: Node) -> bool:
    if isinstance(node, TokenLinear):
        return not node.clears  # the one that clears padding is the first, of analog values
    return isinstance(node, SpikeAttention | KeyValueSum)


def _fan_out(node: Node, lengths: Tensor) -> Tensor:
    """Synapses behind each spike of texts of ``lengths`` (B,)."""
    if isinstance(node, TokenLinear):
        return torch.full_like(lengths, float(node.outputs))
    return lengths
