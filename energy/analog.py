"""The work of an encoder's analog nodes: attention with softmax, layer norms, GELU, positions.

What is counted favours the ANN: an exponential and a GELU are one operation each, and the additions
of the shortcuts are left out.
"""

from __future__ import annotations

from collections.abc import Callable

from ..models.network import Node, Signal
from ..models.nodes.activations import Gelu
from ..models.nodes.tokens.attention import SoftmaxAttention
from ..models.nodes.tokens.norm import TokenLayerNorm
from ..models.nodes.tokens.positions import AddPositions
from .direct import Counts, added, normalised, sites, softmax_work


def _attention(node: Node, source: Signal, out: Signal) -> Counts:
    """MACs for scores and values, and the softmax."""
    assert isinstance(node, SoftmaxAttention)
    assert source.lengths is not None
    pairs = sites(out) * source.lengths  # channels x queries x keys
    work = softmax_work(pairs, out.values.shape[-2] // node.heads)
    return work | {"macs": 2 * pairs, "synapses": 2 * pairs}


def _gelu(node: Node, source: Signal, out: Signal) -> Counts:
    return {"updates": sites(out), "neurons": sites(out)}


ANALOG: dict[type[Node], tuple[str, Callable[[Node, Signal, Signal], Counts]]] = {
    SoftmaxAttention: ("synapses", _attention),
    TokenLayerNorm: ("synapses", normalised),
    Gelu: ("neurons", _gelu),
    AddPositions: ("synapses", added),
}
"""Kind of the layer, and what counts its fields on each text, by type of node."""
