"""Which texts have a long run of letters in common with one of many others.

Of every text of the others, windows of L letters are kept at every S-th place. A run of
S + L - 1 letters holds one of them wherever it begins; where one is found, the run is measured
letter by letter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .windows import Joined, Lookup, chunks


@dataclass(frozen=True)
class RunBounds:
    """How long a common run is long: half of the other text, from ``least`` to ``most`` letters."""

    least: int
    most: int

    def of(self, length: int) -> int:
        """The bound for another text of ``length`` letters."""
        return min(max(-(-length // 2), self.least), self.most)


@dataclass(frozen=True)
class _Windows:
    """Hashes (m,) in order, and in which text and at which letter of it each window begins."""

    lookup: Lookup
    numbers: np.ndarray
    places: np.ndarray


class Runs:
    """An index of the other texts.

    Args:
        keys: the others, of letters alone
        bounds: what counts as long
    """

    def __init__(self, keys: Sequence[str], bounds: RunBounds) -> None:
        self._keys, self._bounds = keys, bounds
        parts: dict[int, list[tuple[np.ndarray, np.ndarray, np.ndarray]]] = {}
        for first, part in chunks(keys):
            joined = Joined.of(part)
            wanted = _kept_places(joined, bounds)
            for size, hashes in joined.windows(max(wanted, default=0)):
                if size in wanted:
                    texts, places = wanted[size]
                    found = hashes[joined.starts[texts] + places]
                    parts.setdefault(size, []).append((found, texts + first, places))
        self._sizes: dict[int, _Windows] = {}
        for size, found in parts.items():
            hashes, numbers, places = map(np.concatenate, zip(*found, strict=True))
            order = np.argsort(hashes)
            self._sizes[size] = _Windows(Lookup(hashes[order]), numbers[order], places[order])

    def sharing(self, joined: Joined, keys: Sequence[str]) -> set[int]:
        """Numbers of those of ``keys`` that share a long run; ``joined`` are the same texts."""
        found: set[int] = set()
        for size, hashes in joined.windows(max(self._sizes, default=0)):
            if size not in self._sizes:
                continue
            windows = self._sizes[size]
            at, rows = windows.lookup.pairs(hashes)
            texts = joined.text_at(at)
            at = at - joined.starts[texts]
            hits = (texts, at, windows.numbers[rows], windows.places[rows])
            for text, place, number, there in zip(*(x.tolist() for x in hits), strict=True):
                if text in found:
                    continue
                other = self._keys[number]
                if _is_run(keys[text], place, other, there, self._bounds.of(len(other))):
                    found.add(text)
        return found


def _kept_places(joined: Joined, bounds: RunBounds) -> dict[int, tuple[np.ndarray, np.ndarray]]:
    """By L: in which texts and at which of their letters windows are kept."""
    kept: dict[int, tuple[list[np.ndarray], list[np.ndarray]]] = {}
    for text, length in enumerate(joined.lengths.tolist()):
        bound = bounds.of(length)
        if length < bound:
            continue
        size = 1 << ((2 * bound // 3).bit_length() - 1)  # L
        places = np.arange(0, length - size + 1, bound - size + 1)  # every S-th
        texts, own = kept.setdefault(size, ([], []))
        texts.append(np.full(len(places), text))
        own.append(places)
    return {size: (np.concatenate(t), np.concatenate(p)) for size, (t, p) in kept.items()}


def _is_run(one: str, at: int, other: str, there: int, bound: int) -> bool:
    """Whether as many as ``bound`` letters in a row are the same, around these two places."""
    left = 0
    most = min(at, there, bound)
    while left < most and one[at - left - 1] == other[there - left - 1]:
        left += 1
    at, there, right = at - left, there - left, left
    most = min(len(one) - at, len(other) - there, bound)
    while right < most and one[at + right] == other[there + right]:
        right += 1
    return right >= bound
