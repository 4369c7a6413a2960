"""Texts by the dozen, and what they have in common with a base text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from .kernels import unchanged_of_all


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
        around: np.ndarray = (place >= first) & (place < np.repeat(ends + reach, self.lengths))
        return around

    def same(self, base: np.ndarray) -> np.ndarray:
        """Words in common with ``base`` (N, 2), from the start and from the end."""
        return unchanged_of_all(np.asarray(base, np.int64), self.words, self.starts)

    def typical(self) -> np.ndarray:
        """The most frequent word at each position of the texts of the most frequent length.

        >>> Texts.of([np.array(x) for x in ([1, 2, 9], [1, 8, 3], [7, 2, 3])]).typical().tolist()
        [1, 2, 3]
        """
        lengths = self.lengths
        length = int(np.bincount(lengths).argmax())
        places = self.starts[:-1][lengths == length][:, None] + np.arange(length)
        words, ranks = np.unique(self.words[places], return_inverse=True)
        columns = ranks.reshape(places.shape).T  # (length, texts)
        return words[[int(np.bincount(column).argmax()) for column in columns]]
