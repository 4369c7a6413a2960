"""Networks and texts that hypothesis draws: every pooling rule, neuron, code and padding."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import strategies as st

from snnconvert.models.encoders.encoder import Encoder
from snnconvert.models.network import Network, Node
from snnconvert.models.neurons.base import Neurons
from snnconvert.models.neurons.burst import BurstIF
from snnconvert.models.neurons.integrate_and_fire import IF
from snnconvert.models.neurons.lif import LIF
from snnconvert.models.neurons.signed import SignedIF
from snnconvert.models.nodes.activations import Qcfs, Relu, Tcl
from snnconvert.models.nodes.layers import Concat, Conv1d, Dropout, Linear, initialised
from snnconvert.models.nodes.pooling import MaxOverTime, MeanOverTime
from snnconvert.models.silenced import spiking_model
from snnconvert.models.snn import SpikingTextModel
from snnconvert.models.spikes.pooling import GatedMax, MaxOfCounts, MaxOfCurrents, MaxOfSpikes
from snnconvert.models.text_model import TextModel

WORDS, DIM, CLASSES = 13, 5, 3
RULES = (MaxOfSpikes, MaxOfCounts, GatedMax, MeanOverTime, MaxOfCurrents)
NEURONS = (IF, BurstIF, SignedIF, LIF)
Nodes = list[tuple[str, Node, tuple[str, ...]]]

texts = st.lists(st.integers(0, WORDS - 1), min_size=1, max_size=12).map(
    lambda ids: np.array(ids, dtype=np.int64)
)


def vectors(seed: int) -> torch.Tensor:
    found = torch.rand(WORDS, DIM, generator=torch.Generator().manual_seed(seed)) * 2 - 1
    found[0] = 0
    return found


def joined(draw: st.DrawFn, branches: list[Nodes], seed: int) -> Network:
    """Branches side by side and a readout, with strong weights, so that neurons fire."""
    nodes = [node for branch in branches for node in branch]
    outputs = tuple(branch[-1][0] for branch in branches)
    features = sum(node.channels for _, node, _ in nodes if isinstance(node, Conv1d))
    if len(outputs) > 1 or draw(st.booleans()):
        nodes.append(("concat", Concat(), outputs))
    if draw(st.booleans()):
        nodes.append(("dropout", Dropout(0.5), (nodes[-1][0],)))
    nodes.append(("readout", Linear(features, CLASSES), (nodes[-1][0],)))
    network = initialised(Network(nodes), seed)
    random = torch.Generator().manual_seed(seed + 1)
    for node in network.nodes.values():
        if isinstance(node, Conv1d | Linear):
            node.weight.data *= 2
            node.bias.data = torch.randn(node.bias.shape, generator=random) * 0.2
    return network


def convolution(draw: st.DrawFn, i: int, inputs: int) -> tuple[str, Node, tuple[str, ...]]:
    width = draw(st.integers(1, 5))
    padding = draw(st.sampled_from([0, width - 1, "same", (0, width - 1)]))
    return f"conv{i}", Conv1d(inputs, draw(st.integers(1, 6)), width, padding), ("input",)


@st.composite
def anns(draw: st.DrawFn) -> TextModel:
    seed, branches = draw(st.integers(0, 10**6)), []
    for i in range(draw(st.integers(1, 3))):
        active = draw(st.sampled_from([Relu(), Qcfs(3), Tcl(0.7)]))
        pool = draw(st.sampled_from([MaxOverTime(), MeanOverTime()]))
        swapped = isinstance(pool, MaxOverTime) and draw(st.booleans())
        first, second = (pool, active) if swapped else (active, pool)
        names = (f"conv{i}", f"first{i}")
        rest: Nodes = [(names[1], first, names[:1]), (f"second{i}", second, names[1:])]
        branches.append([convolution(draw, i, DIM), *rest])
    return TextModel(vectors(seed), joined(draw, branches, seed)).eval()


@st.composite
def snns(
    draw: st.DrawFn,
    rules: tuple[type[Node], ...] = RULES,
    neurons: tuple[type[Neurons], ...] = NEURONS,
) -> SpikingTextModel:
    code = draw(st.sampled_from(["saf", "bitplane", "direct", "poisson"]))
    mapping = draw(st.sampled_from(["split", "shift"] + ["none"] * (code == "direct")))
    encoder = Encoder(code, mapping)
    steps = 2 ** draw(st.integers(1, 4)) - 1 if code == "bitplane" else draw(st.integers(1, 12))
    seed, branches = draw(st.integers(0, 10**6)), []
    kind = draw(st.sampled_from(neurons))
    for i in range(draw(st.integers(1, 3))):
        rule, fire = draw(st.sampled_from(rules))(), kind()
        first, second = (rule, fire) if isinstance(rule, MaxOfCurrents) else (fire, rule)
        names = (f"conv{i}", f"first{i}")
        rest: Nodes = [(names[1], first, names[:1]), (f"second{i}", second, names[1:])]
        branches.append([convolution(draw, i, encoder.channels(DIM)), *rest])
    network = joined(draw, branches, seed)
    before = draw(st.sampled_from([0, 1, 3])) if kind is IF else 0  # pre-steps of SRP
    return spiking_model(vectors(seed), encoder, network, steps, before).eval()
