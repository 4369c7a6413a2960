"""A Poisson code, incrementally and for many draws, against the reference: equal to the bit."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from snnconvert.engine.classifier import ModelClassifier
from snnconvert.engine.engines import make_engine
from snnconvert.engine.grid import on_grid
from snnconvert.engine.incremental import bases as bases_module
from snnconvert.engine.incremental.draws import logits_of_draws, logits_of_own_draws
from snnconvert.engine.incremental.incremental import Incremental
from snnconvert.engine.incremental.noise import DrawnRows, Field
from snnconvert.engine.inference.fast import FastEngine
from snnconvert.engine.inference.store import SparseSlots
from snnconvert.engine.plan import Unsupported
from snnconvert.engine.reference import snn_logits
from snnconvert.models.encoders.encoder import Encoder
from snnconvert.models.network import Network
from snnconvert.models.neurons.integrate_and_fire import IF
from snnconvert.models.nodes.layers import Conv1d
from snnconvert.models.snn import SpikingTextModel
from snnconvert.models.spikes.pooling import MaxOfSpikes
from snnconvert.seeds import derive, generator
from snnconvert.tests.helpers.incremental import DIM, WORDS, edited, linear, models, texts
from snnconvert.text.datasets.dataset import Split
from snnconvert.text.stages.words import TextStage


def reference(model: SpikingTextModel, sequences: list[np.ndarray], seeds: list[int]) -> Tensor:
    """Running logits (S, T, N, K) by the network's own nodes."""
    return torch.stack([snn_logits(model, sequences, seed, shared_noise=True) for seed in seeds])


@given(
    st.data(),
    models(codes=("poisson",)),
    st.sampled_from([1, 3000, 10**6]),
    st.lists(st.integers(0, 99), min_size=1, max_size=3),
)
@settings(max_examples=80)
def test_logits_of_edited_texts_are_the_bits_of_the_reference(data, model, cache_bytes, seeds):
    base = np.array(data.draw(texts), np.int64)
    edits = edited(base.tolist()) | texts.map(lambda ids: np.array(ids, np.int64))
    variants = [base, *data.draw(st.lists(edits, min_size=1, max_size=6))]
    engine = Incremental(FastEngine(model, cache_bytes=cache_bytes))
    expected = reference(engine.model, variants, seeds)
    for given_base in (base, base, None):  # the second time from the summaries that were kept
        assert torch.equal(
            engine.logits_of_draws(variants, seeds, base=given_base), expected[:, -1]
        )
        found = engine.running_logits(variants, seeds[0], True, base=given_base)
        assert torch.equal(found, expected[0])
        assert torch.equal(engine.logits(variants, seeds[0], True, base=given_base), found[-1])
    own = [seeds[i % len(seeds)] for i in range(len(variants))]
    alone = [
        snn_logits(engine.model, [ids], seed, True)[-1, 0]
        for ids, seed in zip(variants, own, strict=True)
    ]
    assert torch.equal(logits_of_own_draws(engine, variants, own), torch.stack(alone))


def model_of(mapping: str = "split", width: int = 3) -> SpikingTextModel:
    rng = torch.Generator().manual_seed(1)
    encoder = Encoder("poisson", mapping)
    conv = Conv1d(encoder.channels(DIM), 4, width)
    conv.weight.data = encoder.fold(0.6 * torch.randn(4, DIM, width, generator=rng))
    pool = ("pool", MaxOfSpikes(), ("if",))
    nodes = [("conv", conv, ("input",)), ("if", IF(), ("conv",)), pool]
    network = Network([*nodes, ("readout", linear(4, 2, rng), ("pool",))])
    vectors = torch.rand(WORDS, DIM, generator=rng) * 2 - 1
    return on_grid(SpikingTextModel(vectors, encoder, network, 4))


def exchanged(base: np.ndarray) -> list[np.ndarray]:
    """``base`` with one word exchanged, once for each place."""
    variants = [base.copy() for _ in base]
    for i, variant in enumerate(variants):
        variant[i] = variant[i] % (WORDS - 1) + 1
    return variants


def test_a_field_does_not_depend_on_how_far_it_was_read_at_a_time():
    whole = torch.rand((9, 2, 1, 5), generator=generator(3, "noise", 0)).reshape(9, 2, 5)
    grown, exact = Field(3, 2, 5), Field(3, 2, 5)
    for positions in (1, 4, 2, 9):
        assert torch.equal(grown.reach(positions)[:positions], whole[:positions])
    assert torch.equal(exact.reach(7, exactly=True), whole[:7])


@pytest.mark.parametrize("mapping", ["split", "shift"])
def test_an_exchanged_word_costs_one_row_for_each_seed(mapping):
    base, seeds = np.arange(1, 11), [5, 6, 7]
    engine = Incremental(FastEngine(model_of(mapping)))
    engine.logits_of_draws([base], seeds, base=base)
    store = engine.engine.store
    assert store.projected == 30
    variants = exchanged(base)
    found = engine.logits_of_draws(variants, seeds)
    assert store.projected == 60
    assert torch.equal(found, reference(engine.model, variants, seeds)[:, -1])
    engine.logits_of_draws(variants, seeds)
    engine.logits_of_draws(variants, seeds[::-1])
    assert store.projected == 60


