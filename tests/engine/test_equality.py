"""One suite for every engine: on a grid they give the spikes of the network's own nodes.

An engine is a function of a model and texts that gives running logits and pooled spikes; `ENGINES`
names those that are tested, and another engine joins by adding a line. Networks, texts and codes
are drawn by hypothesis.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from snnconvert.engine.grid import on_grid
from snnconvert.engine.inference.fast import FastEngine
from snnconvert.engine.plan import plan_of
from snnconvert.engine.reference import snn_logits
from snnconvert.models.batches import to_batch
from snnconvert.models.encoders.encoder import Encoder
from snnconvert.models.network import Network, Node, Signal
from snnconvert.models.neurons.integrate_and_fire import IF
from snnconvert.models.neurons.readout import SpikingReadout
from snnconvert.models.nodes.layers import Concat, Conv1d, Dropout, Linear, initialised
from snnconvert.models.nodes.pooling import MeanOverTime
from snnconvert.models.operations import SpikeCounter
from snnconvert.models.snn import SpikingTextModel
from snnconvert.models.spikes.pooling import GatedMax, MaxOfCounts, MaxOfCurrents, MaxOfSpikes

Sequences = list[np.ndarray]
Result = tuple[Tensor, dict[str, Tensor]]
Engine = Callable[[SpikingTextModel, Sequences], Result]
WORDS, DIM = 13, 6


def by_torch(model: SpikingTextModel, sequences: Sequences) -> Result:
    engine = FastEngine(model, backend="torch")
    return engine.running_logits(sequences), engine.pooled(sequences)


def by_numba(model: SpikingTextModel, sequences: Sequences) -> Result:
    pytest.importorskip("numba")
    engine = FastEngine(model, backend="numba")
    return engine.running_logits(sequences), engine.pooled(sequences)


def by_small_cache(model: SpikingTextModel, sequences: Sequences) -> Result:
    """Room for a few words only, two threads, and every text seen before."""
    pytest.importorskip("numba")
    engine = FastEngine(model, backend="numba", cache_bytes=1, threads=2)
    engine.running_logits(sequences[::-1])
    return engine.running_logits(sequences), engine.pooled(sequences)


def by_short_rows(model: SpikingTextModel, sequences: Sequences) -> Result:
    """Weights of few bits, so that rows fit int16 (spiking codes; others keep float32)."""
    pytest.importorskip("numba")
    for name in model.network.inputs:
        node = model.network.node(name)
        if isinstance(node, Conv1d):
            node.weight.data = (node.weight.data * 64).round() / 64
            node.bias.data = (node.bias.data * 64).round() / 64
    engine = FastEngine(model, backend="numba")
    assert engine.store.kind == (np.int16 if model.encoder.spiking else np.float32)
    pooled = engine.pooled(sequences)
    for name, value in FastEngine(model, backend="torch").pooled(sequences).items():
        assert torch.equal(value, pooled[name])
    return engine.running_logits(sequences), pooled


ENGINES: dict[str, Engine] = {
    "torch": by_torch,
    "numba": by_numba,
    "small-cache": by_small_cache,
    "int16": by_short_rows,
}


def by_reference(model: SpikingTextModel, sequences: Sequences) -> Result:
    """The network on its grid, node by node, every text alone."""
    grid = on_grid(model)
    outputs = [branch.output for branch in plan_of(grid.network).branches]
    logits, pooled = [], []
    for sequence in sequences:
        record: dict[str, Signal] = {}
        currents = grid(*to_batch([sequence]), record=record)
        steps = torch.arange(1, len(currents) + 1).reshape(-1, 1, 1)
        logits.append(currents.cumsum(0) / steps)
        pooled.append({name: record[name].values for name in outputs})
    whole = {name: torch.cat([p[name] for p in pooled], dim=1) for name in outputs}
    return torch.cat(logits, dim=1), whole


@st.composite
def models(draw: st.DrawFn) -> SpikingTextModel:
    code = draw(st.sampled_from(["saf", "bitplane", "direct"]))
    mapping = draw(st.sampled_from(["split", "shift"] + ["none"] * (code == "direct")))
    encoder = Encoder(code, mapping)
    steps = 2 ** draw(st.integers(1, 6)) - 1 if code == "bitplane" else draw(st.integers(1, 64))
    seed = draw(st.integers(0, 10**6))
    random = torch.Generator().manual_seed(seed)
    nodes: list[tuple[str, Node, tuple[str, ...]]] = []
    outputs, features = [], 0
    for i in range(draw(st.integers(1, 4))):
        nodes += branch(draw, i, encoder.channels(DIM), random)
        outputs.append(nodes[-1][0])
        features += next(n.channels for _, n, _ in reversed(nodes) if isinstance(n, Conv1d))
    if len(outputs) > 1 or draw(st.booleans()):
        nodes.append(("concat", Concat(), tuple(outputs)))
    if draw(st.booleans()):
        nodes.append(("dropout", Dropout(0.5), (nodes[-1][0],)))
    if draw(st.booleans()):
        nodes.append(("hidden", Linear(features, 5), (nodes[-1][0],)))
        nodes.append(("fire", IF(), ("hidden",)))
        features = 5
    nodes.append(("readout", Linear(features, 2), (nodes[-1][0],)))
    if draw(st.booleans()):
        nodes.append(("counted", SpikingReadout(), ("readout",)))
    network = initialised(Network(nodes), seed)
    for parameter in network.parameters():  # strong weights, so that neurons fire
        parameter.data *= draw(st.sampled_from([1.0, 3.0]))
    missing = draw(st.sampled_from([0.0, 0.0, 0.8]))  # share of synapses that are not there
    for node in network.nodes.values():
        if isinstance(node, Conv1d | Linear):
            node.weight.data *= torch.rand(node.weight.shape, generator=random) >= missing
    vectors = torch.rand(WORDS, DIM, generator=random) * 2 - 1
    vectors[0] = 0
    return SpikingTextModel(vectors, encoder, network, steps).eval()


def branch(
    draw: st.DrawFn, i: int, inputs: int, random: torch.Generator
) -> list[tuple[str, Node, tuple[str, ...]]]:
    width, channels = draw(st.integers(1, 7)), draw(st.sampled_from([1, 3, 16, 19]))
    padding = draw(st.sampled_from([0, width - 1, "same", (0, width - 1)]))
    conv = Conv1d(inputs, channels, width, padding)
    conv.bias.data = torch.randn(channels, generator=random) * 0.2
    alone = draw(st.sampled_from([0.5, 0.0, 0.37]))
    each = torch.rand(channels, generator=random).tolist()
    neurons = IF(each if draw(st.booleans()) else alone, soft_reset=draw(st.booleans()))
    kind = draw(st.sampled_from([MaxOfSpikes, MaxOfCounts, GatedMax, MeanOverTime, MaxOfCurrents]))
    first, second = (kind(), neurons) if kind is MaxOfCurrents else (neurons, kind())
    return [
        (f"conv{i}", conv, ("input",)),
        (f"first{i}", first, (f"conv{i}",)),
        (f"second{i}", second, (f"first{i}",)),
    ]


texts = st.lists(
    st.lists(st.integers(0, WORDS - 1), max_size=40).map(lambda x: np.array(x, dtype=np.int64)),
    min_size=1,
    max_size=6,
)


@pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)
@settings(max_examples=40)
@given(models(), texts)
def test_spikes_are_those_of_the_networks_own_nodes(engine, model, sequences):
    logits, pooled = engine(model, sequences)
    expected, spikes = by_reference(model, sequences)
    assert pooled.keys() == spikes.keys()
    for name in spikes:
        assert torch.equal(pooled[name], spikes[name]), name
    torch.testing.assert_close(logits, expected, atol=1e-5, rtol=1e-5)


@settings(max_examples=40)
@given(models(), texts)
def test_operations_are_those_counted_on_recorded_signals(model, sequences):
    engine = FastEngine(model)
    analog = not model.encoder.spiking
    counted = [SpikeCounter(engine.model.network, analog) for _ in range(2)]
    engine.running_logits(sequences, counter=counted[0])
    snn_logits(engine.model, sequences, counter=counted[1])
    fast, expected = (counter.compute() for counter in counted)
    assert fast == expected


@settings(max_examples=25)
@given(models(), texts, st.integers(0, 99), st.booleans())
def test_poisson_draws_are_those_of_the_reference(model, sequences, seed, shared):
    mapping = "split" if model.encoder.mapping == "none" else model.encoder.mapping
    inputs = next(n for n in model.network.nodes.values() if isinstance(n, Conv1d)).inputs
    encoder = Encoder("poisson", mapping)
    if inputs != encoder.channels(DIM):
        return
    model.encoder = encoder
    engine = FastEngine(model, cache_bytes=1)
    counted = [SpikeCounter(engine.model.network, False) for _ in range(2)]
    logits = engine.running_logits(sequences, seed, shared, counted[0])
    expected = snn_logits(engine.model, sequences, seed, shared, counted[1])
    torch.testing.assert_close(logits, expected, atol=1e-5, rtol=1e-5)
    for name, figure in counted[1].compute().items():
        assert counted[0].compute()[name] == pytest.approx(figure, rel=1e-6)


@settings(max_examples=20)
@given(models(), texts)
def test_logits_of_the_last_step_need_no_signals_in_time(model, sequences):
    engine = FastEngine(model)
    torch.testing.assert_close(
        engine.logits(sequences), engine.running_logits(sequences)[-1], atol=1e-5, rtol=1e-5
    )
