"""The work of a network that was trained as a spiking one, text by text.

What is counted, beside the fields of `layers.py`:

- a matrix: its outputs for every spike, and an addition for every output and step where folding has
  left it an offset;
- attention: an addition for every channel in which a query and a key both spike, and one for every
  spike of a value whose score is not 0; with softmax multiplications;
- neurons: at every step and position, whatever the spikes. BPSN: a leak for each direction that it
  looks in, an addition each and one for their sum, one comparison, and for each pass of the reset
  one leak, one addition and one comparison. LIF: a leak, an addition, a comparison. A leak is a
  multiplication; where decays are shifts it is an addition. The tables charge every spike one
  more addition, which here is nothing's reset: what is counted is rather too much;
- norms that were not folded, the shortcut's additions, the vectors of positions, the readout.

The first matrix is part of the word vectors by then: a token costs a look-up of D components.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..models.batches import by_length, to_batch
from ..models.network import Network, Node, Signal
from ..models.neurons.direct.lif import TrainedLIF
from ..models.neurons.direct.node import BPSN
from ..models.nodes.layers import Linear
from ..models.nodes.merge import Add
from ..models.nodes.tokens.attention import KeyValueSum, QueryGate, SpikeAttention
from ..models.nodes.tokens.fold import fold_norms
from ..models.nodes.tokens.linear import TokenAffine, TokenLinear
from ..models.nodes.tokens.norm import TokenBatchNorm, TokenLayerNorm
from ..models.nodes.tokens.positions import AddPositions
from ..models.text_model import TextModel
from .layers import FIFO, WORD, Layer

Counts = dict[str, Tensor]
BATCH = 64
NORM_ADDS, NORM_SCALES = 3.0, 2.0
"""Of a value that is normalised over its channels: mean, variance and offset; square and factor."""


def spikes_of(signal: Signal) -> Tensor:
    """Spikes of each text over all positions and steps, (B,) float64."""
    texts = signal.values.shape[-3] if signal.lengths is not None else signal.values.shape[-2]
    own = (-2, -1) if signal.lengths is not None else (-1,)
    return signal.values.double().sum(dim=own).reshape(-1, texts).sum(dim=0)


def shown(signal: Signal) -> int:
    """How many steps a signal (..., B, C, L) has."""
    return signal.values.shape[:-3].numel()


def sites(signal: Signal) -> Tensor:
    """Channels times own positions times steps of each text, (B,) float64."""
    values, lengths = signal
    assert lengths is not None
    return lengths.double() * values.shape[-2] * shown(signal)


def _matrix(node: Node, source: Signal, out: Signal) -> Counts:
    assert isinstance(node, TokenLinear)
    fired, outputs = spikes_of(source), sites(out)
    sops = fired * node.outputs
    biases = outputs * (node.offset is not None)
    steps = shown(out)
    return {
        "spikes_in": fired,
        "sops": sops,
        "synapses": sites(source) * node.outputs / steps,
        "neurons": outputs / steps,
        "bias_adds": biases,
        "reads_in": fired,
        "reads_weights": sops + biases,
        "reads_state": sops,
        "writes_state": sops,
        "address_adds": sops,
    }


def _attention(node: Node, source: Signal, out: Signal) -> Counts:
    assert isinstance(node, SpikeAttention)
    scored, added = node.operations(source)
    counts = {"spikes_in": spikes_of(source), "reads_in": spikes_of(source), "sops": scored + added}
    assert source.lengths is not None
    pairs = sites(out) * source.lengths  # channels x queries x keys, all steps
    counts["synapses"] = 2 * pairs / shown(source)
    if node.softmax:  # weights are no counts any more, and no score is 0
        counts |= {"sops": scored, "macs": pairs}
        counts |= softmax_work(pairs, out.values.shape[-2] // node.heads)
    return counts | {"reads_state": counts["sops"], "writes_state": counts["sops"]}


def softmax_work(pairs: Tensor, channels: int) -> Counts:
    """An exponential and a division for each score, and its addition; see `scales`.

    Args:
        pairs: channels x queries x keys of each text (B,)
        channels: of a head
    """
    each = pairs / channels  # heads x queries x keys
    return {"scales": 2 * each, "bias_adds": each}


def _together(node: Node, source: Signal, out: Signal) -> Counts:
    return {"spikes_in": spikes_of(source), "sops": spikes_of(out)}


def _gated(node: Node, source: Signal, out: Signal) -> Counts:
    query = Signal(source.values.chunk(3, dim=-2)[0], source.lengths)
    return {"spikes_in": spikes_of(query), "sops": spikes_of(query)}


def _bpsn(node: Node, source: Signal, out: Signal) -> Counts:
    assert isinstance(node, BPSN)
    places, fired = sites(out), spikes_of(out)
    ways = 2 if node.direction == "both" else 1
    leaks, adds = ways, ways + (ways - 1)
    if node.shift_decays:
        leaks, adds = 0, adds + ways
    counts = {"leaks": places * (leaks + node.passes), "bias_adds": places * (adds + node.passes)}
    counts |= {"updates": places * (1 + node.passes), "neurons": places}
    counts |= {"reads_state": places * ways, "writes_state": places * ways}
    return counts | {"spikes_out": fired, "writes_out": fired}


def _lif(node: Node, source: Signal, out: Signal) -> Counts:
    places, fired = sites(out), spikes_of(out)
    counts = dict.fromkeys(("leaks", "bias_adds", "updates", "reads_state"), places)
    counts |= {"writes_state": places, "neurons": places / shown(out)}
    return counts | {"spikes_out": fired, "writes_out": fired}


def _affine(node: Node, source: Signal, out: Signal) -> Counts:
    return {"scales": sites(out), "bias_adds": sites(out)}


def normalised(node: Node, source: Signal, out: Signal) -> Counts:
    """Of a layer norm, which cannot be folded."""
    return {"scales": NORM_SCALES * sites(out), "bias_adds": NORM_ADDS * sites(out)}


def added(node: Node, source: Signal, out: Signal) -> Counts:
    """An addition for each value."""
    return {"bias_adds": sites(out)}


COUNTERS: dict[type[Node], tuple[str, Callable[[Node, Signal, Signal], Counts]]] = {
    TokenLinear: ("synapses", _matrix),
    SpikeAttention: ("synapses", _attention),
    KeyValueSum: ("synapses", _together),
    QueryGate: ("synapses", _gated),
    BPSN: ("neurons", _bpsn),
    TrainedLIF: ("neurons", _lif),
    TokenAffine: ("synapses", _affine),
    TokenBatchNorm: ("synapses", _affine),
    TokenLayerNorm: ("synapses", normalised),
    Add: ("synapses", added),
}


@torch.no_grad()
def direct_layers(
    model: TextModel, sequences: Sequence[np.ndarray], fold: bool = True
) -> list[Layer]:
    """The work of every layer on texts, in their order.

    Args:
        model: word vectors and a network that spikes
        sequences: id sequences (N)
        fold: whether norms are folded first (`fold_norms`), as one who runs it would
    """
    network = fold_norms(model.network) if fold else model.network.eval()
    kinds: dict[str, str] = {}
    found: dict[str, dict[str, np.ndarray]] = {}
    for batch in by_length(sequences, BATCH):
        ids, lengths = to_batch([sequences[i] for i in batch], model)
        record: dict[str, Signal] = {}
        network(Signal(model.embed(ids), lengths), record)
        for name, kind, counts in _counted(network, record):
            kinds[name] = kind
            for field, values in counts.items():
                rows = found.setdefault(name, {}).setdefault(field, np.zeros(len(sequences)))
                rows[batch] = values.cpu().numpy()
    return [_layer(network, name, kind, found[name]) for name, kind in kinds.items()]


def _counted(network: Network, record: dict[str, Signal]) -> list[tuple[str, str, Counts]]:
    """Name, kind and counts (B,) of every layer that does something."""
    rows: list[tuple[str, str, Counts]] = []
    for name, inputs in network.inputs.items():
        node, source, out = network.node(name), record[inputs[0]], record[name]
        if isinstance(node, TokenLinear) and node.clears:
            continue
        if isinstance(node, AddPositions):
            places = sites(out)
            rows.append(("encoder", "encoder", {"components": places, "bias_adds": places}))
        elif isinstance(node, Linear):
            rows.append((name, "synapses", _readout(network, node, record)))
        elif type(node) in COUNTERS:
            kind, count = COUNTERS[type(node)]
            rows.append((name, kind, count(node, source, out)))
    return rows


def _readout(network: Network, node: Linear, record: dict[str, Signal]) -> Counts:
    """K additions a spike of the last neurons, then a division and a bias for each output."""
    fires = [n for n in network.inputs if isinstance(network.node(n), BPSN | TrainedLIF)]
    last = fires[-1]
    fired = spikes_of(record[last])
    outputs = torch.full_like(fired, float(node.outputs))
    sops = fired * node.outputs
    counts = {"spikes_in": fired, "sops": sops, "reads_in": fired, "reads_weights": sops + outputs}
    counts |= {"reads_state": sops, "writes_state": sops, "address_adds": sops}
    synapses = torch.full_like(fired, float(node.inputs * node.outputs))
    return counts | {"bias_adds": outputs, "scales": outputs, "synapses": synapses}


def _layer(network: Network, name: str, kind: str, counts: dict[str, np.ndarray]) -> Layer:
    sizes: dict[str, Any] = {}
    if kind != "encoder":
        weights = sum(p.numel() for p in network.node(name).parameters())
        longest = float(counts.get("neurons", np.zeros(1)).max())
        sizes = {"in_bytes": WORD * FIFO, "out_bytes": WORD * FIFO}
        sizes |= {"weight_bytes": WORD * weights, "state_bytes": WORD * longest}
    return Layer(name, kind, counts, **sizes)


def synapses_alone(layers: Sequence[Layer]) -> list[Layer]:
    """The same work with additions for spikes at synapses, and multiplications there, alone.

    So published figures of such networks are counted: no neurons, no norms, no memory.
    """
    own = ("synapses", "sops", "macs")
    return [layer.only(own) for layer in layers if layer.kind == "synapses"]


def twin_layers(layers: Sequence[Layer], dense: bool = False) -> list[Layer]:
    """An ANN of the same matrices and attention: a MAC for every synapse, nothing else counted.

    Args:
        layers: of the spiking network
        dense: every text is as long as the longest; otherwise padding is skipped
    """

    def macs(layer: Layer) -> np.ndarray:
        own = np.asarray(layer.get("synapses"), dtype=float)
        return np.full_like(own, own.max(initial=0.0)) if dense else own

    return [
        Layer(layer.name, "synapses", {"macs": macs(layer), "synapses": macs(layer)})
        for layer in layers
        if "synapses" in layer.counts
    ]
