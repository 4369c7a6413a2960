"""A text model as a graph of ONNX. Where to begin."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...errors import InputError
from ...models.network import Node
from ...models.snn import SpikingTextModel
from ...models.spikes.pooling import SpikePooling
from ...models.text_model import TextModel
from ...version import __version__
from .builder import OPSET, Builder, Wire
from .inputs import LENGTHS, frames_of, refusal, vectors_of
from .nodes import SHARED
from .spiking import SPIKING

IR_VERSION = 8  # of opset 17


def refused_node(model: TextModel | SpikingTextModel) -> str:
    """Why a node of the network cannot be written, in words; empty where all can."""
    if type(model) not in (TextModel, SpikingTextModel):
        return f"{type(model).__name__} runs its network more than once for an answer"
    known = SHARED if isinstance(model, TextModel) else SHARED | SPIKING
    for name in model.network.inputs:
        node = model.network.node(name)
        kind = type(node).__name__
        if type(node) not in known:
            return f"there is no ONNX of ours for its node {name}, a {kind}"
        if isinstance(node, SpikePooling) and node.kernel:
            return f"its node {name}, a {kind}, pools in windows, and only whole texts are written"
    return ""


def made_inputs(model: TextModel | SpikingTextModel, inputs: str) -> str:
    """What the graph reads: ``ids``, ``vectors`` or ``frames``.

    Raises:
        InputError: the model cannot read what was asked for.
    """
    own = "vectors" if model.reads_vectors else "ids"
    found = own if inputs == "auto" else inputs
    why = ""
    if found == "ids" and model.reads_vectors:
        why = "the model has no table of words: give --inputs vectors"
    elif found == "frames" and isinstance(model, TextModel):
        why = "an ANN has no frames: give --inputs ids or vectors"
    elif isinstance(model, SpikingTextModel):
        why = refusal(model, found)
        why += ": give --inputs frames" if why else ""
    if why:
        raise InputError(f"expected inputs that the graph can read, but {why}")
    return found


def onnx_model(
    model: TextModel | SpikingTextModel, classes: Sequence[str], inputs: str = "auto"
) -> Any:
    """The graph of a text model, an `onnx.ModelProto` of opset 17.

    It reads ``ids`` int64 (batch, words), or ``vectors`` float32 (batch, words, D), or of an SNN
    ``frames`` float32 (T, batch, D', words); and ``lengths`` int64 (batch,), with at least one
    column of words. It gives ``logits``: (batch, K) of an ANN, (T, batch, K) of an SNN, the mean
    of the output currents after each step.

    Args:
        model: ANN or SNN, in evaluation mode
        classes: K names
        inputs: of `options.INPUTS`

    Raises:
        InputError: a node or an input that cannot be written.
    """
    from onnx import TensorProto, helper

    why = refused_node(model)
    if why:
        raise InputError(f"expected a model that can be written as ONNX, but {why}")
    inputs = made_inputs(model, inputs)
    graph = Builder()
    spiking = isinstance(model, SpikingTextModel)
    out = _network(graph, model, _wire(graph, model, inputs))
    shape: list[Any] = ["batch", len(classes)]
    if spiking:
        shape = [len(out.steps), *shape]
        _running_means(graph, out)
    else:
        graph.op("Identity", [out.steps[0]], "logits")
    kind, axes = _input_shape(model, inputs)
    made = helper.make_graph(
        graph.nodes,
        "spiking text classifier" if spiking else "text classifier",
        [
            helper.make_tensor_value_info(inputs, getattr(TensorProto, kind), axes),
            helper.make_tensor_value_info(LENGTHS, TensorProto.INT64, ["batch"]),
        ],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, shape)],
        list(graph.weights.values()),
    )
    found = helper.make_model(
        made,
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="snnconvert",
        producer_version=__version__,
    )
    helper.set_model_props(found, {"classes": json.dumps(list(classes), ensure_ascii=False)})
    return found


def _wire(graph: Builder, model: TextModel | SpikingTextModel, inputs: str) -> Wire:
    """What the network reads: frames of an SNN, vectors of an ANN."""
    if isinstance(model, SpikingTextModel):
        return frames_of(graph, model, inputs)
    return vectors_of(graph, model, inputs)


def _network(graph: Builder, model: TextModel | SpikingTextModel, wire: Wire) -> Wire:
    """The nodes in their order; gives the wire of the last one."""
    known = SHARED | SPIKING
    wires = {"input": wire}
    for name, sources in model.network.inputs.items():
        node: Node = model.network.node(name)
        wires[name] = known[type(node)](graph, name, node, [wires[source] for source in sources])
    return wires[model.network.output]


def _running_means(graph: Builder, wire: Wire) -> None:
    """Logits (T, B, K): mean currents after each step, summed in float64 as torch does."""
    from onnx import TensorProto

    total, rows = "", []
    for number, current in enumerate(wire.steps, 1):
        own = f"logits/step{number}"
        wide = graph.op("Cast", [current], f"{own}/wide", to=TensorProto.DOUBLE)
        total = graph.op("Add", [total, wide], f"{own}/total") if total else wide
        mean = graph.op("Div", [graph.floats(total, f"{own}/sum"), graph.number(number)], own)
        rows.append(graph.op("Unsqueeze", [mean, graph.whole(0)], f"{own}/row"))
    graph.op("Concat", rows, "logits", axis=0)


def _input_shape(model: TextModel | SpikingTextModel, inputs: str) -> tuple[str, list[Any]]:
    """Element type and axes of the graph's first input."""
    dim = model.embedding.embedding_dim
    if inputs == "ids":
        return "INT64", ["batch", "words"]
    if inputs == "vectors":
        return "FLOAT", ["batch", "words", dim]
    assert isinstance(model, SpikingTextModel)
    encoder: Any = model.encoder
    return "FLOAT", [model.steps, "batch", encoder.channels(dim), "words"]


def padded(rows: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Ids (L_i,) or vectors (L_i, D) of B texts as one array, and their lengths (B,) int64."""
    lengths = np.array([len(row) for row in rows], np.int64)
    longest = max(1, int(lengths.max()))
    table = np.zeros((len(rows), longest, *rows[0].shape[1:]), rows[0].dtype)
    for own, row in zip(table, rows, strict=True):
        own[: len(row)] = row
    return table, lengths
