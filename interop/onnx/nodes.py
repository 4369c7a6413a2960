"""Each node of a network as nodes of ONNX, with its name before theirs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from torch import Tensor

from ...models.network import Node
from ...models.nodes.activations import Qcfs, Relu, Tcl
from ...models.nodes.layers import Concat, Conv1d, Dropout, Linear
from ...models.nodes.merge import Add, Scale
from ...models.nodes.pooling import MaxOverTime, MeanOverTime
from .builder import Builder, Wire

Emit = Callable[[Builder, str, Any, Sequence[Wire]], Wire]


def array(tensor: Tensor) -> np.ndarray:
    """A tensor's numbers, float32."""
    return np.asarray(tensor.detach().cpu().float().numpy())


def conv(graph: Builder, name: str, node: Conv1d, wires: Sequence[Wire]) -> Wire:
    """Zeros beside a text, and on its right as many as the shortest text needs for one window.

    The windows that this adds are none of the text, which `windows` says; so nothing branches
    on how long the texts are.
    """
    left, right = node.padding
    width = node.width
    weight = graph.weight(f"{name}.weight", array(node.weight))  # (C, D, k)
    bias = graph.weight(f"{name}.bias", array(node.bias))
    pads = [left, right + max(0, width - 1 - left - right)]
    (wire,) = wires
    inside = graph.masked(wire, f"{name}/masked")
    out = graph.each(
        inside,
        name,
        lambda x, own: graph.op("Conv", [x, weight, bias], own, kernel_shape=[width], pads=pads),
    )
    assert wire.lengths is not None
    longer = graph.op("Add", [wire.lengths, graph.whole(left + right)], f"{name}/padded")
    filled = graph.op("Max", [longer, graph.whole(width)], f"{name}/filled")
    counts = graph.op("Sub", [filled, graph.whole(width - 1)], f"{name}/windows")
    return Wire(out.steps, counts)


def linear(graph: Builder, name: str, node: Linear, wires: Sequence[Wire]) -> Wire:
    """(B, F) -> (B, K); a signal of one position is flat features."""
    weight = graph.weight(f"{name}.weight", array(node.weight))  # (K, F)
    bias = graph.weight(f"{name}.bias", array(node.bias))
    (wire,) = wires
    if wire.lengths is not None:
        first = graph.weight("index/0", np.array(0, np.int64))
        inside = graph.masked(wire, f"{name}/masked")
        wire = graph.each(
            inside, f"{name}/flat", lambda x, own: graph.op("Gather", [x, first], own, axis=2)
        )
        wire = Wire(wire.steps)
    return graph.each(wire, name, lambda x, own: graph.op("Gemm", [x, weight, bias], own, transB=1))


def concat(graph: Builder, name: str, node: Concat, wires: Sequence[Wire]) -> Wire:
    """Channels side by side."""
    return _joined(graph, name, wires, lambda xs, own: graph.op("Concat", xs, own, axis=1))


def add(graph: Builder, name: str, node: Add, wires: Sequence[Wire]) -> Wire:
    """The sum of the branches, from the first to the last."""

    def total(parts: Sequence[str], own: str) -> str:
        found = parts[0]
        for number, part in enumerate(parts[1:], 1):
            last = number == len(parts) - 1
            found = graph.op("Add", [found, part], own if last else f"{own}/{number}")
        return found

    return _joined(graph, name, wires, total)


def _joined(
    graph: Builder, name: str, wires: Sequence[Wire], make: Callable[[Sequence[str], str], str]
) -> Wire:
    """Several wires as one, step by step; steps that are alike are made once."""
    made: dict[tuple[str, ...], str] = {}
    columns = list(zip(*(wire.steps for wire in wires), strict=True))
    for number, tensors in enumerate(columns, 1):
        if tensors not in made:
            own = name if len(set(columns)) == 1 else f"{name}/step{number}"
            made[tensors] = make(tensors, own)
    return Wire(tuple(made[tensors] for tensors in columns), wires[0].lengths)


def dropout(graph: Builder, name: str, node: Dropout, wires: Sequence[Wire]) -> Wire:
    """Nothing, outside of training."""
    return wires[0]


