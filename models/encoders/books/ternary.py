"""Ternary: a value is above a threshold, below it on the other side of zero, or neither."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ..rounding import fit_rounding
from .book import Book, Writing


@dataclass(frozen=True)
class Signs(Writing):
    """Two bits a value: +level where it is above half of the level, -level likewise, or 0.

    level: of all components; dim: D
    """

    level: float
    dim: int

    def write(self, vectors: Tensor) -> Tensor:
        """As `Writing.write`, K = 2 D: what is above first."""
        size = vectors / self.level
        return torch.cat([size >= 0.5, size <= -0.5], dim=1).to(torch.uint8)

    def decode(self, bits: Tensor) -> Tensor:
        """As `Writing.decode`."""
        above, below = bits.to(torch.float32).chunk(2, dim=1)
        return (above - below) * self.level

    @property
    def linear(self) -> Tensor:
        """(D, 2 D): [1, -1] times the level."""
        one = torch.eye(self.dim) * self.level
        return torch.cat([one, -one], dim=1)


class Ternary(Book):
    """Two bits a value, above and below zero; a value that is small sets none.

    Vectors that were trained as -1, 0 and 1 times one level (`train` does by default) are written
    without loss, in one slice for any T.
    """

    bits, least, most = 2, 2, 2

    def fit(self, vectors: Tensor, weights: Tensor, bits: int, seed: int) -> Writing:
        """As `Book.fit`; the level is the one of the least error."""
        level, dim = float(vectors.abs().max()), vectors.shape[1]
        exact = Signs(level or 1.0, dim)
        if torch.equal(exact.decode(exact.write(vectors)), vectors):
            return exact
        return Signs(1 / fit_rounding(vectors, weights, 1).gain, dim)


BOOK = Ternary()
