"""Batches, evaluation and the classifier that attacks and predictions use."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from snnconvert.convert.conversion import convert_model
from snnconvert.convert.recipes.recipe import ConversionRecipe
from snnconvert.engine.classifier import ModelClassifier
from snnconvert.engine.evaluate import accuracy, evaluate_snn
from snnconvert.engine.reference import ann_logits, snn_logits
from snnconvert.errors import InputError
from snnconvert.models.batches import by_length, shuffled, to_batch
from snnconvert.models.encoders.encoder import Encoder
from snnconvert.models.families.textcnn import TextCNNSpec, build_textcnn
from snnconvert.models.text_model import TextModel
from snnconvert.text.datasets.dataset import Split
from snnconvert.text.stages.words import TextStage

TEXTS = (
    "good food and good people",
    "bad food",
    "good",
    "",
    "zzz qqq",
    "the people were bad , the food was good and the room was fine",
)
LABELS = (1, 0, 1, 0, 0, 1)


@pytest.fixture(scope="module")
def stage_and_ann() -> tuple[TextStage, TextModel]:
    stage, matrix = TextStage.fit(Split(TEXTS[:3] + TEXTS[5:], (1, 0, 1, 1)), "en", "random", dim=8)
    network = build_textcnn(TextCNNSpec(8, 2, (2, 3), 6, bound=1.0), seed=1)
    return stage, TextModel(torch.from_numpy(matrix), network).eval()


def classifier(stage_and_ann, code: str | None, draws: int = 4) -> ModelClassifier:
    stage, ann = stage_and_ann
    if code is None:
        return ModelClassifier(stage, ann, ("no", "yes"))
    recipe = ConversionRecipe(7, Encoder(code))
    snn = convert_model(ann, recipe, stage.encode(TEXTS)).snn
    return ModelClassifier(stage, snn, ("no", "yes"), draws)


@given(
    st.lists(st.integers(0, 50), max_size=40),
    st.integers(1, 9),
    st.none() | st.integers(1, 120),
)
def test_by_length_visits_every_sequence_once_within_its_limits(lengths, size, most):
    sequences = [np.zeros(n, dtype=np.int64) for n in lengths]
    batches = list(by_length(sequences, size, most))
    assert sorted(i for batch in batches for i in batch) == list(range(len(lengths)))
    for batch in batches:
        longest = max(1, *(lengths[i] for i in batch)) if len(batch) > 1 else 0
        assert len(batch) <= size
        assert most is None or len(batch) == 1 or longest * len(batch) <= most


@given(st.lists(st.integers(0, 50), min_size=1, max_size=60), st.integers(1, 9), st.integers(0, 99))
def test_shuffled_visits_every_sequence_once_and_repeats_by_seed(lengths, size, seed):
    one, two = (
        shuffled(lengths, size, torch.Generator().manual_seed(seed), pool=3) for _ in range(2)
    )
    assert one == two
    assert sorted(i for batch in one for i in batch) == list(range(len(lengths)))
    assert max(map(len, one)) <= size


def test_batches_are_padded_with_zeros():
    ids, lengths = to_batch([np.array([5, 6, 7]), np.array([], dtype=np.int64), np.array([8])])
    assert ids.tolist() == [[5, 6, 7], [0, 0, 0], [8, 0, 0]] and lengths.tolist() == [3, 0, 1]


def test_accuracy_equals_scikit_learn():
    metrics = pytest.importorskip("sklearn.metrics")
    logits = torch.randn(50, 4, generator=torch.Generator().manual_seed(0))
    labels = torch.randint(4, (50,), generator=torch.Generator().manual_seed(1)).tolist()
    expected = metrics.accuracy_score(labels, logits.argmax(1).numpy())
    assert accuracy(logits, labels) == pytest.approx(expected, abs=1e-15)


def test_logits_come_in_the_order_of_the_texts(stage_and_ann):
    stage, ann = stage_and_ann
    sequences = stage.encode(TEXTS)
    together = ann_logits(ann, sequences)
    alone = torch.cat([ann_logits(ann, [sequence]) for sequence in sequences])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("code", [None, "direct", "saf", "bitplane", "poisson"])
def test_probabilities_are_rows_that_sum_to_one_whatever_the_text(stage_and_ann, code):
    rows = classifier(stage_and_ann, code).probabilities([*TEXTS, "\U0001f600 好", "good " * 400])
    assert rows.dtype == np.float64 and rows.shape == (8, 2)
    np.testing.assert_allclose(rows.sum(axis=1), 1, atol=1e-12)
    assert np.isfinite(rows).all()


@pytest.mark.parametrize("code", ["saf", "poisson"])
def test_a_text_does_not_depend_on_the_texts_beside_it(stage_and_ann, code):
    model = classifier(stage_and_ann, code)
    together = model.probabilities(TEXTS, seed=3)
    # longer texts beside it change the padding; Poisson noise is drawn per position
    alone = np.concatenate([model.probabilities([text], seed=3) for text in TEXTS])
    np.testing.assert_allclose(together, alone, atol=1e-6)


def test_stochastic_models_repeat_by_seed_and_average_their_draws(stage_and_ann):
    model = classifier(stage_and_ann, "poisson", draws=8)
    assert np.array_equal(model.probabilities(TEXTS, 1), model.probabilities(TEXTS, 1))
    assert not np.array_equal(model.probabilities(TEXTS, 1), model.probabilities(TEXTS, 2))
    single = classifier(stage_and_ann, "poisson", draws=1)
    spread = [
        np.std([m.probabilities(TEXTS[:1], s)[0, 1] for s in range(20)]) for m in (single, model)
    ]
    assert spread[1] < spread[0]


def test_evaluation_gives_the_whole_curve_and_counts(stage_and_ann):
    model = classifier(stage_and_ann, "saf")
    sequences = model.stage.encode(TEXTS)
    figures = evaluate_snn(model.model, sequences, LABELS)
    logits = snn_logits(model.model, sequences)
    assert figures["accuracy_by_step"] == [accuracy(step, LABELS) for step in logits]
    assert len(figures["accuracy_by_step"]) == 7
    assert figures["sops_per_sample"] == pytest.approx(sum(figures["sops_by_layer"].values()))
    assert figures["input_spikes_per_sample"] > 0


def test_a_model_of_another_vocabulary_is_refused(stage_and_ann):
    stage, ann = stage_and_ann
    other = TextModel(torch.zeros(3, 8), ann.network)
    with pytest.raises(InputError, match="not of the same run"):
        ModelClassifier(stage, other, ("no", "yes"))


@pytest.mark.parametrize("draws", [0, -1, 2.5, "8", None])
def test_a_number_of_draws_that_is_none_is_refused(stage_and_ann, draws):
    with pytest.raises(InputError, match="a whole number of at least 1 for draws"):
        classifier(stage_and_ann, "poisson", draws)


def test_draws_may_be_a_number_of_numpys(stage_and_ann):
    assert classifier(stage_and_ann, "poisson", np.int64(2)).probabilities(TEXTS).shape == (6, 2)


@pytest.mark.parametrize("code", [None, "saf", "direct"])
def test_a_copy_takes_no_tables(stage_and_ann, code):
    """They are large, made anew by whoever needs them, and memory that was never written to."""
    model = classifier(stage_and_ann, code)
    fresh = len(pickle.dumps(model))
    expected = model.probabilities([*TEXTS] * 20)  # by compiled kernels
    model.gradient(TEXTS[0], 1)
    written = pickle.dumps(model)
    assert len(written) < fresh + 2000
    for other in (pickle.loads(written), copy.deepcopy(model)):
        assert np.array_equal(other.probabilities([*TEXTS] * 20), expected)


def test_no_texts_give_no_rows(stage_and_ann):
    assert classifier(stage_and_ann, "saf").probabilities([]).shape == (0, 2)
