"""Texts for the speed benchmarks: the sentences of MR where they are, otherwise drawn words."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from snnconvert.text.datasets.dataset import load_dataset
from snnconvert.text.segment import segment
from snnconvert.text.stages.vocabulary import Vocabulary

DRAWN = 20_000  # words of drawn texts
SENTENCES = 4_000  # sentences of MR that are read


@dataclass(frozen=True)
class Words:
    """A stream of word ids, and how many words there are.

    source: where it comes from, for the results
    """

    ids: np.ndarray
    vocabulary: int
    source: str

    def texts(self, count: int, length: int, start: int = 0) -> list[np.ndarray]:
        """``count`` texts of ``length`` words: the stream cut up, from its text ``start`` on.

        A stream that is too short begins again.
        """
        wanted = (np.arange(count * length) + start * length) % len(self.ids)
        return list(self.ids[wanted].reshape(count, length))


def mr_words(data_dir: Path | None) -> Words:
    """The training sentences of MR one after the other; drawn words where MR is not there."""
    folder = data_dir or Path(os.environ.get("SNNCONVERT_DATA", "../shared/data"))
    if not (folder / "mr").is_dir():
        return drawn_words(DRAWN)
    texts = load_dataset("mr", str(folder)).train.texts[:SENTENCES]
    segments = [segment(text, "en") for text in texts]
    vocabulary = Vocabulary.build(Counter(word for words in segments for word in words))
    number = {word: i for i, word in enumerate(vocabulary.words)}
    ids = np.array([number[word] for words in segments for word in words], np.int64)
    return Words(ids, len(vocabulary), "MR, sentences joined and cut")


def drawn_words(vocabulary: int, count: int = 1 << 17, seed: int = 0) -> Words:
    """Words drawn by Zipf's law (the r-th word has a share in proportion to 1 / r)."""
    share = 1 / np.arange(1, vocabulary - 1)
    draw = np.random.default_rng(seed)
    ids = draw.choice(np.arange(2, vocabulary), count, p=share / share.sum())
    return Words(ids.astype(np.int64), vocabulary, "drawn by Zipf's law")
