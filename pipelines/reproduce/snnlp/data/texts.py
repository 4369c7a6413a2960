"""The texts of SNNLP: all splits of a data set joined, written its way, and split anew."""

from __future__ import annotations

import re
import string
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .....errors import InputError
from .....installation import install_hint
from .....text.datasets.dataset import load_dataset
from .published import SHARES

_PUNCTUATION = re.compile(f"[{re.escape(string.punctuation)}]")


@dataclass(frozen=True)
class Labelled:
    """All texts of a data set as it holds them, and their classes (N,) int64; K classes by name."""

    texts: list[str]
    labels: np.ndarray
    classes: tuple[str, ...]


def labelled(dataset: str, data_dir: str | None, limit: int | None = None) -> Labelled:
    """Every text of every split of ``dataset``.

    Args:
        dataset: a name or path, as `load_dataset` takes it
        data_dir: the folder of named data sets
        limit: most texts of a split, drawn by class; None for all

    Raises:
        InputError: there is no such data set.
    """
    found = load_dataset(dataset, data_dir, limit=limit)
    parts = (found.train, found.dev, found.test)
    texts = [text for part in parts for text in part.texts]
    labels = np.array([label for part in parts for label in part.labels], np.int64)
    return Labelled(texts, labels, found.classes)


def cleaned(text: str) -> str:
    """A text in lower case, without ASCII punctuation, its words a space apart.

    >>> cleaned("It's GOOD, isn't_it?")
    'its good isnt it'
    """
    return " ".join(_PUNCTUATION.sub("", text.lower().replace("_", " ")).split())


def tokenized(texts: Sequence[str]) -> list[list[str]]:
    """The words of cleaned texts by NLTK's tokenizer; it needs none of NLTK's data.

    `nltk.word_tokenize` cuts a text into sentences first, which takes a model of its own; without
    punctuation there is one sentence.

    Raises:
        InputError: nltk is not installed.
    """
    try:
        from nltk.tokenize import NLTKWordTokenizer
    except ImportError:
        raise InputError(
            "expected nltk for the words of SNNLP, but it is not installed: "
            f"{install_hint('attack')}"
        ) from None
    tokenizer = NLTKWordTokenizer()
    return [tokenizer.tokenize(cleaned(text)) for text in texts]


def split(count: int, seed: int) -> dict[str, np.ndarray]:
    """Which of ``count`` texts are in which split: 60 % train, 10 % dev, 30 % test, by ``seed``."""
    order = np.random.default_rng([seed, count]).permutation(count)
    train, dev = round(SHARES["train"] * count), round(SHARES["dev"] * count)
    parts = np.split(order, [train, train + dev])
    return dict(zip(SHARES, parts, strict=True))
