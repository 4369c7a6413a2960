"""The fitted text stage: everything between a text and its word ids, saved with each model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import numpy as np

from ...errors import InputError
from ...files import sha256, write_json
from ..inputs import TextsLike, as_text, as_texts
from ..maps.fitting import read_map
from ..maps.value_map import ValueMap
from ..segment import segmenter
from ..writing.dictionary import UserDictionary
from ..writing.writing import AS_IT_STANDS, Writing
from .coverage import VectorReport
from .fitting import Cutter, Fitted, Options, fit_words
from .length import USUAL
from .prepared import as_they_stand, prepared
from .stage import FORMAT, STAGE_FILE, Stage, incomplete, known_language, read_values, whole
from .vocabulary import FILL, Vocabulary

VOCABULARY_FILE = "vocabulary.txt"
LONGEST = 100_000
"""Words that short texts are filled up to, and components of a vector, at the most."""


@dataclass(frozen=True)
class TextStage(Stage):
    """Segmenter, vocabulary and value map, fitted on the training split alone.

    A stage of one's own is a subclass with its ``kind`` and `cutter`, registered by ``STAGES.add``:
    what it calls a word, be it a character or a byte pair, has an id and a vector as words have.

    Attributes:
        kind: its name in `STAGES`.
        language: "en" or "zh".
        vocabulary: the V words that have ids.
        max_length: texts are cut after so many words.
        range_map: what brought the word vectors to [-1, 1].
        coverage: "types" and "tokens", the shares of distinct and of running training words that
            ``vectors_source`` has a vector for (0 for random vectors), and their numbers
            "train_types" and "train_tokens"; "train_cut", the training texts that were longer than
            ``max_length``, and "train_long", those of more than `length.USUAL` words, where there
            were any.
        vectors_source: file name or kind of the word vectors.
        dim: D, the length of a word vector.
        vector_report: what loading the vectors gave; None where they are random or trained, and
            for a stage that was loaded.
        fill: shorter texts are filled up to so many words with the word `FILL`, which the network
            reads as any other, for networks that were trained so; 0 for none.
        writing: what is made alike before a text is cut, and words of the user's.
    """

    language: str
    vocabulary: Vocabulary
    max_length: int
    range_map: ValueMap
    coverage: dict[str, float]
    vectors_source: str
    dim: int
    vector_report: VectorReport | None = field(default=None, compare=False)
    fill: int = 0
    writing: Writing = AS_IT_STANDS
    kind: ClassVar[str] = "words"
    hands_on: ClassVar[Literal["ids", "vectors"]] = "ids"
    takes_graphemes: ClassVar[bool] = True

    @classmethod
    def cutter(
        cls, language: str, dictionary: UserDictionary | None = None, graphemes: bool = False
    ) -> Cutter:
        """What cuts a text of ``language`` into words; refuses an unknown language.

        A stage that knows nothing of dictionaries and graphemes takes ``language`` alone.
        """
        return segmenter(language, dictionary, graphemes)

    @classmethod
    def fitted(
        cls, texts: Sequence[str], language: str, options: Options, max_length: int
    ) -> tuple[Self, np.ndarray]:
        """As `Stage.fitted`.

        The vocabulary holds the training words, and words of the vector file beyond them, so that
        words that first occur in a test or an attacked text have a vector. A Chinese training word
        without one gets the mean of its characters' vectors; where they have none either, and in
        English, it gets random values of the same mean and standard deviation.
        """
        cut = prepared(cls, language, options.writing)
        fitted = fit_words(texts, language, cut, options)
        return cls.of(fitted, language, max_length, options.writing), fitted.matrix

    @classmethod
    def of(
        cls, fitted: Fitted, language: str, max_length: int, writing: Writing = AS_IT_STANDS
    ) -> Self:
        """The stage of what was learned from training texts."""
        longer = {"train_cut": max_length, "train_long": USUAL}
        counts = {name: int((fitted.lengths > most).sum()) for name, most in longer.items()}
        return cls(
            language,
            fitted.vocabulary,
            max_length,
            fitted.range_map,
            fitted.coverage | {name: count for name, count in counts.items() if count},
            fitted.source,
            fitted.matrix.shape[1],
            vector_report=fitted.report,
            writing=writing,
        )

    @property
    def words(self) -> Sequence[str]:
        """As `Stage.words`."""
        return self.vocabulary.words

    def positions(self, text: str) -> list[str]:
        """The words that `encode` reads, cut to ``max_length``."""
        return self.segment(text)[: self.max_length]

    def identity(self) -> list[Any]:
        """As `Stage.identity`: its words in order, and how it cuts texts."""
        parts = [self.language, self.max_length, list(self.vocabulary.words)]
        parts += [self.fill] if self.fill else []
        parts += [] if self.kind == TextStage.kind else [self.kind]
        return parts + ([self.writing.to_dict()] if self.writing.to_dict() else [])

    def segment(self, text: str) -> list[str]:
        """The words of ``text``, all of them."""
        return self._cutter()(as_text(text))

    def _cutter(self) -> Cutter:
        return prepared(type(self), self.language, self.writing)

    def pieces(self, text: str) -> list[str]:
        """The words of ``text`` as they stand in it, in its own writing and in its order.

        Where `writing` changes nothing of the text they are those of `segment`.
        """
        text = as_text(text)
        written = self.writing.apply(text, self.language)
        words = self.segment(text)
        if written == text:
            return words
        return as_they_stand(words, written, text, self.writing.places(text))

    def encode(self, texts: TextsLike) -> list[np.ndarray]:
        """The word ids of each text, (L_i,) int64, cut to ``max_length`` and filled up to ``fill``.

        An empty text has none where ``fill`` is 0. A Chinese word that is not in the vocabulary is
        read as those of its characters that are.

        Raises:
            InputError: no texts; `inputs.as_texts` says what is taken.
        """
        cut = self._cutter()
        return [
            np.array(self.vocabulary.ids(self._read(cut(text))), dtype=np.int64)
            for text in as_texts(texts)
        ]

    def read_words(self, text: str) -> list[str]:
        """The words of ``text`` that `encode` gives ids of, one for each id.

        Those after ``max_length`` are left out, and `FILL` stands for each that is missing up to
        ``fill``.
        """
        return self._read(self.segment(text))

    def _read(self, words: Sequence[str]) -> list[str]:
        known = self._known(words)[: self.max_length]
        return known + [FILL] * max(self.fill - len(known), 0)

    def reach(self, text: str) -> int:
        """So many leading characters of ``text`` hold all words that `encode` keeps, and more.

        A few words beyond them are held too, so that small edits stay within. Of a long text the
        rest need not be cut into words.
        """
        size = 8 * self.max_length + 256
        while size < len(text) and len(self.segment(text[:size])) < self.max_length + 16:
            size *= 2
        return size if size < len(text) else len(text) + 256

    def _known(self, words: Sequence[str]) -> list[str]:
        """``words`` with unknown Chinese ones as their known characters."""
        if self.language != "zh":
            return list(words)
        known: list[str] = []
        for word in words:
            if word in self.vocabulary:
                known.append(word)
            else:
                known += [c for c in word if c in self.vocabulary] or [word]
        return known

    def values(self) -> dict[str, Any]:
        """Its fields but the words, JSON-able."""
        return {
            "format": FORMAT,
            "language": self.language,
            "max_length": self.max_length,
            "range_map": self.range_map.to_dict(),
            "coverage": self.coverage,
            "vectors_source": self.vectors_source,
            "dim": self.dim,
            "words": len(self.vocabulary),
            "vocabulary_sha256": _digest(self.vocabulary),
            **({"fill": self.fill} if self.fill else {}),
            **self.writing.to_dict(),
            **({} if self.kind == TextStage.kind else {"kind": self.kind}),
        }

    def save(self, folder: Path | str) -> None:
        """Write ``stage.json`` and what it names into ``folder``, each file atomically."""
        folder = Path(folder)
        self.vocabulary.save(folder / VOCABULARY_FILE)
        self.writing.save(folder)
        write_json(folder / STAGE_FILE, self.values())

    @classmethod
    def load(cls, folder: Path | str) -> Self:
        """Read what `save` wrote.

        Raises:
            InputError: a file is missing, cut off, of another kind, or does not fit the other.
        """
        folder = Path(folder)
        return cls.from_values(read_values(folder), folder)

    @classmethod
    def from_values(cls, values: Mapping[str, Any], folder: Path) -> Self:
        """The stage of its `values`, with its words in ``folder``; raises as `load` does."""
        vocabulary = Vocabulary.load(folder / VOCABULARY_FILE)
        if values.get("vocabulary_sha256") != _digest(vocabulary):
            raise InputError(
                f"{folder / VOCABULARY_FILE} does not belong to {STAGE_FILE} beside it: expected "
                f"{values.get('words')} words, got {len(vocabulary)}; copy both files again"
            )
        try:
            fill = whole({"fill": 0, **values}, "fill", 0, LONGEST)
            if fill and FILL not in vocabulary:
                raise ValueError(f"fill without the word {FILL}")
            return cls(
                language=known_language(values["language"]),
                vocabulary=vocabulary,
                max_length=whole(values, "max_length", 1, LONGEST * 1000),
                range_map=read_map(values["range_map"]),
                coverage=dict(values["coverage"]),
                vectors_source=str(values["vectors_source"]),
                dim=whole(values, "dim", 1, LONGEST),
                fill=fill,
                writing=Writing.from_dict(values, folder),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise incomplete(folder, error) from None


def _digest(vocabulary: Vocabulary) -> str:
    return sha256("\n".join(vocabulary.words).encode())


STAGE = TextStage
