"""Figures of a classification beyond its accuracy, by scikit-learn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np


def classification_figures(
    labels: Sequence[int], predicted: Sequence[int], classes: Sequence[str]
) -> dict[str, Any]:
    """What an accuracy does not tell, above all where some classes have more texts than others.

    Args:
        labels: N >= 1 true classes, as numbers below K
        predicted: N classes that were answered
        classes: K names

    Returns:
        ``largest_class_share``, the accuracy of always answering the largest class;
        ``macro_f1``, the mean of the F1 of the classes that occur or are answered;
        ``balanced_accuracy``, the mean of the accuracies by class;
        ``accuracy_by_class`` by name, the share of its texts that are right (recall), None where it
        has no texts; ``by_class`` by name, its ``precision`` (share of its answers that are right,
        None where it is never answered), ``recall``, ``f1`` (None where it neither has texts nor
        is answered) and number of ``texts`` (support);
        ``confusion_matrix``, K rows of true classes with K counts of answers.
        All by `sklearn.metrics`, ready for JSON.
    """
    from sklearn import metrics  # takes about a second

    numbers = range(len(classes))
    matrix = metrics.confusion_matrix(labels, predicted, labels=numbers)  # (K, K)
    texts = matrix.sum(axis=1)  # (K,)
    precision, recall, f1, _ = metrics.precision_recall_fscore_support(
        labels, predicted, labels=numbers, zero_division=np.nan
    )  # (K,) each
    f1 = np.where(texts + matrix.sum(axis=0) > 0, np.nan_to_num(f1), np.nan)
    shares = [_shares(row) for row in zip(precision, recall, f1, strict=True)]
    return {
        "largest_class_share": float(texts.max() / texts.sum()),
        "macro_f1": float(metrics.f1_score(labels, predicted, average="macro", zero_division=0)),
        "balanced_accuracy": balanced_accuracy(labels, predicted),
        "accuracy_by_class": {
            name: row["recall"] for name, row in zip(classes, shares, strict=True)
        },
        "by_class": {
            name: row | {"texts": int(number)}
            for name, row, number in zip(classes, shares, texts, strict=True)
        },
        "confusion_matrix": matrix.tolist(),
    }


def _shares(row: Sequence[float]) -> dict[str, float | None]:
    """Precision, recall and F1 of a class; what is not defined is None."""
    names = ("precision", "recall", "f1")
    return {name: None if np.isnan(v) else float(v) for name, v in zip(names, row, strict=True)}


def balanced_accuracy(labels: Sequence[int], predicted: Sequence[int]) -> float:
    """Mean over the classes of ``labels`` of the share of their texts that are right.

    Args:
        labels: N >= 1 true classes, as numbers
        predicted: N classes that were answered
    """
    from sklearn.metrics import recall_score

    there = np.unique(labels)
    # balanced_accuracy_score is this, and warns of answers that no text has as its class
    return float(recall_score(labels, predicted, labels=there, average="macro", zero_division=0))
