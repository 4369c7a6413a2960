"""The scores of tasks: by their formulas, and what one answer for every text has."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from snnconvert.engine.scores import SCORES
from snnconvert.text.datasets.dataset import load_dataset

PAIRS = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)), min_size=1, max_size=40)


@settings(max_examples=12)
@given(PAIRS)
def test_by_the_four_counts_of_two_classes(rows: list[tuple[int, int]]) -> None:
    labels, answers = zip(*rows, strict=True)
    tn, fp, fn, tp = (rows.count(row) for row in ((0, 0), (0, 1), (1, 0), (1, 1)))
    product = (tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)
    expected = {
        "accuracy": (tp + tn) / len(rows),
        "matthews": (tp * tn - fp * fn) / math.sqrt(product) if product else 0.0,
        "f1": 2 * tp / (2 * tp + fp + fn) if tp else 0.0,
    }
    for name, value in expected.items():
        assert SCORES[name].of(labels, answers) == pytest.approx(value)
        constant = max(SCORES[name].of(labels, [k] * len(rows)) for k in (0, 1))
        assert SCORES[name].trivial(labels) == pytest.approx(constant)


def test_three_classes() -> None:
    labels, answers = [0, 1, 2, 2], [0, 2, 2, 2]
    assert SCORES["accuracy"].of(labels, answers) == 0.75
    # Gorodkin 2004: (c s - sum p_k t_k) / sqrt((s^2 - sum p_k^2) (s^2 - sum t_k^2))
    assert SCORES["matthews"].of(labels, answers) == pytest.approx(
        (3 * 4 - (1 + 0 + 6)) / math.sqrt((16 - 10) * (16 - 6))
    )


@pytest.mark.data
def test_trivial_scores_of_the_real_tasks(shared: Path) -> None:
    """Those of GLUE's dev sets, in percent; MRPC's dev set is no test set here."""
    parts = {"cola": "test", "rte": "test", "wnli": "test", "mrpc": "dev"}
    labels = {
        name: load_dataset(name, shared / "data").split(part).labels for name, part in parts.items()
    }
    found = {
        (name, score): round(100 * SCORES[score].trivial(labels[name]), 1)
        for name, score in (
            *(("cola", "matthews"), ("rte", "accuracy"), ("wnli", "accuracy")),
            *(("mrpc", "f1"), ("mrpc", "accuracy")),
        )
    }
    assert found == {
        ("cola", "matthews"): 0.0,
        ("rte", "accuracy"): 52.7,
        ("wnli", "accuracy"): 56.3,
        ("mrpc", "f1"): 81.2,
        ("mrpc", "accuracy"): 68.4,
    }


def test_correlations_with_grades() -> None:
    grades, answers = [0.0, 0.2, 0.4, 1.0], [0.1, 0.0, 0.5, 0.6]
    pearson, spearman = SCORES["pearson"], SCORES["spearman"]
    assert pearson.of(grades, answers) == pytest.approx(np.corrcoef(grades, answers)[0, 1])
    # ranks 1 2 3 4 and 2 1 3 4: 1 - 6 (1 + 1) / (4 (16 - 1))
    assert spearman.of(grades, answers) == pytest.approx(0.8)
    for score in (pearson, spearman):
        assert score.of(grades, [0.3] * 4) == score.of([0.3] * 4, answers) == 0.0
        assert score.trivial([0, 0, 1, 1]) == 0.0
        logits = torch.tensor([[0.0, 1.0], [0.0, 0.5], [2.0, 3.5], [0.0, 2.0]])
        rows = torch.sigmoid(logits[:, 1] - logits[:, 0]).tolist()
        found = score.of_logits(logits, [0, 0, 0, 1], grades)
        assert found == pytest.approx(score.of(grades, rows), abs=1e-6)
