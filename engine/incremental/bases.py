"""Base texts, and what is kept of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np

from .engine import TableEngine
from .kernels import unchanged_of_all


class Base(NamedTuple):
    """A text whose windows are known.

    ids: (n,); summaries: by seed, those (W + 1, R * C) of the first and of the last i windows of
    each branch (of seed 0 alone where the code is deterministic)
    """

    ids: np.ndarray
    summaries: dict[int, tuple[list[np.ndarray], list[np.ndarray]]]

    @property
    def bytes(self) -> int:
        """Bytes of all summaries."""
        return sum(a.nbytes for first, last in self.summaries.values() for a in (*first, *last))


class Texts(NamedTuple):
    """N texts, one after the other: text i is ``words[starts[i]:starts[i + 1]]``."""

    words: np.ndarray
    starts: np.ndarray

    @classmethod
    def of(cls, sequences: Sequence[np.ndarray]) -> Texts:
        """Join id sequences."""
        starts = np.zeros(len(sequences) + 1, np.int64)
        np.cumsum([len(ids) for ids in sequences], out=starts[1:])
        words = np.concatenate(sequences) if len(sequences) else np.empty(0)
        return cls(words.astype(np.int64), starts)

    @property
    def lengths(self) -> np.ndarray:
        """Words of each text (N,)."""
        return np.diff(self.starts)

    def around_changes(self, same: np.ndarray, reach: int) -> np.ndarray:
        """Which words (n,) a window may read that holds a changed one and ``reach`` more."""
        ends = self.lengths - same[:, 1]
        place = np.arange(len(self.words)) - np.repeat(self.starts[:-1], self.lengths)
        first = np.repeat(same[:, 0] - reach, self.lengths)
        near: np.ndarray = (place >= first) & (place < np.repeat(ends + reach, self.lengths))
        return near

    def changed(self, base: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Words in common with ``base`` from both ends (N, 2), and changed ones (N,)."""
        same = unchanged_of_all(np.asarray(base, np.int64), self.words, self.starts)
        return same, self.lengths - same.sum(axis=1)


class Rows(Protocol):
    """Where words have their rows in an engine's store."""

    def ids(self, sequences: Sequence[np.ndarray]) -> list[np.ndarray]:
        """What stands for the words of each text: equal numbers have equal rows."""

    def rows_of(self, ids: np.ndarray, seeds: Sequence[int]) -> np.ndarray:
        """Rows (S, n) for ids (n,) under each seed; the next call may give them to others."""


class WordRows:
    """Rows of words under a deterministic code: wherever they stand, whatever the seed."""

    def __init__(self, engine: TableEngine) -> None:
        self.engine = engine

    def ids(self, sequences: Sequence[np.ndarray]) -> list[np.ndarray]:
        """As `Rows.ids`: the word ids."""
        return [np.asarray(ids, np.int64) for ids in sequences]

    def rows_of(self, ids: np.ndarray, seeds: Sequence[int]) -> np.ndarray:
        """As `Rows.rows_of`."""
        words, places = np.unique(ids, return_inverse=True)
        return self.engine.rows_of(words)[places][None]


def typical(texts: Texts) -> np.ndarray:
    """The most frequent word at each position of the texts of the most frequent length.

    >>> typical(Texts.of([np.array(x) for x in ([1, 2, 9], [1, 8, 3], [7, 2, 3])])).tolist()
    [1, 2, 3]
    """
    lengths = texts.lengths
    length = int(np.bincount(lengths).argmax())
    places = texts.starts[:-1][lengths == length][:, None] + np.arange(length)
    words, ranks = np.unique(texts.words[places], return_inverse=True)
    columns = ranks.reshape(places.shape).T  # (length, texts)
    return words[[int(np.bincount(column).argmax()) for column in columns]]
