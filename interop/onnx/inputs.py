"""What a graph reads: ids, vectors or frames, and the input codes that are worked out in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ...models.encoders.code import Code
from ...models.encoders.codes.bitplane import BitPlane, bit_of_step, bits_of
from ...models.encoders.codes.direct import Direct
from ...models.encoders.codes.saf import SumAndFire
from ...models.encoders.encoder import Encoder
from ...models.snn import SpikingTextModel
from ...models.text_model import TextModel
from .builder import Builder, Wire
from .nodes import array

INPUT, LENGTHS = "input", "lengths"
PART = 1024  # words whose frames are worked out at once


def vectors_of(graph: Builder, model: TextModel | SpikingTextModel, inputs: str) -> Wire:
    """Word vectors (B, D, L), of ids or as they come in."""
    read = inputs
    if inputs == "ids":
        table = graph.weight("vectors", array(model.embedding.weight.clamp(-1, 1)))  # (V, D)
        read = graph.op("Gather", [table, inputs], "words")  # (B, L, D)
    turned = graph.op("Transpose", [read], INPUT, perm=[0, 2, 1])  # (B, D, L)
    return Wire((turned,), LENGTHS)


def frames_of(graph: Builder, model: SpikingTextModel, inputs: str) -> Wire:
    """The input of each of T steps, (B, D', L)."""
    steps = model.steps
    if inputs == "frames":
        cut = [f"frames/step{number}" for number in range(1, steps + 1)]
        for number, name in enumerate(cut):
            index = graph.weight(f"index/{number}", np.array(number, np.int64))
            graph.op("Gather", ["frames", index], name, axis=0)  # (B, D', L)
        return Wire(tuple(cut), LENGTHS)
    encoder: Any = model.encoder
    code = CODED.get(type(encoder.coding))
    if code is None:
        return _looked_up(graph, model)
    mapped = _mapped(graph, encoder, vectors_of(graph, model, inputs))
    return Wire(tuple(code(graph, encoder.coding, mapped, steps)), LENGTHS)


def _mapped(graph: Builder, encoder: Encoder, wire: Wire) -> str:
    """Vectors on non-negative channels, as `Encoder.map` puts them there."""
    (x,) = wire.steps
    mask = graph.mask(wire)
    assert mask is not None
    if encoder.gain != 1:
        x = graph.op("Mul", [x, graph.number(encoder.gain)], "code/amplified")
        if not encoder.exact:
            x = graph.op("Clip", [x, graph.number(-1), graph.number(1)], "code/clipped")
    if encoder.mapping == "split":
        negative = graph.op("Relu", [graph.op("Neg", [x], "code/turned")], "code/negative")
        parts = [graph.op("Relu", [x], "code/positive"), negative]
        x = graph.op("Concat", parts, "code/split", axis=1)
    elif encoder.mapping == "shift":
        raised = graph.op("Add", [x, graph.number(1)], "code/raised")
        half = graph.op("Div", [raised, graph.number(2)], "code/half")
        x = graph.op("Concat", [half, mask[1]], "code/shift", axis=1)  # presence: 1 on every word
    return graph.op("Mul", [x, mask[1]], "code/values")


def _direct(graph: Builder, code: Direct, values: str, steps: int) -> Sequence[str]:
    """The values themselves, at every step."""
    return [values] * steps


def _sum_and_fire(graph: Builder, code: SumAndFire, values: str, steps: int) -> Sequence[str]:
    """An integrate-and-fire neuron for each value."""
    threshold, frames = graph.number(code.threshold), []
    potential = graph.number(code.initial * code.threshold)
    for number in range(1, steps + 1):
        own = f"code/step{number}"
        reached = graph.op("Add", [potential, values], f"{own}/potential")
        over = graph.op("GreaterOrEqual", [reached, threshold], f"{own}/over")
        frames.append(graph.floats(over, own))
        taken = frames[-1]
        if code.threshold != 1:
            taken = graph.op("Mul", [taken, threshold], f"{own}/taken")
        if number < steps:
            potential = graph.op("Sub", [reached, taken], f"{own}/left")
    return frames


def _bitplane(graph: Builder, code: BitPlane, values: str, steps: int) -> Sequence[str]:
    """The binary digits of the values, each a step of its own at least."""
    top = graph.number((1 << bits_of(steps)) - 1)
    size = graph.op("Mul", [values, top], "code/size")
    levels = graph.op(
        "Floor", [graph.op("Add", [size, graph.number(0.5)], "code/up")], "code/level"
    )

    def above(bit: int) -> str:
        scaled = graph.op("Mul", [levels, graph.number(2.0**-bit)], f"code/shifted{bit}")
        return graph.op("Floor", [scaled], f"code/above{bit}")

    bits, wanted = {}, sorted(set(bit_of_step(steps)))
    sides = {bit: above(bit) for bit in sorted({*wanted, *(bit + 1 for bit in wanted)})}
    for bit in wanted:
        twice = graph.op("Mul", [sides[bit + 1], graph.number(2)], f"code/twice{bit}")
        bits[bit] = graph.op("Sub", [sides[bit], twice], f"code/bit{bit}")
    return [bits[bit] for bit in bit_of_step(steps)]


CODED: dict[type[Code], Callable[[Builder, Any, str, int], Sequence[str]]] = {
    Direct: _direct,
    SumAndFire: _sum_and_fire,
    BitPlane: _bitplane,
}
"""Codes that are worked out in the graph; of any other, a word's frames are looked up."""


def _looked_up(graph: Builder, model: SpikingTextModel) -> Wire:
    """The frames of every word as tables of bits, one for each distinct frame."""
    tables: dict[bytes, str] = {}
    steps = []
    for frame in word_frames(model):  # (V, D')
        own = frame.tobytes()
        if own not in tables:
            table = graph.weight(f"frames{len(tables) + 1}", frame)
            read = graph.op("Gather", [table, "ids"], f"{table}/words")
            turned = graph.op("Transpose", [read], f"{table}/turned", perm=[0, 2, 1])
            tables[own] = graph.floats(turned, f"code/{table}")
        steps.append(tables[own])
    return Wire(tuple(steps), LENGTHS)


def word_frames(model: SpikingTextModel) -> np.ndarray:
    """What each word sends, (T, V, D') uint8, for a code whose words always send the same."""
    words = torch.arange(model.embedding.num_embeddings)
    parts: list[Tensor] = []
    for ids in words.split(PART):
        frames = model.frames(ids.unsqueeze(0), torch.tensor([len(ids)]))  # (T, 1, D', n)
        parts.append(frames[:, 0].transpose(1, 2).to(torch.uint8))
    return torch.cat(parts, dim=1).numpy()


def refusal(model: SpikingTextModel, inputs: str) -> str:
    """Why frames cannot come of ``inputs``, in words; empty where they can."""
    encoder: Any = model.encoder
    name = getattr(encoder, "code", type(encoder).__name__)
    if inputs == "frames" or type(getattr(encoder, "coding", None)) in CODED:
        return ""
    if not encoder.by_word:
        return f"the frames of the encoder {name} are drawn or differ from place to place"
    if inputs == "vectors":
        return f"the frames of the encoder {name} are looked up by word, and vectors are no words"
    return "" if encoder.spiking else f"the encoder {name} is analog and none that is known"
