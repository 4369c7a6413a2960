"""A graph run by NIR's definitions alone does what the package's network does, spike for spike."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from snnconvert.interop.nir.graph.counts import first_spikes, level_spikes
from snnconvert.models.encoders.encoder import Encoder
from snnconvert.tests.helpers.nir import Simulated, exported, random_snn, random_texts

nir = pytest.importorskip("nir")

LENGTHS = (1, 2, 3, 5, 8, 4, 0)
CASES: list[dict[str, Any]] = [
    {"soft": soft, "pooling": pooling, "padding": padding, "steps": steps}
    for soft in (True, False)
    for pooling in ("spikes", "counts")
    for padding, steps in (("same", 4), (0, 1), ((1, 0), 3))
]
CASES += [
    {"widths": (1,), "classes": 6, "padding": 0},
    {"widths": (3, 4, 5), "each": True, "steps": 8},
    {"widths": (3, 3), "padding": 0, "soft": False},
    {"encoder": Encoder("saf", "shift"), "padding": 0, "steps": 4},
    {"encoder": Encoder("bitplane", "split", 1.5), "steps": 4},
    {"encoder": Encoder("poisson", "split"), "steps": 4},
]


def compared(model: Any, mode: str = "chain", bits: str = "auto", **how: Any) -> None:
    """Run the graph by its definition, and the package's network, and compare every spike."""
    network = exported(model, bits=bits, mode=mode)
    expected = network.expected(random_texts(LENGTHS))
    graph = network.graph
    soft = [n for n in graph.nodes if n.startswith("act")] if network.form.soft else []
    run = Simulated(graph, soft, **how)
    outputs = run.run(expected.frames.numpy())
    assert 0 < expected.spikes.mean() < 1 and expected.pooled.any()
    assert np.array_equal(run.trace("act"), expected.spikes.numpy())
    assert np.array_equal(run.trace("pool")[..., 0], expected.pooled.numpy())
    assert np.array_equal(outputs, expected.outputs.numpy())


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("at_threshold", [False, True], ids=["above", "at"])
def test_every_spike(case: dict[str, Any], at_threshold: bool) -> None:
    compared(random_snn(**case), at_threshold=at_threshold)


@pytest.mark.parametrize("pooling", ["spikes", "counts"])
def test_branches_are_the_same_network(pooling: str) -> None:
    model = random_snn((2, 3, 4), pooling=pooling)
    compared(model, mode="branches")
    graph = exported(model, mode="branches").graph
    assert {"conv2", "act3", "pool4", "readout2", "join"} <= set(graph.nodes)
    assert [b for a, b in graph.edges if a.startswith("readout")] == ["join"] * 3


def test_weights_as_they_are() -> None:
    """Without a grid spikes may differ at a tie; in this network there is none."""
    network = exported(random_snn(seed=3), bits="float")
    expected = network.expected(random_texts(LENGTHS))
    run = Simulated(network.graph, ["act"])
    outputs = run.run(expected.frames.numpy())
    assert np.array_equal(run.trace("act"), expected.spikes.numpy())
    assert np.allclose(outputs, expected.outputs.numpy(), atol=1e-5)


def test_counts_by_hand() -> None:
    """Two windows of a channel: the second overtakes the first at the third step."""
    spikes = torch.tensor([[1, 0], [0, 1], [0, 1], [1, 0]]).float().reshape(4, 1, 1, 2)
    # window 0 reaches level 1 at step 1 and level 2 at step 4; window 1 at steps 2 and 3
    levels = level_spikes(spikes)[:, 0].tolist()  # (T, C T, W)
    assert levels[0] == [[1, 0], [0, 0], [0, 0], [0, 0]]
    assert levels[1] == [[0, 1], [0, 0], [0, 0], [0, 0]]
    assert levels[2] == [[0, 0], [0, 1], [0, 0], [0, 0]]
    assert levels[3] == [[0, 0], [1, 0], [0, 0], [0, 0]]
    grown = torch.tensor([1.0, 0, 1, 0]).reshape(4, 1, 1)
    first = first_spikes(grown)[:, 0].tolist()
    assert first == [[1, 0, 0, 0], [0, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0]]


def test_the_neurons_between_spikes_and_the_largest_count() -> None:
    """`count` fires when a window reaches a level, and `pool` when the first one does."""
    network = exported(random_snn(steps=4, seed=5))
    expected = network.expected(random_texts(LENGTHS))
    run = Simulated(network.graph, ["act"])
    run.run(expected.frames.numpy())
    wanted = network.counted(expected.spikes)
    assert np.array_equal(run.trace("count"), wanted.numpy())
    assert wanted[:, :, :-1].sum(dim=0).max() == 1  # each level of a window once


def test_names_and_shapes() -> None:
    network = exported(random_snn((3, 5), dim=4, pooling="spikes"), positions=7)
    graph = network.graph
    assert list(graph.nodes) == ["input", "conv", "act", "sum", "pool", "readout", "output"]
    folds, places, taps = network.layout.shape
    # 2 * 4 channels, the start and one mask, since windows of both widths are as many as words
    assert (folds, places, taps) == (2, 11, 5)
    assert graph.nodes["conv"].weight.shape == (8, 2, 5, 5)
    assert graph.nodes["act"].v_threshold.shape == (8, 7, 1)
    assert tuple(graph.nodes["sum"].kernel_size) == (7, 1)
    assert network.expected(random_texts([7])).frames.shape == (3, 1, 2, 11, 5)


def test_one_step_needs_no_counts() -> None:
    assert "count" not in exported(random_snn(steps=1)).graph.nodes
    assert "count" in exported(random_snn(steps=2)).graph.nodes
