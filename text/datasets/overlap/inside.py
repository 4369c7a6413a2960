"""Which of many texts stand as a whole inside others.

A text of n letters is two windows of L, the largest power of two that is at most n: its beginning
and its end. It stands wherever both do, n - L apart. So one pass over the other texts for each
power of two finds all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from .windows import Joined, Lookup, chunks


@dataclass(frozen=True)
class _Ends:
    """Beginnings, ends, lengths and numbers of texts of L to 2L - 1 letters: (m,) each."""

    first: np.ndarray
    last: np.ndarray
    lengths: np.ndarray
    numbers: np.ndarray

    def picked(self, rows: np.ndarray) -> _Ends:
        """Those rows."""
        return _Ends(self.first[rows], self.last[rows], self.lengths[rows], self.numbers[rows])


class Sought:
    """Texts that are looked for in others; `add` takes them a chunk at a time."""

    def __init__(self) -> None:
        self._parts: dict[int, list[_Ends]] = {}
        self._levels: dict[int, tuple[_Ends, Lookup]] | None = None

    def add(self, joined: Joined, wanted: np.ndarray, first: int) -> None:
        """Look for some of the texts of ``joined`` too.

        Args:
            joined: N texts
            wanted: (N,) True for those to look for
            first: number of the first text
        """
        lengths = np.where(wanted, joined.lengths, 0)
        for size, hashes in joined.windows(int(lengths.max(initial=0))):
            rows = np.flatnonzero((lengths >= size) & (lengths < 2 * size))
            starts, own = joined.starts[rows], lengths[rows]
            ends = _Ends(hashes[starts], hashes[starts + own - size], own, rows + first)
            self._parts.setdefault(size, []).append(ends)
        self._levels = None

    def found_in(self, joined: Joined) -> tuple[np.ndarray, np.ndarray]:
        """Numbers of texts of ``joined``, and of those sought inside them, pair by pair: (k,)."""
        levels = self._sorted()
        texts, numbers = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        for size, hashes in joined.windows(max(levels, default=0)):
            if size not in levels:
                continue
            ends, lookup = levels[size]
            places, rows = lookup.pairs(hashes)
            stop = places + ends.lengths[rows] - size
            same = np.flatnonzero(stop < len(hashes))
            same = same[hashes[stop[same]] == ends.last[rows[same]]]
            texts.append(joined.text_at(places[same]))
            numbers.append(ends.numbers[rows[same]])
        return np.concatenate(texts), np.concatenate(numbers)

    def found_in_any(self, keys: Sequence[str]) -> Iterator[np.ndarray]:
        """Numbers of those that stand inside some of ``keys``, each of them once."""
        for _, part in chunks(keys):
            found = np.unique(self.found_in(Joined.of(part))[1])
            if len(found):
                self._drop(found)
                yield found

    def _drop(self, numbers: np.ndarray) -> None:
        """Look for ``numbers`` no longer."""
        for size, (ends, _) in self._sorted().items():
            gone = np.isin(ends.numbers, numbers)
            if gone.any():
                self._parts[size] = [ends.picked(np.flatnonzero(~gone))]
                self._levels = None

    def _sorted(self) -> dict[int, tuple[_Ends, Lookup]]:
        """The texts by L, in the order of their beginnings."""
        if self._levels is None:
            self._levels = {}
            for size, parts in self._parts.items():
                ends = _Ends(
                    *(
                        np.concatenate([getattr(part, name) for part in parts])
                        for name in ("first", "last", "lengths", "numbers")
                    )
                )
                if len(ends.first):
                    ends = ends.picked(np.argsort(ends.first))
                    self._levels[size] = ends, Lookup(ends.first)
        return self._levels
