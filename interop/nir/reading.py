"""Back from a graph to a network, bit for bit; what does not fit is refused, nothing is guessed.

The weights are taken from where `graph.py` puts them, the graph is built again, and every node of
it must be the one in the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from ...errors import InputError
from ...models.encoders.encoder import Encoder
from ...models.network import Network, Node
from ...models.neurons.integrate_and_fire import IF
from ...models.neurons.lif import LIF
from ...models.nodes.layers import Concat, Conv1d, Linear
from .dialects import DIALECTS
from .folder.files import read_graph
from .graph.exported import initial_of
from .graph.form import POOLINGS, Branch, Form
from .graph.graph import Chain, build, chains, raised
from .graph.layout import Layout
from .graph.nodes import alike
from .graph.record import check_backed

if TYPE_CHECKING:
    import nir

_UNFIT = (LookupError, TypeError, ValueError, AttributeError, RuntimeError, ArithmeticError)
"""What comes of nodes that are not as they are written."""


def read_form(path: Path | str) -> tuple[Form, dict[str, Any]]:
    """What is exported in a file or folder, and what it says of itself.

    Raises:
        InputError: see `read_graph`, or the first node that does not fit.
    """
    graph, note = read_graph(path)
    try:
        form, layout = _form(graph, note, path)
        dialect = DIALECTS[note["simulator"]]
        again = build(form, layout, dialect, note["grid"], note["graph"], "")
    except InputError:
        raise
    except _UNFIT as error:
        raise InputError(
            f"expected the graph in {path} to be as exported, but {type(error).__name__} "
            f"({error}) where its nodes were looked at: export it again"
        ) from None
    _check_same(graph, again, path)
    return form, note


def read(path: Path | str) -> tuple[Network, dict[str, Any]]:
    """The network in a file or folder, and what it says of itself: T, encoder, classes, grid ...

    Raises:
        InputError: see `read_form`.
    """
    form, note = read_form(path)
    return network_of(form), note


def network_of(form: Form) -> Network:
    """A spiking network of the form, in evaluation mode."""
    pooling = {name: kind for kind, name in POOLINGS.items()}[form.pooling]
    nodes: list[tuple[str, Node, tuple[str, ...]]] = []
    for branch in form.branches:
        conv = Conv1d(form.inputs, branch.channels, branch.width, branch.padding)
        conv.weight.data, conv.bias.data = branch.weight.clone(), branch.bias.clone()
        v0 = initial_of(branch.initial)
        neurons = LIF(v0, form.leak, form.soft) if form.leak else IF(v0, form.soft)
        nodes += [
            (branch.conv, conv, ("input",)),
            (branch.act, neurons, (branch.conv,)),
            (branch.pool, pooling(), (branch.act,)),
        ]
    pools = tuple(branch.pool for branch in form.branches)
    if len(pools) > 1:
        nodes.append(("concat", Concat(), pools))
    readout = Linear(form.channels, form.weight.shape[0])
    readout.weight.data, readout.bias.data = form.weight.clone(), form.bias.clone()
    nodes.append((form.readout, readout, ("concat",) if len(pools) > 1 else pools))
    return Network(nodes).eval()


def _form(graph: nir.NIRGraph, note: dict[str, Any], path: Path | str) -> tuple[Form, Layout]:
    """Weights out of the nodes, in the places that the note says."""
    shapes = tuple(_shape(item) for item in note["branches"])
    layout = Layout(note["inputs"], note["positions"], shapes)
    check_backed(note, layout, graph, path)
    empty = tuple(
        Branch(
            str(item["conv"]),
            str(item["act"]),
            str(item["pool"]),
            torch.zeros(int(item["channels"]), layout.inputs, width),
            torch.zeros(int(item["channels"])),
            _initial(item),
            (left, right),
        )
        for item, (width, left, right) in zip(note["branches"], shapes, strict=True)
    )
    classes, channels = len(note["classes"]), sum(branch.channels for branch in empty)
    readout = torch.zeros(classes, channels), torch.zeros(classes)
    form = Form(
        empty,
        *readout,
        note["reset"] == "soft",
        str(note["pooling"]),
        int(note["steps"]),
        Encoder(**note["encoder"]),
        str(note["readout"]),
        float(note.get("leak", 0)),
    )
    for chain in chains(form, note["graph"]):
        _fill(graph, form, layout, chain, note["grid"])
    return form, layout


def _shape(item: Mapping[str, Any]) -> tuple[int, int, int]:
    """Width and zeros (left, right) of a branch."""
    left, right = item["padding"]
    return int(item["width"]), int(left), int(right)


def _initial(item: Mapping[str, Any]) -> Tensor:
    """(C,) V(0) as the note has it, which a leak may have rounded in the graph."""
    given = item.get("initial", [0.0] * int(item["channels"]))
    values = torch.tensor([float(value) for value in given], dtype=torch.float32)
    if values.shape != (int(item["channels"]),):
        raise ValueError(f"{len(values)} values of V(0) for {item['channels']} channels")
    return values


def _fill(graph: nir.NIRGraph, form: Form, layout: Layout, chain: Chain, bits: int | None) -> None:
    """Copy the weights of one chain into the tensors of ``form``."""
    conv = graph.nodes[f"conv{chain.suffix}"]
    kernels, biases = _tensor(conv.weight), _tensor(conv.bias)
    filters = kernels.transpose(2, 3).flatten(1, 2)  # (C, A K, K)
    half = raised(form, bits)
    row = 0
    for branch in chain.branches:
        own = filters[row : row + branch.channels]
        first = layout.shift(branch)
        branch.weight.copy_(own[:, : layout.inputs, first : first + branch.width])
        branch.bias.copy_(biases[row : row + branch.channels] - form.leak * half)
        if not form.leak:
            branch.initial.copy_(own[:, layout.start, 0] - half)
        row += branch.channels
    readout = graph.nodes[f"readout{chain.suffix}"]
    every = form.steps if form.counts else 1
    weight = _tensor(readout.weight)[:, ::every, 0, 0]
    form.weight[:, chain.first : chain.first + chain.channels] = weight
    if chain.biased:
        form.bias.copy_(_tensor(readout.bias))


def _tensor(values: Any) -> Tensor:
    return torch.from_numpy(np.array(values, np.float32))


def _check_same(graph: nir.NIRGraph, again: nir.NIRGraph, path: Path | str) -> None:
    """Refuse a graph with the first of its nodes that is not as it would be written."""
    for name in again.nodes:
        if name not in graph.nodes or not alike(graph.nodes[name], again.nodes[name]):
            kind = type(graph.nodes[name]).__name__ if name in graph.nodes else "missing"
            raise InputError(
                f"expected the graph in {path} to be as exported, but the node {name} ({kind}) is "
                "another: only networks that were not changed since are read"
            )
    more = sorted(set(graph.nodes) - set(again.nodes))
    if more or set(graph.edges) != set(again.edges):
        what = f"it has the node {more[0]} too" if more else "its edges are others"
        raise InputError(
            f"expected the graph in {path} to be as exported, but {what}: only networks that were "
            "not changed since are read"
        )
