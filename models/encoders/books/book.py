"""What a book answers: how the vectors of words are written as bits."""

from __future__ import annotations

from abc import ABC, abstractmethod

from torch import Tensor

from ....errors import InputError


class Writing(ABC):
    """A book that has seen the words it is for: what writes and reads their bits."""

    @abstractmethod
    def write(self, vectors: Tensor) -> Tensor:
        """Bits (N, K) uint8 of vectors (N, D).

        They may lie a little outside the range of those that it was fitted on.
        """

    @abstractmethod
    def decode(self, bits: Tensor) -> Tensor:
        """The vectors (N, D) that bits (N, K) stand for, by the book's own rule.

        A network reads bits by a linear map instead (`readout.py`), which may lose more.
        """


class Book(ABC):
    """A way to write vectors as bits.

    A book of one's own subclasses this, gives `fit`, and is registered by ``BOOKS.add``. It writes
    K bits for one step; `filled.fill` spreads them over T.

    Attributes:
        bits: how many it writes by itself
        bits_of: "value" where that is for each of D components, "word" where it is for all of them
        least, most: how many it can write
    """

    bits: int = 1
    bits_of: str = "value"
    least: int = 1
    most: int = 1

    @abstractmethod
    def fit(self, vectors: Tensor, weights: Tensor, bits: int, seed: int) -> Writing:
        """Fit it to the words of a model.

        Args:
            vectors: (V, D) in [-1, 1], without padding and zero vectors
            weights: (V,) how much each word counts, all above 0
            bits: how many to write, between ``least`` and ``most``
            seed: of its draws, where it has any
        """

    def check_bits(self, bits: int) -> int:
        """How many bits it writes where ``bits`` are asked for, 0 for its own choice.

        Raises:
            InputError: it cannot write so many.
        """
        if bits and not self.least <= bits <= self.most:
            raise InputError(
                f"expected {self.least} to {self.most} bits a {self.bits_of} for this book, but "
                f"got {bits}"
            )
        return bits or self.bits
