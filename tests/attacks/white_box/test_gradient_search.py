"""Gradient search: scores of candidates as the model reads them, queries, odd texts."""

from __future__ import annotations

import numpy as np
import pytest

from snnconvert.attacks.building.gradient_search import gradient_search
from snnconvert.attacks.building.texts import tracked_text
from snnconvert.engine.classifier import ModelClassifier
from snnconvert.tests.attacks.white_box.models import (
    BAD,
    CHINESE_TEXTS,
    ENGLISH_TEXTS,
    Blind,
    Counting,
    build,
    converted,
    linear,
    outcome,
    sentences,
    small_cnn,
)

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def trained() -> ModelClassifier:
    """A small CNN that tells the two classes of `sentences` apart."""
    return small_cnn()


@pytest.mark.parametrize(
    "code", ["ann", *(pytest.param(code, marks=pytest.mark.long) for code in ("saf", "poisson"))]
)
def test_the_gradient_beats_chance(textattack, trained, code):
    """Candidates, search and victim are the same: random scores have to show many more texts."""
    victim = trained if code == "ann" else converted(trained, code)
    texts, labels = sentences(30, 7)

    def shown(classifier, kind):
        counted = Counting(classifier)
        found = outcome(build(counted, gradient_search(kind, shown=1)), texts, labels)
        wins = sum(status.startswith("Successful") for status, _ in found)
        return wins / len(found), counted.texts - len(texts)

    rate, by_chance = shown(Blind(victim), "rga")
    for kind in ["surrogate"] if code == "ann" else ["surrogate", "rga", "averaged"]:
        found = shown(victim, kind)
        assert found[0] >= max(rate, 0.95) and 1.5 * found[1] < by_chance, (kind, found, by_chance)


def test_an_anns_kinds_are_one_attack(textattack, trained):
    texts, labels = sentences(6, 9)
    first, second = (
        outcome(build(trained, gradient_search(kind)), texts, labels)
        for kind in ("surrogate", "rga")
    )
    assert first == second


@pytest.mark.parametrize("kind", ["surrogate", "averaged"])
@pytest.mark.parametrize("budget", [1, 2, 9, 10, 11, 25, 500])
def test_every_pass_is_a_query_and_the_budget_holds(textattack, trained, kind, budget):
    victim = Counting(trained)
    attack = build(
        victim, gradient_search(kind, draws=3), lambda w: BAD if w in BAD else [], budget
    )
    text, label = "a bad and boring film , flat and poor", 0
    result = attack.attack(tracked_text(text), label)  # it cannot succeed: one bad for another
    assert type(result).__name__ == "FailedAttackResult"
    assert result.num_queries == victim.texts + victim.passes <= budget
    if budget == 500:  # a gradient for each of the four words, and one that finds no word left
        assert victim.passes == 5 * (3 if kind == "averaged" else 1)


def test_a_beam_goes_on_from_several_texts(textattack, trained):
    texts, labels = sentences(8, 11)
    victim = Counting(trained)
    found = outcome(build(victim, gradient_search("surrogate", beam=3)), texts, labels)
    assert all(status.startswith("Successful") for status, _ in found)


def losses(classifier: ModelClassifier, texts: list[str], label: int) -> np.ndarray:
    return -np.log(classifier.probabilities(texts)[:, label])


def swaps(text: str, language: str, classifier: ModelClassifier) -> list[str]:
    """The text with each of the attack's words replaced by some other."""
    segment = classifier.segment if language == "zh" else None
    tracked = tracked_text(text, segment)
    others = (
        ["好吃", "时间店", "不"] if language == "zh" else ["miss", "Like", "well-like", "zebra"]
    )
    return [
        tracked.replace_word_at_index(i, other).text
        for i in range(len(tracked.words))
        for other in others
    ]


@pytest.mark.parametrize(
    ("text", "language"),
    [*((t, "en") for t in ENGLISH_TEXTS), *((t, "zh") for t in CHINESE_TEXTS)],
)
def test_scores_are_of_the_words_that_the_model_reads(textattack, text, language):
    """Whatever an attack calls a word: for a linear model the scores have the order of the losses.

    That holds for all candidates which the model cuts into as many words as the text; where the
    number changes, so does the weight of every word in the mean.
    """
    classifier = linear(ENGLISH_TEXTS if language == "en" else CHINESE_TEXTS, language)
    found = classifier.gradient(text, 1)
    assert found.gradient.shape == (len(found.ids), 6)
    known = [w for w in classifier.segment(text) if w in classifier.stage.vocabulary]
    assert [w for w in found.words if w in known] == known
    size = len(found.ids)
    candidates = swaps(text, language, classifier)
    same = [c for c in candidates if len(classifier.stage.encode([c])[0]) == size]
    assert len(same) >= 6
    if language == "zh" or "do n't" in text:
        assert len(same) < len(candidates)
    scores = classifier.first_order(found, same)
    loss = losses(classifier, same, 1)
    order = np.argsort(loss, kind="stable")
    assert (np.diff(scores[order]) >= -1e-9).all()
    start = losses(classifier, [text], 1)[0]
    assert ((scores > 1e-9) == (loss > start + 1e-9)).all()


def test_two_words_of_the_attack_may_be_one_of_the_model(textattack):
    """TextAttack sees "do" and "n't", the model "don't": either change is one of that word."""
    classifier = linear(ENGLISH_TEXTS, "en")
    found = classifier.gradient("do n't miss it", 0)
    assert found.words == ["don't", "miss", "it"]
    vectors = classifier.model.embedding.weight.numpy().astype(float)
    known = classifier.stage.vocabulary.ids(["don't", "film"])
    score = classifier.first_order(found, ["film miss it"])[0]
    assert score == pytest.approx((vectors[known[1]] - vectors[known[0]]) @ found.gradient[0])


def test_words_beyond_the_models_reach_are_not_tried(textattack, trained):
    text = "a bad film . " + "the plot is long " * 2500
    stage = trained.stage
    long = ModelClassifier(stage, trained.model, trained.classes)
    found = long.gradient(text, 0)
    assert len(found.ids) == stage.max_length and found.reach < 5000
    assert np.array_equal(found.ids, stage.encode([text])[0])
    victim = Counting(long)
    tried: set[str] = set()

    def other(word):
        tried.add(word)
        return ["bad"] if word in ("long", "beyond") else []

    attack = build(victim, gradient_search("surrogate"), other, 12)
    result = attack.attack(tracked_text(text + "beyond"), 0)
    assert result.num_queries <= 12
    assert tried == {"a", "bad", "film", "the", "plot", "is", "long"}


@pytest.mark.parametrize("size", [0, 1, 2300, 2304, 2305, 50_000])
def test_reach_holds_all_that_is_read(trained, size):
    for unit in ("bad film . ", "x" * 30 + " ", "do n't "):
        text = (unit * size)[:size]
        reach = trained.stage.reach(text)
        assert np.array_equal(*trained.stage.encode([text, text[:reach]]))
        longer = "charmingly " + text
        assert np.array_equal(*trained.stage.encode([longer, longer[:reach]]))


@pytest.mark.parametrize("text", ["", " ", "bad", "😀", "坏 bad 😀", "\ud83d"])
def test_odd_texts_are_attacked_or_left(textattack, trained, text):
    label = int(trained.probabilities([text])[0].argmax())
    for kind in ("surrogate", "averaged"):
        attack = build(converted(trained, "saf"), gradient_search(kind))
        assert attack.attack(tracked_text(text), label).num_queries >= 1
