"""Gray code: a component's level as a binary number of which neighbours differ in one bit."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from .book import Book, Writing
from .levels import Levels, fit_levels


@dataclass(frozen=True)
class GrayWriting(Writing):
    """b bits a component, those of weight 2^(b - 1) first: bit i of all components, then i + 1.

    levels: 2^b of each component
    """

    levels: Levels
    bits: int

    def write(self, vectors: Tensor) -> Tensor:
        """As `Writing.write`, K = b D."""
        index = self.levels.index(vectors)
        code = index ^ (index >> 1)  # (N, D)
        planes = [(code >> place) & 1 for place in range(self.bits - 1, -1, -1)]
        return torch.cat(planes, dim=1).to(torch.uint8)

    def decode(self, bits: Tensor) -> Tensor:
        """As `Writing.decode`: within half a spacing of what lies among the levels."""
        index = torch.zeros_like(bits.chunk(self.bits, dim=1)[0], dtype=torch.int64)
        digit = torch.zeros_like(index)
        for plane in bits.long().chunk(self.bits, dim=1):
            digit = digit ^ plane  # a binary digit is the parity of the Gray bits so far
            index = 2 * index + digit
        return self.levels.value(index)


class Gray(Book):
    """The reflected binary code of 2^b levels (Gray 1953), one bit from level to level.

    Its lower bits rise and fall, so a linear map reads little of them: it keeps near words near in
    Hamming distance, and is not made for neurons that add up.
    """

    bits, least, most = 2, 1, 8

    def fit(self, vectors: Tensor, weights: Tensor, bits: int, seed: int) -> Writing:
        """As `Book.fit`."""
        return GrayWriting(fit_levels(vectors, weights, 1 << bits), bits)


BOOK = Gray()
