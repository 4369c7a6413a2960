"""Accuracy and mean reciprocal rank as SNNLP has them: equal scores in the order of the classes."""

from __future__ import annotations

import numpy as np


def ranks(scores: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The rank (N,) of the true class among scores (N, K), from 1; a tie goes to the lower class.

    >>> ranks(np.array([[1, 1], [1, 1], [0, 2]]), np.array([0, 1, 1])).tolist()
    [1, 2, 1]
    """
    own = scores[np.arange(len(labels)), labels][:, None]
    before = np.arange(scores.shape[1]) < labels[:, None]
    return 1 + ((scores > own) | ((scores == own) & before)).sum(axis=1)


def accuracy_and_mrr(scores: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
    """The share of ranks that are 1, and the mean of their inverses."""
    found = ranks(scores, labels)
    return float((found == 1).mean()), float((1 / found).mean())
