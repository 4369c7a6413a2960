"""Figures by class: against their definitions, and worked by hand."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from snnconvert.checked_json import Value
from snnconvert.engine.metrics import classification_figures
from snnconvert.pipelines.run_folder.records.classes import ClassFigures
from snnconvert.pipelines.training.class_weights import class_weights
from snnconvert.typed_json import from_json, made

pairs = st.integers(2, 6).flatmap(
    lambda k: st.tuples(
        st.just(k),
        st.lists(st.tuples(st.integers(0, k - 1), st.integers(0, k - 1)), min_size=1, max_size=40),
    )
)


def test_worked_by_hand() -> None:
    labels, answers = [0, 0, 0, 0, 1, 1], [0, 0, 0, 1, 1, 0]
    found = classification_figures(labels, answers, ("bad", "good", "unseen"))
    assert found["confusion_matrix"] == [[3, 1, 0], [1, 1, 0], [0, 0, 0]]
    assert found["accuracy_by_class"] == {"bad": 0.75, "good": 0.5, "unseen": None}
    assert found["largest_class_share"] == pytest.approx(4 / 6)
    assert found["balanced_accuracy"] == pytest.approx((0.75 + 0.5) / 2)
    # F1 = 2 tp / (2 tp + fp + fn): 6/8 and 2/4; the class that is nowhere counts for nothing
    assert found["macro_f1"] == pytest.approx((6 / 8 + 2 / 4) / 2)
    json.dumps(found, allow_nan=False)


@given(pairs)
def test_they_are_what_they_are_defined_as(drawn: tuple[int, list[tuple[int, int]]]) -> None:
    size, rows = drawn
    labels, answers = [label for label, _ in rows], [answer for _, answer in rows]
    found = classification_figures(labels, answers, [f"class {k}" for k in range(size)])
    matrix = np.zeros((size, size), int)
    for label, answer in rows:
        matrix[label, answer] += 1
    assert found["confusion_matrix"] == matrix.tolist()
    right, texts, answered = matrix.diagonal(), matrix.sum(axis=1), matrix.sum(axis=0)
    there, met = texts > 0, texts + answered > 0
    f1 = 2 * right[met] / (texts + answered)[met]
    assert found["macro_f1"] == pytest.approx(f1.mean())
    assert found["balanced_accuracy"] == pytest.approx((right[there] / texts[there]).mean())
    assert found["largest_class_share"] == pytest.approx(texts.max() / len(rows))
    shares = list(found["accuracy_by_class"].values())
    for share, hits, number in zip(shares, right, texts, strict=True):
        assert share is None if number == 0 else share == pytest.approx(hits / number)


@given(pairs)
def test_precision_recall_and_f1_are_those_of_scikit_learn(
    drawn: tuple[int, list[tuple[int, int]]],
) -> None:
    """As recorded, and as an older run's confusion matrix gives them."""
    size, rows = drawn
    labels, answers = [label for label, _ in rows], [answer for _, answer in rows]
    names = [f"class {k}" for k in range(size)]
    found = classification_figures(labels, answers, names)
    theirs = metrics.precision_recall_fscore_support(
        labels, answers, labels=range(size), zero_division=0
    )
    for k, own in enumerate(found["by_class"].values()):
        met = (k in answers, k in labels, k in answers or k in labels)
        for name, is_defined, column in zip(
            ("precision", "recall", "f1"), met, theirs, strict=False
        ):
            assert own[name] == (pytest.approx(column[k]) if is_defined else None)
        assert own["texts"] == theirs[3][k]
    stored = made(ClassFigures, found)
    for older in (from_json(ClassFigures, Value({**found, "by_class": None}, "x", "y")), stored):
        assert {k: pytest.approx(v) for k, v in found["by_class"].items()} == {
            name: vars(own) for name, own in older.scores.items()
        }


@given(st.lists(st.integers(0, 3), min_size=1, max_size=60))
def test_class_weights_are_inverse_frequencies(labels: list[int]) -> None:
    weights = class_weights(labels, 5).numpy()
    counts = np.bincount(labels, minlength=5)
    there = counts > 0
    np.testing.assert_allclose(weights[there], len(labels) / (there.sum() * counts[there]), 1e-6)
    np.testing.assert_allclose(weights[labels].mean(), 1, rtol=1e-6)
    assert np.all(weights[~there] == 1)