def test_a_deleted_word_moves_those_behind_it():
    base = np.arange(1, 11)
    engine = Incremental(FastEngine(model_of()))
    engine.logits_of_draws([base], [1], base=base)
    shorter = np.delete(base, 7)  # the words 9 and 10 come to stand elsewhere
    found = engine.logits_of_draws([shorter], [1], base=base)
    assert engine.engine.store.projected == 12
    assert torch.equal(found, reference(engine.model, [shorter], [1])[:, -1])


def test_noise_and_rows_that_had_to_go_are_made_again(monkeypatch):
    base, seeds = np.arange(1, 11), [3, 8]
    engine = FastEngine(model_of(), cache_bytes=1)
    engine.store.reserve(8)
    incremental = Incremental(engine)
    assert isinstance(incremental.rows, DrawnRows)
    incremental.rows.field_bytes = 1
    monkeypatch.setattr(bases_module, "KEPT_BYTES", 1)
    variants = exchanged(base)
    expected = reference(engine.model, variants, seeds)[:, -1]
    for _ in range(2):
        assert torch.equal(incremental.logits_of_draws(variants, seeds), expected)
    assert len(incremental.rows._fields) == 1 and len(incremental.bases) == 1
    assert engine.store.projected > 40  # 20 for each seed, had they been kept


def test_many_seeds_and_texts_need_no_more_rows_than_there_are():
    engine = FastEngine(model_of(), cache_bytes=1)
    engine.store.reserve(39)
    incremental = Incremental(engine)
    variants, seeds = exchanged(np.arange(1, 11)), list(range(9))
    found = incremental.logits_of_draws(variants, seeds)
    assert engine.store.rows == 40
    assert torch.equal(found, reference(engine.model, variants, seeds)[:, -1])


def test_noise_of_batches_is_left_to_the_engine():
    engine = FastEngine(model_of())
    sequences = exchanged(np.arange(1, 11))
    found = Incremental(engine).running_logits(sequences, 4)
    assert torch.equal(found, snn_logits(engine.model, sequences, 4))


def test_draws_of_another_kind_are_not_kept_by_position(monkeypatch):
    monkeypatch.setattr(Encoder, "bernoulli", False)
    with pytest.raises(Unsupported, match="draws depend on more"):
        Incremental(FastEngine(model_of()))


@pytest.mark.parametrize("name", ["reference", "torch", "fast"])
def test_every_engine_gives_the_same_draws(name):
    engine = make_engine(model_of(), name, similar=True)
    sequences, seeds = exchanged(np.arange(1, 8)), [2, 9]
    expected = reference(engine.model, sequences, seeds)[:, -1]
    assert torch.equal(logits_of_draws(engine, sequences, seeds), expected)
    own = list(range(len(sequences)))
    alone = [snn_logits(engine.model, [sequences[i]], i, True)[-1, 0] for i in own]
    assert torch.equal(logits_of_own_draws(engine, sequences, own), torch.stack(alone))


def test_sparse_slots_are_like_an_array():
    sparse, dense = SparseSlots(), np.full(20, -1)
    rng = np.random.default_rng(0)
    for _ in range(30):
        keys = rng.choice(20, 4, replace=False)
        slots = rng.integers(0, 9, 4)
        for array in (sparse, dense):
            array[keys] = slots
            array[keys[:2]] = -1
        every = np.arange(20)
        assert (sparse[every] == dense[every]).all()


def classifiers() -> tuple[ModelClassifier, ModelClassifier]:
    """One network behind the fast engine and behind the reference."""
    train = Split((" ".join(f"w{i}" for i in range(WORDS - 2)), "w1 w2"), (0, 1))
    stage, _ = TextStage.fit(train, "en", "random", dim=DIM)
    model = model_of()
    first = stage.encode(TEXTS[:1])
    logits = torch.cat([snn_logits(model, first, seed, True)[-1] for seed in range(40)])  # (40, 2)
    readout = model.network.node("readout")
    with torch.no_grad():  # between the classes, so that the noise decides
        readout.bias[0] -= (logits[:, 0] - logits[:, 1]).median()
    parts = stage, model, ("no", "yes")
    return ModelClassifier(*parts, engine="fast"), ModelClassifier(*parts, engine="reference")


TEXTS = ["w1 w2 w3 w4 w5", "w1 w2 w7 w4 w5", "w3", "", "w9 w8 w7 w6 w5 w4 w3 w2 w1"]


def test_probabilities_are_the_bits_of_the_reference():
    fast, slow = classifiers()
    for seed in (0, 1):
        expected = slow.probabilities(TEXTS, seed)
        assert (fast.probabilities(TEXTS, seed) == expected).all()
        for i, text in enumerate(TEXTS):
            assert (fast.probabilities([text], seed) == expected[i]).all()


def test_votes_are_those_of_one_text_and_one_draw_at_a_time():
    fast, slow = classifiers()
    expected = np.zeros((len(TEXTS), 2), np.int64)
    for i, text in enumerate(TEXTS):
        for draw in range(21):
            logits = slow.logits_by_step([text], derive(6, "vote", i, draw))[-1, 0]
            expected[i, int(logits.argmax())] += 1
    for classifier in (fast, slow):
        votes = classifier.votes(TEXTS, 21, seed=6)
        assert votes.dtype == np.int64 and (votes == expected).all()
    assert (fast.votes(TEXTS[:1], 21, seed=6) == expected[:1]).all()
    assert (expected.min(axis=1) > 0).any()  # the noise decides some
    assert fast.votes([], 21).shape == (0, 2)
