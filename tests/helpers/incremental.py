"""Small networks and edited texts for the tests of incremental evaluation."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import strategies as st

from snnconvert.engine.grid import on_grid
from snnconvert.models.encoders.encoder import Encoder
from snnconvert.models.network import Network, Node
from snnconvert.models.neurons.integrate_and_fire import IF
from snnconvert.models.nodes.layers import Concat, Conv1d, Dropout, Linear
from snnconvert.models.nodes.pooling import MeanOverTime
from snnconvert.models.snn import SpikingTextModel
from snnconvert.models.spikes.pooling import GatedMax, MaxOfCounts, MaxOfCurrents, MaxOfSpikes

DIM, WORDS = 3, 12
POOLS: dict[str, type[Node]] = {
    "spikes": MaxOfSpikes,
    "counts": MaxOfCounts,
    "gated": GatedMax,
    "mean": MeanOverTime,
    "currents": MaxOfCurrents,
}


@st.composite
def models(
    draw: st.DrawFn, codes: tuple[str, ...] = ("saf", "bitplane", "direct")
) -> SpikingTextModel:
    """Small networks of every kind that has a plan, with currents near the threshold."""
    code = draw(st.sampled_from(codes))
    encoder = Encoder(code, draw(st.sampled_from(["split", "shift"])))
    steps = draw(st.sampled_from([1, 3, 7])) if code == "bitplane" else draw(st.integers(1, 9))
    rng = torch.Generator().manual_seed(draw(st.integers(0, 10**6)))
    nodes: list[tuple[str, Node, tuple[str, ...]]] = []
    outputs, features = [], 0
    for b in range(draw(st.integers(1, 3))):
        width, channels = draw(st.integers(1, 4)), draw(st.integers(1, 9))
        sides = st.integers(0, width - 1)
        conv = Conv1d(encoder.channels(DIM), channels, width, (draw(sides), draw(sides)))
        conv.weight.data = torch.randn(conv.weight.shape, generator=rng)
        if draw(st.booleans()):  # as every converted network has, where the mapping is split
            conv.weight.data = encoder.fold(torch.randn(channels, DIM, width, generator=rng))
        conv.bias.data = 0.3 * torch.randn(channels, generator=rng)
        initial: float | list[float] = 0.5
        if draw(st.booleans()):
            initial = torch.rand(channels, generator=rng).tolist()
        neurons, rule = IF(initial, draw(st.booleans())), draw(st.sampled_from(sorted(POOLS)))
        pair = [(f"if{b}", neurons), (f"pool{b}", POOLS[rule]())]
        if rule == "currents":
            pair.reverse()
        nodes.append((f"conv{b}", conv, ("input",)))
        for name, node in pair:
            nodes.append((name, node, (nodes[-1][0],)))
        outputs.append(nodes[-1][0])
        features += channels
    nodes.append(("concat", Concat(), tuple(outputs)))
    nodes.append(("dropout", Dropout(0.5), ("concat",)))
    if draw(st.booleans()):
        nodes.append(("hidden", linear(features, 4, rng), ("dropout",)))
        nodes.append(("hidden_if", IF(), ("hidden",)))
        features = 4
    nodes.append(("readout", linear(features, 2, rng), (nodes[-1][0],)))
    vectors = torch.rand(WORDS, DIM, generator=rng) * 2 - 1
    vectors[0] = 0
    return on_grid(SpikingTextModel(vectors, encoder, Network(nodes), steps)).eval()


def linear(inputs: int, outputs: int, rng: torch.Generator) -> Linear:
    layer = Linear(inputs, outputs)
    layer.weight.data = torch.randn(outputs, inputs, generator=rng)
    layer.bias.data = 0.3 * torch.randn(outputs, generator=rng)
    return layer


words = st.integers(1, WORDS - 1)
texts = st.lists(words, max_size=14)


@st.composite
def edited(draw: st.DrawFn, base: list[int]) -> np.ndarray:
    """``base`` with some words exchanged, inserted or deleted."""
    text = list(base)
    for _ in range(draw(st.integers(0, 3))):
        kind, at = draw(st.sampled_from(["exchange", "insert", "delete"])), draw(st.integers(0, 14))
        if kind == "insert":
            text.insert(min(at, len(text)), draw(words))
        elif text and kind == "exchange":
            text[at % len(text)] = draw(words)
        elif text:
            del text[at % len(text)]
    return np.array(text, np.int64)
