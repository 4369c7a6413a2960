"""Texts and word ids as people give them: one string, a column of a table, an array, a generator.

Every public function that takes texts or ids begins with one of these, so that all of them accept
the same kinds and refuse the others in the same words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from pathlib import PurePath
from typing import Any

import numpy as np

from ..errors import InputError

# what the functions below take; a string alone is one text
TextsLike = str | Iterable[str]
WANTED = "expected texts (a string, or a list, array, pandas Series or generator of them)"


def as_texts(texts: TextsLike) -> list[str]:
    """``texts`` as a list of N strings.

    A string alone is one text, and not its characters. Lists, tuples, arrays of one axis, the
    column of a table (pandas, polars) and generators are taken as they come; a generator is used
    up. No texts are an empty list, and a text may be empty.

    Raises:
        InputError: something else (bytes, a table, a set, which has no order, a dictionary), or
            something else at one place among the texts, which the message names.

    >>> as_texts("good food")
    ['good food']
    """
    if isinstance(texts, str):
        return [str(texts)]
    _refuse_containers(texts)
    # an array of no axes holds one text, and cannot be gone through
    found = [texts.item()] if isinstance(texts, np.ndarray) and not texts.ndim else list(texts)
    return [_text_at(value, position) for position, value in enumerate(found)]


def as_text(text: str) -> str:
    """One text; raises `InputError` for anything else.

    >>> as_text("good food")
    'good food'
    """
    if isinstance(text, str):
        return text
    remedy = "" if _is_missing(text) else _remedy(text)
    raise InputError(f"expected one text (a string), but got {_shown(text)}{remedy}")


def as_words(words: Iterable[str]) -> Sequence[str]:
    """The words of one text; raises `InputError` for a text, whose "words" would be characters.

    >>> as_words(["good", "food"])
    ['good', 'food']
    """
    if isinstance(words, str | bytes) or not isinstance(words, Iterable):
        raise InputError(
            f"expected the words of a text as a list of strings, but got {_shown(words)}: cut a "
            "text into its words first (text.segment.segment)"
        )
    return words if isinstance(words, list) else list(words)


def as_sequences(sequences: Iterable[Any], words: int | None = None) -> list[np.ndarray]:
    """Sequences of word ids as `TextStage.encode` gives them: a list of N arrays (L_i,) int64.

    Args:
        sequences: whole numbers by text: lists, arrays or tensors of one axis, or a table (N, L)
        words: V, how many words have ids; ids are not looked at where it is not given

    Raises:
        InputError: texts, or ids that are no whole numbers from 0 to V - 1.
    """
    wanted = "expected sequences of word ids, one per text, as TextStage.encode gives them"
    if isinstance(sequences, str | bytes | Mapping | Set) or not isinstance(sequences, Iterable):
        raise InputError(f"{wanted}, but got {_shown(sequences)}")
    found = list(sequences)
    if words is not None and _are_ids(found, words):
        return found
    return [_ids_at(value, position, words, wanted) for position, value in enumerate(found)]


def as_vectors(signals: Iterable[Any], dim: int) -> list[np.ndarray]:
    """Vectors as a text stage that `hands_on` them gives them: a list of N arrays (L_i, D) float32.

    Args:
        signals: by text the vectors of its L positions, (L, D); one vector a text has L = 1
        dim: D

    Raises:
        InputError: texts, ids, or vectors of another length or that are not finite.
    """
    wanted = f"expected vectors (L, {dim}), one array per text, as VectorStage.encode gives them"
    if isinstance(signals, str | bytes | Mapping | Set) or not isinstance(signals, Iterable):
        raise InputError(f"{wanted}, but got {_shown(signals)}")
    found = []
    for position, value in enumerate(signals):
        rows = value if isinstance(value, np.ndarray) else np.asarray(None)
        if rows.ndim != 2 or rows.shape[1] != dim or rows.dtype.kind != "f":
            shape = f" of shape {rows.shape}" if rows.ndim else ""
            raise InputError(f"{wanted}, but position {position} holds {_shown(value)}{shape}")
        if not np.isfinite(rows).all():
            raise InputError(f"{wanted}, but position {position} holds numbers that are not finite")
        found.append(rows.astype(np.float32, copy=False))
    return found


def as_read(sequences: Iterable[Any], words: int, dim: int) -> list[np.ndarray]:
    """What a model reads of each text: ids of its V ``words`` (`as_sequences`), or where it has
    none vectors of ``dim`` components (`as_vectors`)."""
    return as_sequences(sequences, words) if words else as_vectors(sequences, dim)


def as_labels(
    labels: Iterable[Any], count: int | None = None, classes: int | None = None
) -> list[int]:
    """Labels as numbers of classes: a list of N integers.

    Args:
        labels: one per text
        count: N, how many texts there are, where that is to be looked at
        classes: K, where it is known

    Raises:
        InputError: another number of labels, or one that is no whole number from 0 to K - 1.
    """
    found = labels.tolist() if hasattr(labels, "tolist") else labels  # arrays, Series, tensors
    if isinstance(found, str | bytes | Mapping | Set) or not isinstance(found, Iterable):
        raise InputError(f"expected one label per text, but got {_shown(labels)}")
    found = list(found)
    if count is not None and len(found) != count:
        raise InputError(f"expected one label per text, but got {len(found)} for {count} texts")
    last = "" if classes is None else f" to {classes - 1}"
    for position, label in enumerate(found):
        if not _is_whole(label) or label < 0 or (classes is not None and label >= classes):
            raise InputError(
                f"expected labels as numbers of classes from 0{last}, but position {position} "
                f"holds {_shown(label)}"
            )
    return [int(label) for label in found]


def _is_whole(value: Any) -> bool:
    """Whether ``value`` is a whole number, Python's or numpy's."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def _refuse_containers(texts: Any) -> None:
    """Refuse what is no row of texts as a whole."""
    shape = getattr(texts, "shape", ())
    if isinstance(shape, tuple) and len(shape) > 1:
        named = ", ".join(repr(name) for name in list(getattr(texts, "columns", ()))[:3])
        what = f"a table with columns {named}" if named else f"an array of shape {shape}"
        raise InputError(f"{WANTED}, but got {what}: give one column of it")
    if isinstance(texts, Mapping):
        raise InputError(f"{WANTED}, but got a dictionary: give list(texts.values())")
    if isinstance(texts, Set):
        raise InputError(
            f"{WANTED}, but got a set, which has no order to give the answers in: give "
            "sorted(texts)"
        )
    if isinstance(texts, bytes | bytearray | memoryview) or not isinstance(texts, Iterable):
        remedy = "" if _is_missing(texts) else _remedy(texts)
        raise InputError(f"{WANTED}, but got {_shown(texts)}{remedy}")


