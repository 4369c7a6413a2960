"""The comparison of two converters, by hand and against SciPy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from scipy import stats

from snnconvert.benchmarks.conversion.compare import (
    CRITICAL,
    comparison,
    differences,
    standard_error,
    tally,
)
from snnconvert.benchmarks.conversion.outputs import chosen


def rows_of(converter: str, steps: int, accuracies: Sequence[float]) -> list[dict]:
    return [
        {
            "dataset": "sst2",
            "pooling": "max",
            "activation": "qcfs",
            "converter": converter,
            "recipe": "max",
            "encoder": "direct",
            "steps": steps,
            "seed": seed,
            "ann_accuracy": 0.8,
            "snn_accuracy": accuracy,
            "snn_dev_accuracy": accuracy,
        }
        for seed, accuracy in enumerate(accuracies)
    ]


ROWS = [
    *rows_of("ours", 2, [0.79, 0.78, 0.80]),
    *rows_of("spikingjelly", 2, [0.78, 0.78, 0.79]),  # ours loses 1, 0, 1 points less
    *rows_of("ours", 4, [0.80, 0.80, 0.80]),
    *rows_of("spikingjelly", 4, [0.80, 0.81, 0.79]),  # equal on average
    *rows_of("ours", 8, [0.80, 0.80]),
    *rows_of("spikingjelly", 8, [0.802, 0.803, 0.9]),  # the last seed has no counterpart
]


def test_differences_pair_the_seeds():
    found = differences(ROWS, chosen(ROWS), "ours", "spikingjelly")
    where = ("sst2", "max", "qcfs")
    assert found[(where, 2)] == pytest.approx([-1, 0, -1])
    assert found[(where, 4)] == pytest.approx([0, 1, -1])
    assert found[(where, 8)] == pytest.approx([0.2, 0.3])
    assert standard_error(found[(where, 2)]) == pytest.approx(stats.sem([1, 0, 1]))


def test_the_tally_by_hand():
    cells = [np.array([-1.0, 0.0, -1.0]), np.array([0.0, 1.0, -1.0]), np.array([0.2, 0.3, 0.25])]
    found = tally(cells)
    # means -2/3 (error 1/3, t = 2), 0 and 1/4 (error .029, t = 8.7, beyond 4.30)
    assert (found["better"], found["equal"], found["worse"]) == (1, 1, 1)
    assert (found["better_beyond"], found["worse_beyond"]) == (1, 1)
    assert (found["better_sure"], found["worse_sure"]) == (0, 1)
    assert found["mean"] == pytest.approx((-2 / 3 + 1 / 4) / 3)
    assert found["error"] == pytest.approx(stats.sem([-0.8 / 3, 1.3 / 3, -1.75 / 3]))


def test_the_critical_values_are_students():
    for seeds, value in CRITICAL.items():
        assert value == pytest.approx(stats.t.ppf(0.975, seeds - 1), abs=0.005)


def test_the_section_says_what_was_found_and_nothing_without_a_pair():
    rows = [row for row in ROWS if row["steps"] != 8]
    text = comparison(rows, chosen(rows))
    assert "better in 1 of 2 cells" in text and "equal in 1, worse in 0" in text
    assert "-0.333 points" in text and "-0.67 points, sst2 max qcfs at T = 2" in text
    only = [row for row in ROWS if row["converter"] == "ours"]
    assert comparison(only, chosen(only)) == ""
