"""The parts of a text's logits: they sum exactly, and each is what its window passed on."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from snnconvert.convert.ttfs.network import convert_ttfs
from snnconvert.engine.explanation.parts import Parts, explain_ids
from snnconvert.engine.grid import on_grid
from snnconvert.engine.plan import Unsupported
from snnconvert.errors import InputError
from snnconvert.models.batches import to_batch
from snnconvert.models.encoders.encoder import Encoder
from snnconvert.models.families.dpcnn import DPCNNSpec, build_dpcnn
from snnconvert.models.families.textcnn import TextCNNSpec, build_textcnn
from snnconvert.models.network import Network, Node, Signal
from snnconvert.models.neurons.integrate_and_fire import IF
from snnconvert.models.neurons.readout import SpikingReadout
from snnconvert.models.nodes.layers import Conv1d, Linear, initialised
from snnconvert.models.nodes.pooling import MaxPool1d, MeanOverTime
from snnconvert.models.snn import SpikingTextModel
from snnconvert.models.spikes.pooling import GatedMax, MaxOfCounts, MaxOfCurrents, MaxOfSpikes
from snnconvert.models.text_model import TextModel
from snnconvert.seeds import generator
from snnconvert.tests.engine.explanation.networks import DIM, anns, snns, texts, vectors

CONV = ("conv", Conv1d(DIM, 2, 2), ("input",))
FIRE = ("fire", IF(), ("conv",))
POOL = ("pool", MaxOfSpikes(), ("fire",))
READ = ("read", Linear(2, 2), ("pool",))

quick = settings(max_examples=60)


def check_sums(parts: Parts, order: random.Random) -> None:
    """Bias and parts, in any order, and then what float32 has lost, are the logits: every bit."""
    for k, whole in enumerate(parts.logits):
        for own, lost in ((parts.parts, parts.rounding), (parts.words, parts.word_rounding)):
            terms = [float(parts.bias[k]), *own[:, k].tolist()]
            order.shuffle(terms)
            assert sum(terms) + lost[k] == whole
            assert math.fsum([*terms, lost[k]]) == whole
    sums = parts.step_bias + parts.step_parts.sum(axis=1)
    assert np.array_equal(sums + parts.step_rounding, parts.currents)
    size = 1 + np.abs(parts.step_parts).sum(axis=1).max()
    for lost in (parts.rounding, parts.word_rounding, parts.step_rounding):
        assert np.abs(lost).max() < 2e-6 * size  # float32 resolves 6e-8


@quick
@given(anns(), texts, st.randoms(use_true_random=False))
def test_of_an_ann(model: TextModel, ids: np.ndarray, order: random.Random) -> None:
    parts = explain_ids(model, ids)
    with torch.no_grad():
        expected = model(*to_batch([ids]))[0]
    torch.testing.assert_close(torch.from_numpy(parts.logits).float(), expected, rtol=0, atol=1e-6)
    check_sums(parts, order)


@quick
@given(snns(), texts, st.integers(0, 99), st.randoms(use_true_random=False))
def test_of_an_snn(
    model: SpikingTextModel, ids: np.ndarray, seed: int, order: random.Random
) -> None:
    parts = explain_ids(model, ids, seed)
    with torch.no_grad():
        expected = model(*to_batch([ids]), generator(seed, "noise", 0), shared_noise=True)[:, 0]
    assert np.array_equal(parts.currents, expected.double().numpy())
    check_sums(parts, order)


@quick
@given(snns((MaxOfSpikes, MaxOfCounts, GatedMax, MaxOfCurrents), (IF,)), texts)
def test_on_a_grid_no_current_is_rounded(model: SpikingTextModel, ids: np.ndarray) -> None:
    try:
        model = on_grid(model)
    except Unsupported:  # SRP runs its network twice, and is not put on a grid
        return
    # what is left is the thirds of spikes that windows share, nothing of the network's own
    assert np.abs(explain_ids(model, ids).step_rounding).max() < 1e-12


def winners(rule: type[Node], values: np.ndarray, t: int, fell: bool) -> list[int]:
    """Whose spike a channel passes at step ``t``, of (T, L) spikes or currents; by the book."""
    counts = values[: t + 1].sum(axis=0)
    if rule is GatedMax:
        return [int(counts.argmax())]
    if rule is MaxOfCounts:
        ranked = values[:t].sum(axis=0) if fell else counts
        return [w for w in range(len(ranked)) if ranked[w] == ranked.max()]
    return [w for w in range(values.shape[1]) if values[t, w] == values[t].max()]


@quick
@given(snns((MaxOfSpikes, MaxOfCounts, GatedMax, MaxOfCurrents)), texts)
def test_each_part_is_what_its_window_passed_on(model: SpikingTextModel, ids: np.ndarray) -> None:
    parts = explain_ids(model, ids)
    record: dict[str, Signal] = {}
    with torch.no_grad():
        model(*to_batch([ids]), generator(0, "noise", 0), shared_noise=True, record=record)
    readout = model.network.node("readout")
    assert isinstance(readout, Linear)
    expected, column = np.zeros_like(parts.step_parts), 0
    for i in range(len(model.network.consumers("input"))):
        pools_first = isinstance(model.network.node(f"first{i}"), MaxOfCurrents)
        rule = type(model.network.node(f"first{i}" if pools_first else f"second{i}"))
        arriving = record[f"conv{i}" if pools_first else f"first{i}"]
        values = arriving.values[-model.steps :, 0, :, : int(arriving.lengths[0])].numpy()
        passed = record[f"second{i}"].values[-model.steps :, 0].numpy()
        first = next(w for w, window in enumerate(parts.windows) if window.conv == f"conv{i}")
        for t, c in np.argwhere(passed):
            won = winners(rule, values[:, c], t, passed[t, c] < 0)
            for w in won:
                weight = readout.weight.detach().numpy()[:, column + c].astype(float)
                expected[t, first + w] += weight * passed[t, c] / len(won)
        column += passed.shape[1]
    np.testing.assert_allclose(parts.step_parts, expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("window", [1, 4])
def test_of_a_time_to_first_spike_network(window: int) -> None:
    ann = build_textcnn(TextCNNSpec(DIM, 2, (2, 3), 4, levels=window, dropout=0.0), seed=3).eval()
    thresholds = {f"act{k}": torch.ones(1) for k in (2, 3)}
    encoder = Encoder("ttfs")
    network, _ = convert_ttfs(ann, thresholds, window, encoder)
    model = SpikingTextModel(vectors(3), encoder, network, window).eval()
    parts = explain_ids(model, np.array([3, 4, 5, 3]))
    check_sums(parts, random.Random(0))
    assert np.abs(parts.parts).max() > 0


def test_windows_words_and_shares() -> None:
    conv = Conv1d(DIM, 1, 3, padding=1)
    nodes = [
        ("conv", conv, ("input",)),
        ("fire", IF(), ("conv",)),
        ("pool", MaxOfSpikes(), ("fire",)),
    ]
    network = initialised(Network([*nodes, ("readout", Linear(1, 2), ("pool",))]), 0)
    conv.weight.data.zero_()
    conv.weight.data[0, 0, 1] = 3.0  # only the word in the middle, by its first component
    conv.bias.data.zero_()
    table = torch.zeros(4, DIM)
    table[2, 0] = 1.0
    model = SpikingTextModel(table, Encoder("direct", "none"), network, 2).eval()
    parts = explain_ids(model, np.array([1, 2, 1]))
    assert [(w.start, w.stop) for w in parts.windows] == [(0, 2), (0, 3), (1, 3)]
    assert np.count_nonzero(parts.parts[:, 0]) == 1 and parts.parts[1, 0] != 0
    assert np.count_nonzero(parts.words[:, 0]) == 1 and parts.words[1, 0] == parts.parts[1, 0]
    assert parts.passed.tolist() == [[0, 1, 0], [0, 1, 0]]


def refused(nodes: list[tuple[str, Node, tuple[str, ...]]]) -> SpikingTextModel:
    return SpikingTextModel(vectors(0), Encoder("direct", "none"), Network(nodes), 2)


@pytest.mark.parametrize(
    ("nodes", "says"),
    [
        ([CONV, FIRE, POOL, READ, ("count", SpikingReadout(), ("read",))], "output is no linear"),
        ([CONV, FIRE, POOL, READ, ("second", Linear(2, 2), ("read",))], ".Linear.: it stands"),
        ([CONV, FIRE, ("pool", MaxPool1d(2), ("fire",)), READ], "MaxPool1d.: expected a pool"),
        ([CONV, ("pool", MeanOverTime(), ("conv",)), ("f", IF(), ("pool",)),
          ("read", Linear(2, 2), ("f",))], "mixes the currents"),
        ([CONV, FIRE, POOL, ("again", MaxOfSpikes(), ("fire",)), READ], "2 nodes read it"),
    ],
)  # fmt: skip
def test_what_is_no_sum_over_windows_is_refused(nodes, says: str) -> None:
    with pytest.raises(InputError, match=says):
        explain_ids(refused(nodes), np.array([1, 2]))


def test_a_deep_network_and_an_empty_text_are_refused_in_one_line() -> None:
    deep = TextModel(vectors(0), build_dpcnn(DPCNNSpec(DIM, 2, 4), 0))
    with pytest.raises(InputError, match="cannot explain this network") as found:
        explain_ids(deep, np.array([1, 2]))
    assert "\n" not in str(found.value)
    with pytest.raises(InputError, match="at least one word"):
        explain_ids(refused([CONV, FIRE, POOL, READ]), np.array([], dtype=np.int64))