def _text_at(value: Any, position: int) -> str:
    if isinstance(value, str):
        return str(value)  # numpy's strings become Python's
    raise InputError(
        f"expected a text (a string) at position {position}, but got "
        f"{_shown(value)}{_remedy(value)}"
    )


def _are_ids(values: list[Any], words: int) -> bool:
    """Whether all are as a text stage gives them; looked at together, which takes far less time."""
    for value in values:
        if type(value) is not np.ndarray or value.ndim != 1 or value.dtype != np.int64:
            return False
    ids = np.concatenate(values) if values else np.zeros(0, np.int64)
    return not len(ids) or bool(ids.view(np.uint64).max() < words)  # where -1 is the largest number


def _ids_at(value: Any, position: int, words: int | None, wanted: str) -> np.ndarray:
    """The ids of one text."""
    try:
        ids = np.asarray(value)
    except (TypeError, ValueError):  # rows of different lengths, or a tensor on a GPU
        ids = np.asarray(None)
    if ids.shape == (0,):
        return np.zeros(0, dtype=np.int64)
    if ids.ndim != 1 or ids.dtype.kind not in "iu":
        raise InputError(f"{wanted}, but position {position} holds {_shown(value)}")
    if words is not None and (ids.min() < 0 or ids.max() >= words):
        wrong = int(ids.min() if ids.min() < 0 else ids.max())
        raise InputError(
            f"expected word ids from 0 to {words - 1}, but position {position} holds {wrong}: are "
            "they of another vocabulary?"
        )
    return ids.astype(np.int64, copy=False)


def _is_missing(value: Any) -> bool:
    """Whether ``value`` stands for nothing: None, NaN, or pandas' NA and NaT."""
    not_itself = isinstance(value, float | np.floating) and bool(np.isnan(value))
    return value is None or not_itself or type(value).__name__ in ("NAType", "NaTType")


def _shown(value: Any) -> str:
    """What came, in a few words."""
    if _is_missing(value):
        return f"a missing value ({value})"
    kind = type(value).__name__
    if isinstance(value, bool | int | float | bytes | bytearray | np.generic):
        text = repr(value)
        return f"{kind} {text if len(text) <= 40 else text[:37] + '...'}"
    return kind


def _remedy(value: Any) -> str:
    """What to do about it, where that is known."""
    if _is_missing(value):
        return ": leave such rows out, or put '' in their place"
    if isinstance(value, bytes | bytearray):
        return ": decode it first, as in text.decode('utf-8')"
    if isinstance(value, PurePath):
        return ": read the file first, as in path.read_text('utf-8')"
    if isinstance(value, Sequence) and all(isinstance(word, str) for word in value):
        return ": join its words to one text"
    return ""
