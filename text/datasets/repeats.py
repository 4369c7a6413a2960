"""Texts that occur more than once, within a split and in two of them, and with which labels.

A test text that is also a training text says nothing about new texts, and one text with two labels
cannot be right twice.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import combinations

RULE = "compared without case, kind and amount of white space, and width of letters"
"""What texts may differ in and be counted as the same; see `repeat_key`."""
Labelled = tuple[Sequence[str], Sequence[int]]


@dataclass(frozen=True)
class Repeated:
    """How many texts are there more than once, and how many of them with another label too."""

    texts: int
    other_label: int


@dataclass(frozen=True)
class Repeats:
    """Repeated texts of a data set.

    Attributes:
        within: of each split, its texts that occur in it more than once (every copy counts)
        between: of each pair of splits, as in ``train-test``, the texts of the second that are also
            in the first; ``other_label`` are those that have another label there
        rule: `RULE`
    """

    within: dict[str, Repeated]
    between: dict[str, Repeated]
    rule: str = RULE


def repeat_key(text: str) -> bytes:
    """What makes two texts the same.

    The compatibility form of Unicode (NFKC, in which full-width letters are those of ASCII),
    case-folded, white space of any kind and length as one blank, and none at the ends; of that a
    hash of 16 bytes, since whole texts would be kept twice.
    """
    plain = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    return blake2b(plain.encode("utf-8", "replace"), digest_size=16).digest()


def count_repeats(splits: Mapping[str, Labelled]) -> Repeats:
    """Count the repeated texts of splits; takes time and memory in proportion to the texts.

    Args:
        splits: texts and labels by the name of the split
    """
    keys = {name: [repeat_key(text) for text in texts] for name, (texts, _) in splits.items()}
    found = {name: _labels(keys[name], labels) for name, (_, labels) in splits.items()}
    within = {}
    for name, (_, labels) in splits.items():
        rows = zip(keys[name], labels, strict=True)
        again = [(key, label) for key, label in rows if len(found[name][key]) > 1]
        torn = sum(len(set(found[name][key])) > 1 for key, _ in again)
        within[name] = Repeated(len(again), torn)
    between = {}
    for first, second in combinations(splits, 2):
        rows = zip(keys[second], splits[second][1], strict=True)
        there = [(found[first][key], label) for key, label in rows if key in found[first]]
        torn = sum(set(labels) != {label} for labels, label in there)
        between[f"{first}-{second}"] = Repeated(len(there), torn)
    return Repeats(within, between)


def _labels(keys: Sequence[bytes], labels: Sequence[int]) -> dict[bytes, list[int]]:
    """The labels of each text, one for every copy."""
    found: dict[bytes, list[int]] = {}
    for key, label in zip(keys, labels, strict=True):
        found.setdefault(key, []).append(label)
    return found
