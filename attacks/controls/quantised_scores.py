"""A classifier whose scores have T + 1 levels, as few as spike counts have.

A search that is led by scores then often sees no difference between two candidates.
"""

from __future__ import annotations

from typing import cast

import numpy as np

from ...engine.gradients.text import DRAWS, TextGradient
from ...errors import InputError
from ...text.inputs import TextsLike, as_texts
from ..victims import Classifier, WhiteBox


class QuantisedScores:
    """A classifier whose probabilities are multiples of 1/T.

    Rows are rounded by largest remainders, so that they sum to 1. Where that ties the predicted
    class with another, it stays in front by 1e-9: the control takes gradations away, not accuracy.

    Args:
        classifier: whose scores are rounded
        steps: T; there are T + 1 levels
    """

    NUDGE = 1e-9

    def __init__(self, classifier: Classifier, steps: int) -> None:
        if steps < 1:
            raise InputError(f"expected at least one step for quantised scores, but got {steps}")
        self.inner, self.steps = classifier, steps
        self.language, self.classes = classifier.language, classifier.classes

    @property
    def stochastic(self) -> bool:
        """As the classifier."""
        return self.inner.stochastic

    def segment(self, text: str) -> list[str]:
        """As the classifier."""
        return self.inner.segment(text)

    def probabilities(self, texts: TextsLike, seed: int = 0) -> np.ndarray:
        """Class probabilities (N, K) on T + 1 levels."""
        exact = self.inner.probabilities(as_texts(texts), seed)
        rows = largest_remainders(exact, self.steps) / self.steps
        everyone, winners = np.arange(len(rows)), exact.argmax(axis=1)
        tied = rows[everyone, winners] <= np.where(_others(winners, rows), rows, -1.0).max(axis=1)
        lead = np.where(tied, self.NUDGE, 0.0)
        rows -= rows * lead[:, None]  # every class gives its share
        rows[everyone, winners] += lead
        return rows

    def votes(self, texts: TextsLike, draws: int, seed: int = 0) -> np.ndarray:
        """As the classifier: rounding moves no prediction."""
        return self.inner.votes(as_texts(texts), draws, seed)

    def gradient(
        self, text: str, label: int, kind: str = "surrogate", seed: int = 0, draws: int = DRAWS
    ) -> TextGradient:
        """The classifier's own: who sees its network need not stop at the rounding.

        That is backward pass differentiable approximation (Athalye et al. 2018, Obfuscated
        Gradients Give a False Sense of Security, arXiv:1802.00420) by the identity.
        """
        return cast(WhiteBox, self.inner).gradient(text, label, kind, seed, draws)

    def first_order(self, gradient: TextGradient, texts: TextsLike) -> np.ndarray:
        """As the classifier."""
        return cast(WhiteBox, self.inner).first_order(gradient, as_texts(texts))


def _others(winners: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Mask (N, K) of all classes but the winner of each row."""
    return np.arange(rows.shape[1])[None] != winners[:, None]


def largest_remainders(rows: np.ndarray, levels: int) -> np.ndarray:
    """Rows that sum to 1, times ``levels``, as whole numbers that sum to ``levels``.

    Each entry is rounded down, and what is left goes to the largest remainders (Hamilton's rule),
    the first of equal ones.

    >>> largest_remainders(np.array([[0.55, 0.25, 0.2]]), 4).tolist()
    [[2, 1, 1]]
    """
    scaled = rows * levels
    whole = np.floor(scaled + 1e-12)
    left = np.rint(levels - whole.sum(axis=1)).astype(int)
    order = np.argsort(-(scaled - whole), axis=1, kind="stable")
    rank = np.argsort(order, axis=1, kind="stable")
    return (whole + (rank < left[:, None])).astype(np.int64)
