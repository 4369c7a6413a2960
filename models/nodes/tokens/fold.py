"""Norms of a token encoder folded into the matrices before them."""

from __future__ import annotations

import torch

from ...network import Network, Node
from .linear import TokenAffine, TokenLinear
from .norm import TokenBatchNorm
from .positions import AddPositions

Entry = tuple[str, Node, tuple[str, ...]]


@torch.no_grad()
def fold_norms(network: Network) -> Network:
    """``network`` as it computes when it is used, without batch norms: the same logits.

        W' = s W,  b' = beta - mean s,  s = gamma / sqrt(variance + eps)

    A norm behind a matrix becomes a part of it; one behind the position vectors of a matrix becomes
    a part of both; any other becomes one factor and one offset a channel, `TokenAffine`. Layer
    norms stay. Other nodes are shared with ``network``.
    """
    entries: dict[str, Entry] = {}
    renamed: dict[str, str] = {}
    for name, inputs in network.inputs.items():
        node = network.node(name)
        sources = tuple(renamed.get(source, source) for source in inputs)
        if isinstance(node, TokenBatchNorm) and _into(entries, network, sources[0], node):
            renamed[name] = sources[0]
            continue
        entries[name] = (name, _alone(node) if isinstance(node, TokenBatchNorm) else node, sources)
    return Network(entries.values()).eval()


def _into(entries: dict[str, Entry], network: Network, source: str, norm: TokenBatchNorm) -> bool:
    """Fold ``norm`` into the node ``source`` of ``entries``, where that can be."""
    if source not in entries or len(network.consumers(source)) > 1:
        return False
    name, node, inputs = entries[source]
    scale, offset = norm.affine()  # (C,)
    if isinstance(node, AddPositions):
        below = inputs[0]
        if below not in entries or not isinstance(entries[below][1], TokenLinear):
            return False
        moved = type(node)(node.channels, node.positions).to(scale)
        for name_of, rows in node.named_parameters():
            moved.get_parameter(name_of).copy_(rows * scale)
        entries[source] = (name, moved, inputs)
        name, node, inputs = entries[below]
    if not isinstance(node, TokenLinear):
        return False
    whole = TokenLinear(node.inputs, node.outputs, True, node.clears).to(scale)
    whole.weight.copy_(node.weight * scale[:, None])
    assert whole.offset is not None
    whole.offset.copy_(offset if node.offset is None else node.offset * scale + offset)
    entries[name] = (name, whole, inputs)
    return True


def _alone(norm: TokenBatchNorm) -> TokenAffine:
    """What is left of a norm that no matrix precedes."""
    scale, offset = norm.affine()
    node = TokenAffine(norm.channels).to(scale)
    node.weight.copy_(scale)
    node.offset.copy_(offset)
    return node
