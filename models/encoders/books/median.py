"""Median: a bit is set where a component is above that of half of the words."""

from __future__ import annotations

from torch import Tensor

from .book import Book, Writing
from .levels import weighted_quantile
from .threshold import Thresholds


class Median(Book):
    """One bit a value, set above the component's median: every bit is set half of the time."""

    def fit(self, vectors: Tensor, weights: Tensor, bits: int, seed: int) -> Writing:
        """As `Book.fit`; half of the running words, by their weights."""
        return Thresholds.of(vectors, weights, weighted_quantile(vectors, weights, 0.5))


BOOK = Median()
