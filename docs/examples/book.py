"""A book of one's own: the signs of random projections, near for words whose vectors are near."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from snnconvert.models.encoders.books import BOOKS
from snnconvert.models.encoders.books.book import Book, Writing
from snnconvert.models.encoders.books.readout import fit_readout


@dataclass(frozen=True)
class Hashes(Writing):
    planes: Tensor  # (K, D)
    readout: tuple[Tensor, Tensor]  # (D, K) and (D,)

    def write(self, vectors: Tensor) -> Tensor:
        """Bits (N, K) of vectors (N, D)."""
        return (vectors @ self.planes.T > 0).to(torch.uint8)

    def decode(self, bits: Tensor) -> Tensor:
        """What bits (N, K) stand for."""
        return bits.float() @ self.readout[0].T + self.readout[1]


class Hashing(Book):
    bits, bits_of, most = 128, "word", 4096  # --bits takes 1 to 4096 a word, 128 without

    def fit(self, vectors: Tensor, weights: Tensor, bits: int, seed: int) -> Writing:
        random = torch.Generator().manual_seed(seed)
        planes = torch.randn(bits, vectors.shape[1], generator=random)
        written = (vectors @ planes.T > 0).to(torch.uint8)
        return Hashes(planes, fit_readout(written, vectors, weights))


BOOKS.add("hashing", Hashing())  # from here on it is a book like any other
