"""Wilson intervals and the figures of an attack, against hand-computed and independent values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from snnconvert.attacks.records import Record
from snnconvert.attacks.scores import score, wilson


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
