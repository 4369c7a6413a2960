"""Sign: a bit is set where a component is above zero."""

from __future__ import annotations

import torch
from torch import Tensor

from .book import Book, Writing
from .threshold import Thresholds


class Sign(Book):
    """One bit a value, set above zero; either bit stands for the mean of what it was set for."""

    def fit(self, vectors: Tensor, weights: Tensor, bits: int, seed: int) -> Writing:
        """As `Book.fit`; the means are over all words."""
        return Thresholds.of(vectors, weights, torch.zeros_like(vectors[0]))


BOOK = Sign()
