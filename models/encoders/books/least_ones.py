"""Least ones: values near the middle, which are the frequent ones, have few bits set."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import torch
from torch import Tensor

from .book import Book, Writing
from .levels import Levels, fit_levels


def digits(bits: int) -> list[int]:
    """What each bit of a value adds: 1, -1, 2, -2, 4, -4 and so on.

    >>> digits(5)
    [1, -1, 2, -2, 4]
    """
    return [(1 << place // 2) * (1 - 2 * (place % 2)) for place in range(bits)]


def codewords(bits: int) -> dict[int, tuple[int, ...]]:
    """For every sum of digits the bits of the fewest ones; of as few, the last in binary order.

    >>> codewords(2)
    {-1: (0, 1), 0: (0, 0), 1: (1, 0)}
    """
    best: dict[int, tuple[int, ...]] = {}
    for word in product((0, 1), repeat=bits):
        total = sum(b * d for b, d in zip(word, digits(bits), strict=True))
        if total not in best or sum(word) <= sum(best[total]):
            best[total] = word
    return dict(sorted(best.items()))


@dataclass(frozen=True)
class FewOnes(Writing):
    """b bits a component, bit i of all components, then i + 1.

    levels: of each component; table: (levels, b) uint8, the bits of each level
    """

    levels: Levels
    table: Tensor

    def write(self, vectors: Tensor) -> Tensor:
        """As `Writing.write`, K = b D."""
        return self.table[self.levels.index(vectors)].transpose(1, 2).flatten(1)

    def decode(self, bits: Tensor) -> Tensor:
        """As `Writing.decode`: the sum of the digits, within half a spacing."""
        count = self.table.shape[1]
        worth = torch.tensor(digits(count))
        total = (bits.long().unflatten(1, (count, -1)) * worth[:, None]).sum(dim=1)  # (N, D)
        lowest = min(codewords(count))
        return self.levels.value(total - lowest)


class LeastOnes(Book):
    """Signed digits, and for every level the codeword with the fewest ones.

    Word vectors crowd around their middle, which is silent; levels beside it have one bit set, and
    only large values two or more. As digits add up, a linear map reads them without loss. Source of
    the idea: signed-digit numbers with the fewest digits (Booth 1951; Reitwiesner 1960).
    """

    bits, least, most = 2, 2, 8

    def fit(self, vectors: Tensor, weights: Tensor, bits: int, seed: int) -> Writing:
        """As `Book.fit`; the levels are those of all sums of digits, around the median."""
        words = codewords(bits)
        levels = fit_levels(vectors, weights, len(words))
        shift = (max(words) + min(words)) / 2  # of an odd number of bits, 0 is not in the middle
        levels = Levels(levels.centre + shift * levels.spacing, levels.spacing, levels.count)
        return FewOnes(levels, torch.tensor(list(words.values()), dtype=torch.uint8))


BOOK = LeastOnes()
