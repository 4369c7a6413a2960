"""Hashes of all windows of texts whose length is a power of two, many texts at once.

The hash of 2L letters is made of those of its two halves, so that every length costs a few passes
over an array. A hash has 64 bits; two different windows among 10^8 share one with less than one
chance in 1,000, and then one text too many is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

CHUNK = 1 << 18
"""Letters that are looked at together: their hashes (2 MB a length) fit into a cache."""

_FIRST, _SECOND = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)
_HALF = np.uint64(32)


@dataclass(frozen=True)
class Joined:
    """N texts in one row of letters, with a letter between that none of them has.

    Attributes:
        codes: (n,) the letters' numbers in Unicode, uint32
        starts: (N,) where each text begins
        lengths: (N,) how many letters it has
    """

    codes: np.ndarray
    starts: np.ndarray
    lengths: np.ndarray

    @classmethod
    def of(cls, keys: Sequence[str]) -> Joined:
        """``keys`` joined."""
        codes = np.frombuffer("\n".join(keys).encode("utf-32-le", "surrogatepass"), "<u4")
        lengths = np.fromiter(map(len, keys), np.int64, len(keys))
        return cls(codes, np.cumsum(lengths + 1) - lengths - 1, lengths)

    def text_at(self, places: np.ndarray) -> np.ndarray:
        """Numbers of the texts that stand at ``places``."""
        return np.searchsorted(self.starts, places, "right") - 1

    def windows(self, most: int) -> Iterator[tuple[int, np.ndarray]]:
        """L = 1, 2, 4, ... up to ``most``, and the hashes (n - L + 1,) uint64 of L letters."""
        length, found = 1, _mixed(self.codes.astype(np.uint64) * _FIRST)
        while length <= most and len(found):
            yield length, found
            found = _mixed(found[:-length] * _FIRST + found[length:])
            length *= 2


def _mixed(values: np.ndarray) -> np.ndarray:
    values ^= values >> _HALF
    values *= _SECOND
    values ^= values >> _HALF
    return values


def chunks(keys: Sequence[str]) -> Iterator[tuple[int, Sequence[str]]]:
    """Number of the first, and as many texts in a row as have about `CHUNK` letters together."""
    first = letters = 0
    for number, key in enumerate(keys):
        letters += len(key) + 1
        if letters >= CHUNK:
            yield first, keys[first : number + 1]
            first, letters = number + 1, 0
    if first < len(keys):
        yield first, keys[first:]


class Lookup:
    """Where the hashes of an array stand in a sorted one, with a table that tells most that do not.

    Args:
        values: (m,) sorted hashes
    """

    def __init__(self, values: np.ndarray) -> None:
        self.values = values
        bits = min(max(len(values).bit_length() + 4, 10), 25)
        self._shift = np.uint64(64 - bits)
        self._there = np.zeros(1 << bits, dtype=bool)
        self._there[values >> self._shift] = True

    def pairs(self, hashes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Places in ``hashes`` and in ``values`` that hold the same, pair by pair: (k,) each."""
        places = np.flatnonzero(self._there[hashes >> self._shift])
        wanted = hashes[places]
        low = np.searchsorted(self.values, wanted, "left")
        counts = np.searchsorted(self.values, wanted, "right") - low
        total = int(counts.sum())
        before = np.repeat(np.cumsum(counts) - counts, counts)
        return np.repeat(places, counts), np.repeat(low, counts) + np.arange(total) - before
