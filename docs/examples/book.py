"""A book of one's own: the signs of random projections, near for words whose vectors are near."""

from dataclasses import dataclass

import torch
from torch import Tensor

from snnconvert.models.encoders.books import BOOKS
from snnconvert.models.encoders.books.book import Book, Writing


@dataclass(frozen=True)
class Hashes(Writing):
    """The sides of planes (K, D) on which a vector lies."""

    planes: Tensor

    def write(self, vectors: Tensor) -> Tensor:
        """Bits (N, K) of vectors (N, D)."""
        return (vectors @ self.planes.T > 0).to(torch.uint8)

    def decode(self, bits: Tensor) -> Tensor:
        """The direction of the vectors that bits (N, K) stand for; their length is lost."""
        return (2 * bits.float() - 1) @ self.planes / len(self.planes)


class Hashing(Book):
    """1 to 4096 bits a word by --bits, 128 without."""

    bits, bits_of, most = 128, "word", 4096

    def fit(self, vectors: Tensor, weights: Tensor, bits: int, seed: int) -> Writing:
        """Planes drawn by the seed."""
        random = torch.Generator().manual_seed(seed)
        return Hashes(torch.randn(bits, vectors.shape[1], generator=random))


BOOKS.add("hashing", Hashing())
