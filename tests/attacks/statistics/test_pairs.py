"""Every significant pair is said."""

from __future__ import annotations

from typing import Any

from snnconvert.attacks.statistics.conclusions import conclusions
from snnconvert.attacks.statistics.pairs import pair_sentences


def pair(a: str, b: str, attack: str, first: float, second: float, p: float | None) -> Any:
    """A paired test."""
    return {
        "victim_a": a, "victim_b": b, "attack": attack, "outcome": "verified",
        "accuracy_a": first, "accuracy_b": second, "difference": first - second,
        "low": 0.0, "high": 0.0, "p": p, "p_corrected": p,
    }  # fmt: skip


def test_all_that_are_significant_and_no_others() -> None:
    tests = [
        pair("ann", "snn", "pwws", 0.25, 0.5, 0.01),
        pair("ann+noise", "snn", "pwws", 0.6, 0.5, 0.02),
        pair("ann", "finetuned", "pwws", 0.25, 0.3, 0.9),
        pair("ann", "snn", "iga", 0.91243, 0.88757, 0.049) | {"outcome": "claimed"},
        pair("ann", "snn", "bae", 0.1, 0.9, None),
    ]
    assert pair_sentences(tests) == [
        "Of 4 paired tests 3 are significant after correction: under pwws snn keeps 25.0 points "
        "more than ann and ann+noise keeps 10.0 points more than snn; under iga, claimed outcome "
        # 91.2 - 88.8, as they are shown, and not 2.5
        "ann keeps 2.4 points more than snn."
    ]
    assert pair_sentences(tests[2:3]) == pair_sentences([]) == []


def test_they_are_among_the_conclusions() -> None:
    row = {"victim": "ann", "attack": "pwws", "n": 9, "errors": 0, "successes": 0}
    tests = [pair("ann", "snn", "pwws", 0.25, 0.5, 0.01)]
    found = conclusions([row, row | {"victim": "snn"}], tests)
    assert pair_sentences(tests)[0] in found
