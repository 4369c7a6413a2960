"""A user's own vocabulary: words with ids of their own, as a `Vocabulary` and its ids."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...errors import InputError
from .vocabulary import FILL, PAD, UNK, Vocabulary, storable

AUTO = "auto"
_PADDING = re.compile(r"[<\[_]+(?:pad|padding|blank)[>\]_/]+", re.IGNORECASE)
_UNKNOWN = re.compile(r"[<\[_]+(?:unk|unknown|oov)[>\]_/]+", re.IGNORECASE)


@dataclass(frozen=True)
class OwnVocabulary:
    """A vocabulary and where its words were.

    Attributes:
        vocabulary: V words, padding and unknown first, and the word that fills up short texts,
            which is the user's padding; without it where he has none.
        ids: (V,) int64, the user's id of each; -1 for padding or unknown where he has none.
        left_out: words that no text can have here: empty, with a line break, or written with
            capitals where the lower-case spelling has an id too.
    """

    vocabulary: Vocabulary
    ids: np.ndarray
    left_out: int

    @property
    def padding(self) -> int:
        """The user's id of padding, -1 where he has none."""
        return int(self.ids[0])

    def rows(self, matrix: np.ndarray) -> np.ndarray:
        """(V, D) of the user's rows (N, D); zeros for padding, and where an id is missing."""
        picked: np.ndarray = matrix[np.maximum(self.ids, 0)]
        picked[self.ids < 0] = 0
        picked[0] = 0
        return picked


def own_vocabulary(
    vocabulary: Any, rows: int, padding: int | str | None = AUTO, unknown: int | str | None = AUTO
) -> OwnVocabulary:
    """Read a vocabulary whose ids are the rows of a table of word vectors.

    Texts here are in lower case, so a word with capitals stands for its lower-case spelling, where
    that has no id of its own; of several spellings the one with the least id.

    Args:
        vocabulary: a dictionary of ids by word (or of words by id), a list of words in the order of
            their ids, or a Vocab of torchtext
        rows: how many rows the table has, one for each id
        padding: id or word of padding; ``auto`` looks for one named as ``<pad>`` is; None: none
        unknown: the same of unknown words; with None they have the vector zero

    Raises:
        InputError: another kind of vocabulary, ids that are no rows, rows without a word, or no
            word that can be known as padding or unknown.
    """
    index = _index(vocabulary)
    pad = _special("padding", padding, index, _PADDING, rows)
    unk = _special("unknown", unknown, index, _UNKNOWN, rows)
    _check_rows(index, rows, {pad, unk})
    kept: dict[str, int] = {}
    taken = {word for word in index if word == word.lower()}
    specials = {word for word, i in index.items() if _named(word, i, pad, unk)}
    for word, i in sorted(index.items(), key=lambda item: item[1]):
        spelling = word if word in taken else word.lower()
        if word in specials or not _usable(spelling) or spelling in kept:
            continue
        if spelling in taken and word != spelling:
            continue
        kept[spelling] = i
    if not kept:
        raise InputError("expected a vocabulary of words, but it has none besides the special ones")
    left_out = len(index) - len(specials) - len(kept)
    if pad >= 0:
        kept = {FILL: pad} | kept
    ids = np.array([pad, unk, *kept.values()], dtype=np.int64)
    return OwnVocabulary(Vocabulary(list(kept)), ids, left_out)


def _index(vocabulary: Any) -> dict[str, int]:
    """Id by word."""
    if hasattr(vocabulary, "get_itos"):
        vocabulary = vocabulary.get_itos()
    elif not isinstance(vocabulary, Mapping) and hasattr(vocabulary, "itos"):
        vocabulary = list(vocabulary.itos)
    if isinstance(vocabulary, Mapping):
        pairs = [(a, b) if isinstance(a, str) else (b, a) for a, b in vocabulary.items()]
    elif isinstance(vocabulary, Sequence) and not isinstance(vocabulary, str | bytes):
        pairs = [(word, i) for i, word in enumerate(vocabulary)]
    else:
        pairs = []
    if not pairs or not all(isinstance(w, str) and _whole(i) for w, i in pairs):
        raise InputError(
            "expected a vocabulary as a dictionary of ids by word, a list of words in the order of "
            f"their ids, or a torchtext Vocab, but got {type(vocabulary).__name__}"
            + (" of other things" if pairs else "")
        )
    index: dict[str, int] = {}
    for word, i in pairs:
        if index.setdefault(word, int(i)) != int(i):
            raise InputError(f"expected different words, but {word!r} has two ids")
    return index


def _whole(value: Any) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def _special(
    what: str, given: Any, index: Mapping[str, int], pattern: re.Pattern[str], rows: int
) -> int:
    """The id of padding or unknown words; -1 for none."""
    if given is None:
        return -1
    if given == AUTO and isinstance(given, str):
        found = [word for word in index if pattern.fullmatch(word)]
        if len(found) == 1:
            return index[found[0]]
        raise InputError(
            f"expected one word for {what} in the vocabulary, as in <pad> and <unk>, but it has "
            f"{', '.join(map(repr, found)) or 'none'}; give {what}=ID, or {what}=None for none"
        )
    if isinstance(given, str):
        if given not in index:
            raise InputError(f"expected {what} to be a word or an id, but {given!r} is no word")
        return index[given]
    if not _whole(given) or not 0 <= given < rows:
        raise InputError(f"expected {what} to be an id of 0 to {rows - 1}, but got {given!r}")
    return int(given)


def _check_rows(index: Mapping[str, int], rows: int, specials: set[int]) -> None:
    """Refuse ids without a row, and rows without a word."""
    ids = set(index.values())
    outside = sorted(i for i in ids if not 0 <= i < rows)
    empty = sorted(set(range(rows)) - ids - specials)
    if not outside and not empty:
        return
    what = f"the id {outside[0]} has no row" if outside else f"row {empty[0]} has no word"
    raise InputError(
        f"expected a vocabulary of the {rows} rows of the word vectors, but it has {len(index)} "
        f"words with ids {min(ids)} to {max(ids)}, and {what}; give the vocabulary that the "
        "module was trained with (a dictionary says which id is whose), or cut rows off that no "
        "word has"
    )


def _named(word: str, i: int, pad: int, unk: int) -> bool:
    """Whether ``word`` is the name of padding or of unknown words."""
    if word in (PAD, UNK, FILL):
        return True
    return (i == pad and bool(_PADDING.fullmatch(word))) or (
        i == unk and bool(_UNKNOWN.fullmatch(word))
    )


def _usable(word: str) -> bool:
    """Whether a word can be one of a text, and a line of a file."""
    return storable(word) and bool(word.strip()) and len(word.splitlines()) == 1
