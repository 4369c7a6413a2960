"""Wilson intervals and the figures of an attack, against hand-computed and independent values."""

from __future__ import annotations

from dataclasses import replace
from difflib import SequenceMatcher

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from snnconvert.attacks.records import Record
from snnconvert.attacks.statistics.scores import largest_share, quantile, score, similarity, wilson
from snnconvert.tests.helpers.records import records as made


def record(status: str, words: int = 10, changed: int = 0, queries: int = 1) -> Record:
    return Record(
        index=0,
        label=1,
        text="t",
        clean_prediction=None if status == "error" else 1,
        clean_probability=None if status == "error" else 0.9,
        status=status,
        adversarial_text="u" if status == "success" else None,
        adversarial_prediction=0 if status == "success" else None,
        words=words,
        words_changed=changed,
        queries=queries,
        changed_words=[],
    )


def test_wilson_by_hand():
    # k = n = 1, z = 2: p = 1, (1 + 2) / 5 -+ 2 sqrt(0 + 1) / 5 -> (0.2, 1)
    assert wilson(1, 1, z=2.0) == pytest.approx((0.2, 1.0))
    # k = 2, n = 4, z = 2: centre (0.5 + 0.5) / 2, reach 2 sqrt(1/16 + 1/16) / 2 = sqrt(1/8)
    assert wilson(2, 4, z=2.0) == pytest.approx((0.5 - 0.125**0.5, 0.5 + 0.125**0.5))


def test_wilson_without_trials_is_none():
    assert wilson(0, 0) is None


@pytest.mark.parametrize(("k", "n"), [(-1, 3), (4, 3), (1, 0)])
def test_wilson_refuses_impossible_counts(k, n):
    with pytest.raises(ValueError, match="0 <= k <= n"):
        wilson(k, n)


@given(st.integers(1, 3000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_equals_scipy(counts):
    k, n = counts
    reference = binomtest(k, n).proportion_ci(confidence_level=0.95, method="wilson")
    assert wilson(k, n) == pytest.approx((reference.low, reference.high), abs=1e-6)


def test_the_largest_class_by_hand():
    """Three of five texts are of class 2; a text without a result counts in no accuracy."""
    labels = (0, 2, 2, 1, 2, 1, 1, 1)
    found = [replace(r, label=label) for r, label in zip(made("sfkuueee"), labels, strict=True)]
    assert score(found)["largest_class_share"] == largest_share(found) == 3 / 5
    assert largest_share(made("ee")) is largest_share([]) is None


@given(st.lists(st.integers(0, 3), min_size=1, max_size=30), st.integers(0, 3))
def test_no_single_answer_beats_the_largest_class(labels, answer):
    found = [replace(r, label=k) for r, k in zip(made("f" * len(labels)), labels, strict=True)]
    assert labels.count(answer) / len(labels) <= largest_share(found)


def test_score_by_hand():
    records = [
        record("success", words=10, changed=1, queries=20),
        record("success", words=4, changed=2, queries=30),
        record("failed", queries=70),
        record("skipped", queries=1),
        record("error", words=0, queries=0),
    ]
    result = score(records)
    assert (result["n"], result["errors"], result["attacked"], result["successes"]) == (5, 1, 3, 2)
    assert result["clean_accuracy"] == pytest.approx(3 / 4)
    assert result["accuracy_under_attack"] == pytest.approx(1 / 4)
    assert result["success_rate"] == pytest.approx(2 / 3)
    assert result["words_changed"] == pytest.approx((0.1 + 0.5) / 2)
    assert result["queries"] == pytest.approx((20 + 30 + 70) / 3)
    assert result["queries_median"] == 30
    assert result["queries_q90"] == pytest.approx(30 + 0.8 * 40)
    for name, k, n in [("clean_accuracy", 3, 4), ("success_rate", 2, 3)]:
        assert (result[f"{name}_low"], result[f"{name}_high"]) == wilson(k, n)


@pytest.mark.parametrize("records", [[], [record("error")]])
def test_figures_over_nothing_are_none(records):
    result = score(records)
    assert result["n"] == len(records)
    for name in ("clean_accuracy", "accuracy_under_attack", "success_rate"):
        assert result[name] is result[f"{name}_low"] is result[f"{name}_high"] is None
    assert result["words_changed"] is result["queries"] is None


def test_all_wrong_before_the_attack():
    result = score([record("skipped"), record("skipped")])
    assert result["clean_accuracy"] == result["accuracy_under_attack"] == 0.0
    assert result["success_rate"] is None


def test_claims_that_do_not_hold():
    result = score(made("ssuffkke"))
    assert (result["successes"], result["verified"]) == (3, 2)
    assert result["unverified_share"] == pytest.approx(1 / 3)
    assert result["accuracy_under_attack"] == pytest.approx(2 / 7)
    assert result["verified_accuracy"] == pytest.approx(3 / 7)
    assert (result["verified_accuracy_low"], result["verified_accuracy_high"]) == wilson(3, 7)
    assert (result["unverified_share_low"], result["unverified_share_high"]) == wilson(1, 3)
    assert score(made("ffk"))["unverified_share"] is None


def test_similarity_by_hand():
    assert similarity("", "") == similarity("好吃 的", "好吃 的") == 1.0
    assert similarity("ab", "") == similarity("ab", "cd") == 0.0
    # all of "a god film" but the missing o: 2 x 10 of 21 letters
    assert similarity("a good film", "a god film") == pytest.approx(20 / 21)
    # no spaces: letter by letter, four of five the same
    assert similarity("味道好极啦", "位道好极啦") == pytest.approx(8 / 10)
    # a synonym shares no letter here, only the words around it
    assert similarity("so big", "so vast") == pytest.approx(6 / 13)
    assert score(made("sf", adversarial_text="text 1"))["similarity"] == pytest.approx(10 / 12)


@given(st.text("ab 好", max_size=20), st.text("ab 好", max_size=20))
def test_similarity_is_a_share_and_difflibs_for_single_words(a, b):
    assert 0 <= similarity(a, b) <= 1 and similarity(a, a) == 1
    a, b = a.replace(" ", ""), b.replace(" ", "")
    assert similarity(a, b) == pytest.approx(SequenceMatcher(None, a, b, autojunk=False).ratio())


def test_similarity_of_long_texts_is_quick():
    words = [f"word{i % 700}" for i in range(10_000)]
    other = [w if i % 250 else w + "x" for i, w in enumerate(words)]
    letters = len(" ".join(words))  # to which 40 were added
    assert similarity(" ".join(words), " ".join(other)) == pytest.approx(letters / (letters + 20))
    assert similarity("a" * 10_000, "a" * 9_000 + "b" * 1000) <= 1


@given(st.lists(st.integers(1, 1000), min_size=1, max_size=30), st.floats(0, 1))
def test_quantiles_are_numpys(values, q):
    assert quantile(values, q) == pytest.approx(float(np.quantile(values, q)))
    assert quantile([], q) is None
