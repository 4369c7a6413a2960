"""White-box attacks by name: refusals, controls, records."""

from __future__ import annotations

import numpy as np
import pytest

from snnconvert.attacks.building.gradient_search import gradient_search
from snnconvert.attacks.controls.coded_ann import CodedAnn
from snnconvert.attacks.controls.quantised_scores import QuantisedScores
from snnconvert.attacks.presets import PRESETS
from snnconvert.attacks.presets.requirements import check_gradients
from snnconvert.attacks.runs import Example, run_attack
from snnconvert.attacks.victims import Victim, check_gradient
from snnconvert.engine.classifier import ModelClassifier
from snnconvert.errors import InputError
from snnconvert.models.encoders.encoder import Encoder
from snnconvert.models.neurons.signed import SignedIF
from snnconvert.models.snn import SpikingTextModel
from snnconvert.tests.attacks.white_box.models import (
    CHINESE_TEXTS,
    ENGLISH_TEXTS,
    build,
    converted,
    linear,
    outcome,
    sentences,
    small_cnn,
)
from snnconvert.tests.helpers.attacks import CHINESE, ENGLISH, EXAMPLES, Bag

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def trained() -> ModelClassifier:
    """A small CNN that tells the two classes of `sentences` apart."""
    return small_cnn()


def test_a_victim_without_gradients_is_refused_before_any_text(textattack, tmp_path, trained):
    for language, weights, name in (
        ("en", ENGLISH, "hotflip-rga"),
        ("zh", CHINESE, "zh-hotflip-averaged"),
    ):
        with pytest.raises(InputError, match=f"{name} needs the gradients.*alone \\(Bag\\)"):
            PRESETS[name].build(Victim(Bag(language, weights)), 100)
    snn = converted(trained, "saf")
    assert isinstance(snn.model, SpikingTextModel)
    for name in list(snn.model.network.inputs):
        if name.startswith("act"):
            snn.model.network.nodes[name] = SignedIF()
    with pytest.raises(InputError, match="the model has if, signed|the model has signed"):
        check_gradient(snn, "hotflip-rga", "rga")


def test_controls_pass_their_gradients_on(textattack, trained):
    """Rounded scores hide nothing from who sees the network; noise of a code is drawn anew."""
    text, label = "a bad and boring film , flat and poor", 0
    plain = trained.gradient(text, label)
    rounded = QuantisedScores(trained, 4)
    assert np.array_equal(rounded.gradient(text, label).gradient, plain.gradient)
    attack = build(rounded, gradient_search("rga"))
    texts, labels = sentences(6, 3)
    assert all(status.startswith("Successful") for status, _ in outcome(attack, texts, labels))
    fine = CodedAnn(trained, Encoder("saf", "split"), 4096)
    found = fine.gradient(text, label)
    assert found.words == plain.words
    cosine = np.vdot(found.gradient, plain.gradient)
    cosine /= np.linalg.norm(found.gradient) * np.linalg.norm(plain.gradient)
    assert cosine > 0.999  # 4096 steps leave the vectors nearly as they are
    noisy = CodedAnn(trained, Encoder("poisson", "split"), 4)
    draws = [noisy.gradient(text, label, "surrogate", seed).gradient for seed in (1, 2)]
    assert not np.array_equal(*draws)
    mean = noisy.gradient(text, label, "averaged", 1, 64)
    assert mean.passes == 64
    assert np.allclose(
        noisy.first_order(mean, [text.replace("bad", "good")]),
        trained.first_order(mean, [text.replace("bad", "good")]),
    )


def test_victims_are_checked_before_any_is_attacked(trained):
    bag = Bag("en", ENGLISH)
    victims = {"ann": trained, "levels": QuantisedScores(bag, 4), "bag": bag}
    check_gradients([("bag", "pwws"), ("ann", "hotflip-rga")], victims.__getitem__)
    for name in ("bag", "levels"):
        with pytest.raises(InputError, match="hotflip-averaged needs the gradients of its victim"):
            check_gradients([("ann", "pwws"), (name, "hotflip-averaged")], victims.__getitem__)


@pytest.mark.long
def test_white_box_attacks_differ_from_their_black_box_in_search_alone(textattack, nltk_data):
    trained_ = linear(ENGLISH_TEXTS, "en")
    white = PRESETS["hotflip-averaged"].build(Victim(trained_), 100)
    black = PRESETS["pwws"].build(Victim(trained_), 100)
    assert repr(white.transformation) == repr(black.transformation)
    assert repr(white.constraints) == repr(black.constraints)
    assert repr(white.pre_transformation_constraints) == repr(black.pre_transformation_constraints)
    assert not white.is_black_box and black.is_black_box
    assert white.goal_function.query_budget == 100
    assert PRESETS["hotflip-rga"].needs == PRESETS["pwws"].needs


@pytest.mark.parametrize("name", ["zh-hotflip-surrogate", "zh-hotflip-rga", "zh-hotflip-averaged"])
def test_chinese_records_are_the_same_again(textattack, tmp_path, name):
    """Records, resume and verification are those of every attack."""
    texts = [*CHINESE_TEXTS, "好吃", "😀 不错 film"]
    classifier = linear(texts, "zh")
    labels = classifier.probabilities(texts).argmax(axis=1).tolist()
    examples = [
        Example(i, t, label) for i, (t, label) in enumerate(zip(texts, labels, strict=True))
    ]
    options = {"query_budget": 60, "progress": False}
    whole = run_attack(classifier, examples, name, "ann", tmp_path / "a.jsonl", **options)
    assert {record.status for record in whole} <= {"success", "failed"}
    assert any(record.status == "success" and record.verified for record in whole)
    assert all(record.queries <= 60 for record in whole)
    run_attack(classifier, examples[:2], name, "ann", tmp_path / "b.jsonl", **options)
    assert run_attack(classifier, examples, name, "ann", tmp_path / "b.jsonl", **options) == whole
    for record in whole:
        for old, new in record.changed_words:
            assert old in record.text and new in (record.adversarial_text or "")


def test_english_records(textattack, nltk_data, tmp_path):
    texts = [example.text for example in EXAMPLES]
    classifier = linear(texts, "en")
    labels = classifier.probabilities(texts).argmax(axis=1).tolist()
    examples = [
        Example(i, t, label) for i, (t, label) in enumerate(zip(texts, labels, strict=True))
    ]
    found = run_attack(
        classifier, examples, "hotflip-averaged", "ann", tmp_path / "r.jsonl", progress=False
    )
    assert all(record.status in ("success", "failed") for record in found)
    assert all(record.queries >= 1 + 8 + 1 for record in found if record.status == "success")
