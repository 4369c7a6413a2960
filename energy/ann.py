"""The work of the ANN by the same rules: dense, without padding, without zeros, quantised."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..errors import InputError
from ..models.batches import to_batch
from ..models.memory import give_back
from ..models.network import Network, Node, Signal
from ..models.nodes.activations import Activation, Qcfs
from ..models.nodes.layers import Conv1d, Linear
from ..models.nodes.pooling import AvgPool1d, MaxOverTime, MaxPool1d, MeanOverTime
from ..models.nodes.tokens.linear import TokenLinear
from ..models.operations import step_sops
from ..models.text_model import TextModel
from .analog import ANALOG
from .layers import WORD, Layer, stored_weights
from .spiking import dense_memory, network_sizes, places

SKIPS = ("nothing", "padding", "zeros")
ONE_BY_ONE = (Activation, AvgPool1d, MaxOverTime, MaxPool1d, MeanOverTime)
Counts = dict[str, dict[str, np.ndarray]]
COUNTED_VALUES = 1 << 21
"""Values of a node that are counted at once: counting takes several float64 copies of them."""


def activation_bits(levels: int) -> int:
    """Bits of an activation with ``levels`` steps above zero: ceil(log2(L + 1)).

    An SNN of T = L steps tells as many values apart. Source: Yan et al. 2024.

    >>> [activation_bits(n) for n in (1, 2, 3, 4, 7, 8)]
    [1, 2, 2, 3, 3, 4]
    """
    return max(1, math.ceil(math.log2(levels + 1)))


@dataclass(frozen=True)
class AnnCounts:
    """What an ANN does on N texts, by node.

    own: counts (N,) of the texts' own positions; padded: the same where every text is as long as
    the longest, (1,); sizes: values on the input and output of a node for the longest text.
    """

    own: Counts
    padded: Counts
    sizes: dict[str, tuple[float, float]]


@torch.no_grad()
def count_ann(
    model: TextModel, sequences: Sequence[np.ndarray], batches: Sequence[Sequence[int]]
) -> AnnCounts:
    """Count on the activations of real texts.

    Args:
        model: the ANN
        sequences: id sequences (N)
        batches: their indices, in batches
    """
    model.eval()
    parts: dict[str, dict[str, list[np.ndarray]]] = {}
    for batch in batches:
        ids, lengths = to_batch([sequences[i] for i in batch], model)
        found = _counts(model.network, Signal(model.embed(ids), lengths))
        for name, fields in found.items():
            for field, values in fields.items():
                parts.setdefault(name, {}).setdefault(field, []).append(values)
        give_back()
    back = np.argsort(np.array([i for batch in batches for i in batch]))
    own = {
        name: {field: np.concatenate(chunks)[back] for field, chunks in fields.items()}
        for name, fields in parts.items()
    }
    longest = max((len(s) for s in sequences), default=1)
    ids, lengths = to_batch([model.blank(max(longest, 1))], model)
    widest = Signal(model.embed(ids), lengths)
    sizes = network_sizes(model.network, widest)
    return AnnCounts(own, _counts(model.network, widest), sizes)


def _counts(network: Network, signal: Signal) -> Counts:
    """Counts (B,) by node on one batch."""
    record: dict[str, Signal] = {}
    network(signal, record)
    widest = max(values[:1].numel() for values, _ in record.values())
    parts = [_counted(network, part) for part in _cut(record, max(1, COUNTED_VALUES // widest))]
    return {
        name: {field: np.concatenate([part[name][field] for part in parts]) for field in fields}
        for name, fields in parts[0].items()
    }


def _cut(record: dict[str, Signal], texts: int) -> Iterator[dict[str, Signal]]:
    """The signals (B, ...) of a batch, so many texts at a time."""
    for start in range(0, len(record["input"].values), texts):
        own = slice(start, start + texts)
        yield {
            name: Signal(values[own], None if lengths is None else lengths[own])
            for name, (values, lengths) in record.items()
        }


def _counted(network: Network, record: dict[str, Signal]) -> Counts:
    """Counts (B,) by node on the signals of some texts."""
    found: Counts = {}
    for name, inputs in network.inputs.items():
        node = network.node(name)
        source = record[inputs[0]]
        if _is_looked_up(node):
            values = {"inputs": places(record[name])}
        elif isinstance(node, Conv1d | Linear | TokenLinear):
            values = {
                "synapses": _reached(node, torch.ones_like(source.values), source.lengths),
                "effective": _reached(node, (source.values != 0).float(), source.lengths),
                "inputs": places(source),
                "nonzero": _nonzero(source),
                "outputs": places(record[name]),
            }
        elif isinstance(node, ONE_BY_ONE):
            values = {"inputs": places(source), "outputs": places(record[name])}
        elif type(node) in ANALOG:
            values = ANALOG[type(node)][1](node, source, record[name])
        else:
            continue
        found[name] = {k: v.to(torch.float64).cpu().numpy() for k, v in values.items()}
    return found


def _is_looked_up(node: Node) -> bool:
    """Whether it is the first matrix of an encoder, a part of the word vectors when it is used."""
    return isinstance(node, TokenLinear) and node.clears


def _reached(node: Conv1d | Linear | TokenLinear, active: Tensor, lengths: Tensor | None) -> Tensor:
    """Synapses behind the active inputs of each text, (B,)."""
    return step_sops(node, Signal(active[None], lengths))[0]


def _nonzero(signal: Signal) -> Tensor:
    return (signal.masked() != 0).flatten(1).sum(1)


def ann_layers(
    model: TextModel,
    counts: AnnCounts,
    skips: str = "padding",
    levels: int | None = None,
    input_levels: int | None = None,
) -> list[Layer]:
    """The work of every layer.

    Args:
        model: the ANN
        counts: of the texts
        skips: what costs nothing: ``nothing`` (all texts are as long as the longest), ``padding``,
            or ``zeros`` (padding too)
        levels: quantised activations and inputs of so many steps; None for 32 bits
        input_levels: those of the inputs, where they have others (`vector_levels`)

    Raises:
        InputError: another word for ``skips``.
    """
    if skips not in SKIPS:
        raise InputError(f"expected what is skipped to be {', '.join(SKIPS)}, but got {skips!r}")
    found = counts.padded if skips == "nothing" else counts.own
    texts = len(next(iter(counts.own.values()))["inputs"]) if counts.own else 0
    words = _words(model.network, counts, texts)
    layers = [Layer("encoder", "encoder", {"components": words})]
    for name in model.network.inputs:
        if name not in found:
            continue
        node = model.network.node(name)
        values = {k: np.broadcast_to(v, (texts,)).astype(float) for k, v in found[name].items()}
        if _is_looked_up(node):
            continue
        if type(node) in ANALOG:
            layers.append(Layer(name, ANALOG[type(node)][0], values))
        elif isinstance(node, Conv1d | Linear | TokenLinear):
            reads = levels
            if levels is not None and model.network.inputs[name][0] == "input":
                reads = input_levels or levels
            layers.append(_weighted(model.network, name, values, counts, skips, reads))
        elif isinstance(node, Activation):
            work = {"updates": values["outputs"], "neurons": values["outputs"]}
            if levels is not None:
                work["scales"] = values["outputs"]
            layers.append(Layer(name, "neurons", work))
        else:
            layers.append(Layer(name, "pooling", {"pool_ops": values["inputs"]}))
    return layers


def _words(network: Network, counts: AnnCounts, texts: int) -> np.ndarray:
    """Components of word vectors that every text brings, (N,)."""
    for name, inputs in network.inputs.items():
        if inputs[0] == "input" and name in counts.own:
            return counts.own[name]["inputs"]
    return np.zeros(texts)


def _weighted(
    network: Network,
    name: str,
    values: dict[str, np.ndarray],
    counts: AnnCounts,
    skips: str,
    levels: int | None,
) -> Layer:
    """The work of a layer with weights, which reads values of ``levels`` steps."""
    node: Node = network.node(name)
    macs = values["effective" if skips == "zeros" else "synapses"]
    inputs = values["nonzero" if skips == "zeros" else "inputs"]
    outputs = values["outputs"]
    work = dense_memory(node, macs, inputs, outputs, outputs)
    work |= {"synapses": values["synapses"], "neurons": outputs, "bias_adds": outputs}
    inside, outside = counts.sizes[name]
    bits = 32 if levels is None else activation_bits(levels)
    # word vectors have a sign, activations have none
    signed = levels is not None and network.inputs[name][0] == "input"
    in_bits = bits + 1 if signed else bits
    return Layer(
        name,
        "synapses",
        work,
        in_bytes=WORD * inside * in_bits / 32,
        weight_bytes=WORD * stored_weights(node),
        out_bytes=WORD * outside,
        bits=bits,
        in_bits=in_bits,
    )


def quantised_levels(model: TextModel) -> int | None:
    """The steps L of an ANN whose activations are all QCFS of one L; None for any other."""
    network = model.network
    nodes = [network.node(name) for name in network.inputs]
    levels = {
        node.levels if isinstance(node, Qcfs) else None
        for node in nodes
        if isinstance(node, Activation)
    }
    return levels.pop() if len(levels) == 1 else None


@torch.no_grad()
def vector_levels(model: TextModel, most: int) -> int | None:
    """How many evenly spaced levels on either side of zero the word vectors have.

    Those that were rounded in training have few (`models/encoders/rounding.py`).

    Args:
        model: the ANN
        most: the most levels that are looked for

    Returns:
        The least number of levels that holds all values; None where there are more than ``most``,
        or no vectors of words.
    """
    if model.reads_vectors:
        return None
    vectors = model.embedding.weight
    if len(_sizes(vectors[:100])) > most:  # a few rows tell it of most tables
        return None
    sizes = _sizes(vectors)
    if not 1 <= len(sizes) <= most:
        return None
    for levels in range(1, most + 1):
        whole = sizes / sizes[-1] * levels
        if torch.allclose(whole, whole.round(), atol=1e-4):
            return levels
    return None


def _sizes(vectors: Tensor) -> Tensor:
    """The distinct absolute values but 0, in ascending order."""
    sizes = vectors.abs().unique()
    return sizes[sizes > 0]


def with_quantised_inputs(model: TextModel, levels: int) -> TextModel:
    """``model`` on vectors of at most ``levels`` steps on either side of zero.

    Vectors that have so few levels stay as they are: an SNN of T = ``levels`` steps is given them
    too, by its gain. Others are rounded to multiples of 1 / ``levels``, as an SNN with sum-and-fire
    or bit-plane input reads them where its gain is 1.
    """
    made: TextModel
    if vector_levels(model, levels) is not None:
        return model
    if model.reads_vectors:
        made = _QuantisedInputs(model, levels)
    else:
        made = TextModel(_quantised(model.embedding.weight.detach(), levels), model.network)
    made.eval()
    return made


def _quantised(vectors: Tensor, levels: int) -> Tensor:
    """Vectors of any shape in [-1, 1], rounded."""
    vectors = vectors.clamp(-1, 1)
    return vectors.sign() * torch.floor(vectors.abs() * levels + 0.5) / levels


class _QuantisedInputs(TextModel):
    """An ANN without a table of words, which rounds the vectors that it is given."""

    def __init__(self, model: TextModel, levels: int) -> None:
        super().__init__(model.embedding.weight.detach(), model.network)
        self.input_levels = levels

    def embed(self, texts: Tensor) -> Tensor:
        """As `TextModel.embed`, rounded."""
        return _quantised(super().embed(texts), self.input_levels)
