"""Paired tests: by hand, against SciPy, and Holm's correction against closed testing."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import bootstrap, chi2

from snnconvert.attacks.statistics.compare import (
    compare,
    controls_of,
    correct,
    mcnemar,
    victim_pairs,
)
from snnconvert.attacks.statistics.scores import score
from snnconvert.errors import InputError
from snnconvert.tests.helpers.records import records

NAMES = {"victim_a": "ann", "victim_b": "snn", "attack": "pwws"}


def test_by_hand():
    a, b = records("ssssffkkee"), records("fffusfkfse")
    row = compare(a, b, **NAMES)
    # the last two texts have an error on a; of the other eight a withstands 2, b 6
    assert (row["n"], row["excluded"]) == (8, 2)
    assert (row["accuracy_a"], row["accuracy_b"]) == (2 / 8, 6 / 8)
    assert (row["only_a"], row["only_b"]) == (1, 5)
    assert row["difference"] == pytest.approx(-0.5)
    # two-sided: 2 (C(6,0) + C(6,1)) / 2^6
    assert row["p"] == pytest.approx(14 / 64) and row["p_corrected"] is None
    # a: 4 of 6 right ones fall, b: 1 of 7 (its claim on the fourth does not hold)
    assert row["success_difference"] == pytest.approx(4 / 6 - 1 / 7)
    assert {name: row[name] for name in NAMES} == NAMES


def test_outcomes():
    a, b = records("sufk"), records("usuf")
    rows = {o: compare(a, b, outcome=o, **NAMES) for o in ("clean", "claimed", "verified")}
    figures = {o: (row["accuracy_a"], row["accuracy_b"]) for o, row in rows.items()}
    assert figures == {"clean": (0.75, 1.0), "claimed": (0.25, 0.25), "verified": (0.5, 0.75)}
    assert rows["clean"]["success_difference"] is None
    for victim, records_of in (("a", a), ("b", b)):
        scored = score(records_of)
        assert scored["clean_accuracy"] == rows["clean"][f"accuracy_{victim}"]
        assert scored["accuracy_under_attack"] == rows["claimed"][f"accuracy_{victim}"]
        assert scored["verified_accuracy"] == rows["verified"][f"accuracy_{victim}"]


def test_the_same_victim_does_not_differ_and_order_turns_the_sign():
    a, b = records("sfsfskse" * 5), records("ffsfskfs" * 5)
    same = compare(a, a, **NAMES)
    assert same["difference"] == same["low"] == same["high"] == 0 and same["p"] == 1
    there, back = compare(a, b, **NAMES), compare(b, a, **NAMES)
    assert there["difference"] == -back["difference"] and there["p"] == back["p"]
    assert there["low"] < there["difference"] < there["high"]
    assert compare(a, list(reversed(b)), **NAMES) == there  # examples in any order
    assert compare(a, b, seed=1, **NAMES) != there


def test_without_texts_there_are_no_figures():
    for a, b in (("", ""), ("ee", "sf")):
        row = compare(records(a), records(b), **NAMES)
        assert row["n"] == 0 and row["p"] is row["difference"] is row["low"] is None
    # nothing was right before: no success rate
    assert compare(records("kk"), records("sf"), **NAMES)["success_difference"] is None


@pytest.mark.parametrize("other", ["sss", "s"])
def test_other_examples_are_refused(other):
    with pytest.raises(InputError, match="records of the same examples"):
        compare(records("sf"), records(other), **NAMES)


def test_other_texts_and_outcomes_are_refused():
    with pytest.raises(InputError, match="same examples"):
        compare(records("s"), records("s", text="another"), **NAMES)
    with pytest.raises(InputError, match="expected an outcome of clean, claimed, verified"):
        compare(records("s"), records("s"), outcome="robust", **NAMES)


@given(st.integers(0, 40), st.integers(0, 40))
def test_mcnemar_is_a_binomial_tail(b, c):
    n, low = b + c, min(b, c)
    row = [1]  # of Pascal's triangle
    for _ in range(n):
        row = [1, *(x + y for x, y in pairwise(row)), 1]
    expected = min(1.0, 2 * sum(row[: low + 1]) / 2**n)
    assert mcnemar(b, c) == pytest.approx(expected) and mcnemar(c, b) == mcnemar(b, c)


def test_mcnemar_is_near_the_chi_square_with_continuity_for_many_pairs():
    assert mcnemar(130, 90) == pytest.approx(chi2.sf((40 - 1) ** 2 / 220, 1), rel=0.05)


def test_the_interval_is_that_of_scipys_paired_bootstrap():
    rng = np.random.default_rng(3)
    states = rng.choice(list("sffk"), size=(2, 150))
    a, b = records("".join(states[0])), records("".join(states[1]))
    row = compare(a, b, samples=20_000, **NAMES)
    ok = (states == "f").astype(float)
    reference = bootstrap(
        (ok[0], ok[1]),
        lambda x, y, axis: x.mean(axis=axis) - y.mean(axis=axis),
        paired=True,
        method="percentile",
        n_resamples=20_000,
        rng=np.random.default_rng(0),
    ).confidence_interval
    # the means are multiples of 1/150
    assert row["low"] == pytest.approx(reference.low, abs=1 / 150)
    assert row["high"] == pytest.approx(reference.high, abs=1 / 150)
    right = (states != "k").astype(float)

    def success(x, y, axis):
        # x, y: 0 for a text that was wrong before, 1 for one that fell, 2 for one that held
        return (x == 1).sum(axis) / (x > 0).sum(axis) - (y == 1).sum(axis) / (y > 0).sum(axis)

    reference = bootstrap(
        tuple(right + ok),
        success,
        paired=True,
        method="percentile",
        n_resamples=20_000,
        rng=np.random.default_rng(0),
    ).confidence_interval
    assert row["success_low"] == pytest.approx(reference.low, abs=0.01)
    assert row["success_high"] == pytest.approx(reference.high, abs=0.01)


def closed_testing(p):
    """Adjusted p of Holm as the closure of Bonferroni tests: the worst subset with the test."""
    everyone = range(len(p))
    subsets = [s for size in range(1, len(p) + 1) for s in combinations(everyone, size)]
    return [
        max(min(1.0, len(s) * min(p[j] for j in s)) for s in subsets if i in s) for i in everyone
    ]


@given(st.lists(st.one_of(st.floats(0, 1), st.sampled_from([0.01, 0.02])), max_size=7))
def test_holm_is_the_closure_of_bonferroni(p):
    corrected = correct([{"p": value} for value in p])
    assert [row["p_corrected"] for row in corrected] == pytest.approx(closed_testing(p))


def test_holm_by_hand_and_rows_without_a_test():
    rows = [{"p": p, "n": i} for i, p in enumerate((0.03, None, 0.01, 0.02, 0.9))]
    corrected = correct(rows)
    # 4 tests: 4 x .01, 3 x .02, then 2 x .03 which is no lower, .9
    assert [row["p_corrected"] for row in corrected] == [0.06, None, 0.04, 0.06, 0.9]
    assert [row["n"] for row in corrected] == [0, 1, 2, 3, 4]
    assert "p_corrected" not in rows[0] and correct([]) == []


VICTIMS = {
    "ann": ("ann", ""),
    "snn": ("snn", ""),
    "snn@poisson:7": ("snn@poisson:7", ""),
    "snn@saf:7": ("snn@saf:7", ""),
    "finetuned": ("finetuned", ""),
    "ann+levels": ("ann", "levels"),
    "ann+noise@poisson:7": ("ann@poisson:7", "noise"),
    "finetuned+deterministic": ("finetuned", "deterministic"),
}


def test_which_victims_are_compared():
    rows = [{"victim": v, "base": b, "control": c, "attack": a}
            for a in ("x", "y") for v, (b, c) in VICTIMS.items()]  # fmt: skip
    assert victim_pairs(rows) == [
        ("ann", "snn"),
        ("ann", "snn@poisson:7"),
        ("ann", "snn@saf:7"),
        ("ann", "finetuned"),
        ("ann+levels", "snn"),
        ("ann+noise@poisson:7", "snn@poisson:7"),
        ("snn@saf:7", "snn@poisson:7"),
        ("ann+levels", "finetuned"),
        ("finetuned+deterministic", "finetuned"),
    ]
    assert controls_of("ann", VICTIMS) == controls_of("snn@saf:7", VICTIMS) == []
