"""Fitting of a text stage: which words have ids, and the vectors of these in [-1, 1]."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ...errors import InputError
from ...progress import bar
from ..maps import VALUE_MAPS
from ..maps.fitting import fit_map
from ..maps.options import USUAL, MapOptions
from ..maps.sigma import RangeMap
from ..maps.value_map import ValueMap, shares
from ..vectors.load import WordVectors, load_vectors, random_vectors
from ..writing.writing import AS_IT_STANDS, Writing
from .coverage import VectorReport, report, unknown_words
from .needed import Needed
from .other_script import other_script
from .vocabulary import Vocabulary, storable

Cutter = Callable[[str], list[str]]
"""Cuts a text into its words."""
Moments = tuple[float, float] | tuple[np.ndarray, np.ndarray]
"""Mean and deviation of all components, or of each (D,)."""


@dataclass(frozen=True)
class Options:
    """How word vectors are had and words are chosen; see `words.TextStage.fit`."""

    vectors: str | Path | WordVectors
    dim: int | None
    min_count: int
    max_extra_words: int
    seed: int
    window: int
    epochs: int | None
    progress: bool
    writing: Writing = AS_IT_STANDS
    maps: MapOptions = USUAL
    vocabulary: str | Path | None = None

    @property
    def learned(self) -> bool:
        """Whether the vectors say something about words."""
        return self.vectors != "random"

    @property
    def from_texts(self) -> bool:
        """Whether the vectors know no words beyond the training texts."""
        return isinstance(self.vectors, str) and self.vectors in ("train", "random")


@dataclass(frozen=True)
class Fitted:
    """What a text stage learns from its training texts.

    Attributes:
        vocabulary: the V words that have ids.
        range_map: what brings vectors to [-1, 1].
        coverage: shares of training words that have a vector, and their numbers.
        source: file name or kind of the word vectors.
        report: what loading a file of vectors gave.
        matrix: (V, D) float32 in [-1, 1]; rows 0 (padding) and 1 (unknown) are zero.
        drawn: ids of words that have no vector of the source, and got a random one.
        lengths: (N,) words of each training text.
    """

    vocabulary: Vocabulary
    range_map: ValueMap
    coverage: dict[str, float]
    source: str
    report: VectorReport | None
    matrix: np.ndarray
    drawn: list[int]
    lengths: np.ndarray


def fit_words(texts: Sequence[str], language: str, cut: Cutter, options: Options) -> Fitted:
    """Vocabulary, range map and vectors of training texts, whose words are what ``cut`` gives.

    Raises:
        InputError: texts without words, bad vectors, or vectors that no training word is in.
    """
    segments = _segments(texts, cut, options.progress)
    counts = Counter(word for words in segments for word in words)
    if not counts:
        raise InputError("expected training texts with words, but all are empty")
    found = load_vectors(
        options.vectors,
        segments=segments,
        dim=options.dim,
        seed=options.seed,
        window=options.window,
        epochs=options.epochs,
        progress=options.progress,
        wanted=Needed(counts, options.max_extra_words),
    )
    rows = _row_index(found.words)
    vocabulary = _vocabulary(counts, rows, options)
    known = [word for word in counts if word in rows]
    if not known:
        raise unknown_words(found, counts, language)
    tally = np.array([counts[word] for word in known])
    seen = found.matrix[[rows[word] for word in known]]
    try:
        moments = _moments(seen, tally, VALUE_MAPS[options.maps.value_map].by_component)
        range_map = fit_map(seen, tally, options.maps)
    except InputError as error:
        raise InputError(f"{found.source}: {error}") from None
    parts = (len(known) / len(counts), int(tally.sum()) / counts.total())
    types, tokens = parts if options.learned else (0.0, 0.0)
    sizes = {"train_types": len(counts), "train_tokens": counts.total()}
    matrix, drawn = _matrix(vocabulary, range_map, moments, language, found, rows, options.seed)
    return Fitted(
        vocabulary,
        range_map,
        {"types": types, "tokens": tokens, **sizes},
        found.source,
        None if options.from_texts else _report(found, segments, counts, rows, language),
        matrix,
        drawn,
        np.array([len(words) for words in segments]),
    )


def _moments(vectors: np.ndarray, counts: np.ndarray, by_component: bool) -> Moments:
    """Mean and deviation of vectors (N, D) that occur so often: of all components, or of each.

    Raises:
        InputError: all components are equal, or there are no words.
    """
    whole = RangeMap.fit(vectors, counts)
    if not by_component:
        return whole.mean, whole.std
    weights, values = shares(counts), np.asarray(vectors, np.float64)
    mean = weights @ values  # (D,)
    return mean, np.sqrt(weights @ np.square(values - mean))


def _vocabulary(counts: Counter[str], rows: dict[str, int], options: Options) -> Vocabulary:
    """The training words, and those of the vectors beyond them.

    Raises:
        InputError: no word is left.
    """
    extra: list[str] = []
    if not options.from_texts:
        beyond = [word for word in rows if word not in counts and storable(word)]
        extra = [word for word in counts if word in rows] + beyond[: options.max_extra_words]
    if not extra and max(counts.values()) < options.min_count:
        word, count = counts.most_common(1)[0]
        raise InputError(
            f"expected training words that occur {options.min_count} times (min_count), but the "
            f"most frequent one, {word!r}, occurs {count} times: give a smaller min_count"
        )
    return Vocabulary.build(counts, options.min_count, extra_words=extra)


def _segments(texts: Sequence[str], cut: Cutter, progress: bool) -> list[list[str]]:
    drawn = bar(texts, desc="segment", unit="text", shown=progress, leave=False)
    return [cut(text) for text in drawn]


def _row_index(words: Sequence[str]) -> dict[str, int]:
    """Row by word as the segmenters give it: lower case, where the file has other spellings too.

    Files list frequent words first, so a lower-cased spelling stands for its most frequent form.
    """
    index = {word: i for i, word in enumerate(words) if word == word.lower()}
    for i, word in enumerate(words):
        index.setdefault(word.lower(), i)
    return index


def _character_rows(word: str, rows: dict[str, int]) -> list[int]:
    return [rows[c] for c in word if c in rows]


def _report(
    found: WordVectors,
    segments: Sequence[Sequence[str]],
    counts: Counter[str],
    rows: dict[str, int],
    language: str,
) -> VectorReport:
    known = {word for word in counts if word in rows}
    if language != "zh":
        return report(found, counts, known, (), language)
    without = (word for word in counts if word not in rows)
    by_characters = {word for word in without if _character_rows(word, rows)}
    told = report(found, counts, known, by_characters, language)
    share, warning = other_script(segments, found.words, found.source)
    figures = told.figures | ({"other_script": share} if share else {})
    return replace(told, figures=figures, script_warning=warning)


def _matrix(
    vocabulary: Vocabulary,
    range_map: ValueMap,
    moments: Moments,
    language: str,
    found: WordVectors,
    rows: dict[str, int],
    seed: int,
) -> tuple[np.ndarray, list[int]]:
    """A mapped vector for each word, and the ids of those that were drawn at random.

    ``moments`` are mean and deviation of the training words, which drawn vectors have too.

    Returns:
        (V, D) float32, zeros for padding and unknown words; the ids.
    """
    matrix = np.zeros((len(vocabulary), found.dim), dtype=np.float32)
    ids = [i for i, word in enumerate(vocabulary.words) if i > 1 and word in rows]
    matrix[ids] = range_map.apply(found.matrix[[rows[vocabulary.words[i]] for i in ids]])
    without = [i for i, word in enumerate(vocabulary.words) if i > 1 and word not in rows]
    if language == "zh":
        parts = {i: _character_rows(vocabulary.words[i], rows) for i in without}
        for i, found_rows in parts.items():
            if found_rows:
                matrix[i] = range_map.apply(found.matrix[found_rows].mean(axis=0))
        without = [i for i in without if not parts[i]]
    if without:
        drawn = random_vectors([vocabulary.words[i] for i in without], found.dim, seed)
        # Uniform values in [-1, 1) have the standard deviation 1 / sqrt(3).
        values = moments[0] + moments[1] * math.sqrt(3) * drawn
        matrix[without] = range_map.apply(values)
    return matrix, without