def scale(graph: Builder, name: str, node: Scale, wires: Sequence[Wire]) -> Wire:
    """A weight for each channel."""
    (wire,) = wires
    shape = (-1,) if wire.lengths is None else (-1, 1)
    weight = graph.weight(f"{name}.weight", array(node.weight).reshape(shape))
    return graph.each(wire, name, lambda x, own: graph.op("Mul", [x, weight], own))


def largest(graph: Builder, wire: Wire, name: str) -> Wire:
    """The maximum over valid positions: (B, C, L) -> (B, C)."""
    mask = graph.mask(wire)
    assert mask is not None
    low = graph.number(-np.inf)

    def make(x: str, own: str) -> str:
        held = graph.op("Where", [mask[0], x, low], f"{own}/held")
        return graph.op("ReduceMax", [held], own, axes=[2], keepdims=0)

    return Wire(graph.each(wire, name, make).steps)


def max_over_time(graph: Builder, name: str, node: MaxOverTime, wires: Sequence[Wire]) -> Wire:
    """The largest value of each channel."""
    return largest(graph, wires[0], name)


def mean_over_time(graph: Builder, name: str, node: MeanOverTime, wires: Sequence[Wire]) -> Wire:
    """The mean over valid positions."""
    (wire,) = wires
    assert wire.lengths is not None
    whole = graph.op("Unsqueeze", [wire.lengths, graph.whole(1)], f"{name}/lengths")
    count = graph.floats(whole, f"{name}/count")  # (B, 1)
    inside = graph.masked(wire, f"{name}/masked")
    axis = graph.whole(2)

    def make(x: str, own: str) -> str:
        total = graph.op("ReduceSum", [x, axis], f"{own}/sum", keepdims=0)
        return graph.op("Div", [total, count], own)

    return Wire(graph.each(inside, name, make).steps)


def relu(graph: Builder, name: str, node: Relu, wires: Sequence[Wire]) -> Wire:
    """max(z, 0)."""
    return graph.each(wires[0], name, lambda x, own: graph.op("Relu", [x], own))


def _bound(graph: Builder, name: str, node: Qcfs | Tcl, wire: Wire) -> str:
    """The learned bound, a number or one for each channel."""
    values = array(node.bound)
    if node.channels is not None:
        values = values.reshape((-1,) if wire.lengths is None else (-1, 1))
    return graph.weight(f"{name}.bound", values)


def qcfs(graph: Builder, name: str, node: Qcfs, wires: Sequence[Wire]) -> Wire:
    """The staircase b clip(floor(z L / b + 1/2) / L, 0, 1); QuantizeLinear has another."""
    (wire,) = wires
    bound, levels = _bound(graph, name, node, wire), graph.number(node.levels)

    def make(x: str, own: str) -> str:
        x = graph.op("Mul", [x, levels], f"{own}/levels")
        x = graph.op("Div", [x, bound], f"{own}/of_bound")
        x = graph.op("Add", [x, graph.number(0.5)], f"{own}/shifted")
        x = graph.op("Floor", [x], f"{own}/floor")
        x = graph.op("Div", [x, levels], f"{own}/of_levels")
        x = graph.op("Clip", [x, graph.number(0), graph.number(1)], f"{own}/clipped")
        return graph.op("Mul", [x, bound], own)

    return graph.each(wire, name, make)


def tcl(graph: Builder, name: str, node: Tcl, wires: Sequence[Wire]) -> Wire:
    """min(max(z, 0), bound)."""
    bound = _bound(graph, name, node, wires[0])

    def make(x: str, own: str) -> str:
        return graph.op("Min", [graph.op("Relu", [x], f"{own}/relu"), bound], own)

    return graph.each(wires[0], name, make)


SHARED: dict[type[Node], Emit] = {
    Conv1d: conv,
    Linear: linear,
    Concat: concat,
    Add: add,
    Dropout: dropout,
    Scale: scale,
    MaxOverTime: max_over_time,
    MeanOverTime: mean_over_time,
    Relu: relu,
    Qcfs: qcfs,
    Tcl: tcl,
}
"""Nodes without memory, by their type itself: a subclass may do something else."""
