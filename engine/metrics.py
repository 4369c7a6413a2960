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
        has no texts; ``confusion_matrix``, K rows of true classes with K counts of answers.
        All by `sklearn.metrics`, ready for JSON.
    """
    from sklearn import metrics  # takes about a second

    numbers = range(len(classes))
    matrix = metrics.confusion_matrix(labels, predicted, labels=numbers)  # (K, K)
    texts = matrix.sum(axis=1)  # (K,)
    recall = metrics.recall_score(
        labels, predicted, labels=numbers, average=None, zero_division=np.nan
    )
    return {
        "largest_class_share": float(texts.max() / texts.sum()),
        "macro_f1": float(metrics.f1_score(labels, predicted, average="macro", zero_division=0)),
        "balanced_accuracy": balanced_accuracy(labels, predicted),
        "accuracy_by_class": {
            name: float(share) if number else None
            for name, share, number in zip(classes, recall, texts, strict=True)
        },
        "confusion_matrix": matrix.tolist(),
    }


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
