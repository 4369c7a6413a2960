"""The fitted text stage: everything between a text and its word ids, saved with each model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from ...errors import InputError
from ...files import read_json, sha256, write_json
from ..datasets.dataset import Split
from ..inputs import TextsLike, as_text, as_texts
from ..segment import segmenter
from ..vectors.load import WordVectors
from .coverage import VectorReport
from .fitting import Cutter, Options, fit_words
from .ranges import RangeMap
from .vocabulary import FILL, Vocabulary

FORMAT = "snnconvert text stage 1"
STAGE_FILE, _VOCABULARY = "stage.json", "vocabulary.txt"


@dataclass(frozen=True)
class TextStage:
    """Segmenter, vocabulary and range map, fitted on the training split alone.

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
            "train_types" and "train_tokens".
        vectors_source: file name or kind of the word vectors.
        dim: D, the length of a word vector.
        vector_report: what loading the vectors gave; None where they are random or trained, and
            for a stage that was loaded.
        fill: shorter texts are filled up to so many words with the word `FILL`, which the network
            reads as any other, for networks that were trained so; 0 for none.
    """

    language: str
    vocabulary: Vocabulary
    max_length: int
    range_map: RangeMap
    coverage: dict[str, float]
    vectors_source: str
    dim: int
    vector_report: VectorReport | None = field(default=None, compare=False)
    fill: int = 0
    kind: ClassVar[str] = "words"

    @classmethod
    def cutter(cls, language: str) -> Cutter:
        """What cuts a text of ``language`` into words; refuses an unknown language."""
        return segmenter(language)

    @classmethod
    def fit(
        cls,
        train: Split | TextsLike,
        language: str,
        vectors: str | Path | WordVectors = "random",
        *,
        dim: int | None = None,
        max_length: int = 256,
        min_count: int = 1,
        max_extra_words: int = 50_000,
        seed: int = 0,
        window: int = 5,
        epochs: int | None = None,
        progress: bool = True,
    ) -> tuple[TextStage, np.ndarray]:
        """Fit the stage on the training split.

        The vocabulary holds the training words, and words of the vector file beyond them, so that
        words that first occur in a test or an attacked text have a vector. A Chinese training word
        without one gets the mean of its characters' vectors; where they have none either, and in
        English, it gets random values of the same mean and standard deviation.

        Args:
            train: the training split, or its texts alone.
            language: "en" or "zh".
            vectors: where word vectors come from; see `vectors.load_vectors`, also for the next.
            dim: length of random and trained vectors.
            max_length: texts are cut after so many words.
            min_count: rarer training words have an id only where the vector file has them.
            max_extra_words: at most so many words that are only in the vector file, in its order.
            seed: for random and trained vectors.
            window: words on either side that trained vectors look at.
            epochs: passes over the texts to train vectors; by their size where it is left out.
            progress: show a bar while texts are segmented and vectors are read or trained.

        Returns:
            The stage, and its (V, D) float32 matrix of word vectors in [-1, 1], whose rows 0
            (padding) and 1 (unknown) are zero.

        Raises:
            InputError: bad arguments or vectors, texts without words, or vectors that no training
                word is in.
        """
        texts = as_texts(train.texts if isinstance(train, Split) else train)
        if max_length < 1 or min_count < 1 or max_extra_words < 0 or not texts:
            raise InputError(
                "expected training texts, max_length and min_count of at least 1 and "
                f"max_extra_words of at least 0, but got {len(texts)} texts, {max_length}, "
                f"{min_count} and {max_extra_words}"
            )
        options = Options(vectors, dim, min_count, max_extra_words, seed, window, epochs, progress)
        fitted = fit_words(texts, language, cls.cutter(language), options)
        stage = cls(
            language,
            fitted.vocabulary,
            max_length,
            fitted.range_map,
            fitted.coverage,
            fitted.source,
            fitted.matrix.shape[1],
            vector_report=fitted.report,
        )
        return stage, fitted.matrix

    def segment(self, text: str) -> list[str]:
        """The words of ``text``, all of them."""
        return self.cutter(self.language)(as_text(text))

    def encode(self, texts: TextsLike) -> list[np.ndarray]:
        """The word ids of each text, (L_i,) int64, cut to ``max_length`` and filled up to ``fill``.

        An empty text has none where ``fill`` is 0. A Chinese word that is not in the vocabulary is
        read as those of its characters that are.

        Raises:
            InputError: no texts; `inputs.as_texts` says what is taken.
        """
        return [
            np.array(self.vocabulary.ids(self.read_words(text)), dtype=np.int64)
            for text in as_texts(texts)
        ]

    def read_words(self, text: str) -> list[str]:
        """The words of ``text`` that `encode` gives ids of, one for each id.

        Those after ``max_length`` are left out, and `FILL` stands for each that is missing up to
        ``fill``.
        """
        words = self._known(self.segment(text))[: self.max_length]
        return words + [FILL] * max(self.fill - len(words), 0)

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

    def save(self, folder: Path | str) -> None:
        """Write ``stage.json`` and ``vocabulary.txt`` into ``folder``, each atomically."""
        folder = Path(folder)
        self.vocabulary.save(folder / _VOCABULARY)
        write_json(
            folder / STAGE_FILE,
            {
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
                **({} if self.kind == TextStage.kind else {"kind": self.kind}),
            },
        )

    @classmethod
    def load(cls, folder: Path | str) -> TextStage:
        """Read what `save` wrote.

        Raises:
            InputError: a file is missing, cut off, of another kind, or does not fit the other.
        """
        folder = Path(folder)
        what = "a fitted text stage"
        values = read_json(folder / STAGE_FILE, what)
        if not isinstance(values, dict) or values.get("format") != FORMAT:
            raise InputError(
                f"expected {what} ({FORMAT}) in {folder / STAGE_FILE}, but it holds something "
                "else: give the folder of a run of this version"
            )
        vocabulary = Vocabulary.load(folder / _VOCABULARY)
        if values.get("vocabulary_sha256") != _digest(vocabulary):
            raise InputError(
                f"{folder / _VOCABULARY} does not belong to {STAGE_FILE} beside it: expected "
                f"{values.get('words')} words, got {len(vocabulary)}; copy both files again"
            )
        try:
            fill = int(values.get("fill", 0))
            if fill and FILL not in vocabulary:
                raise ValueError(f"fill without the word {FILL}")
            return cls(
                language=_language(values["language"]),
                vocabulary=vocabulary,
                max_length=int(values["max_length"]),
                range_map=RangeMap.from_dict(values["range_map"]),
                coverage=dict(values["coverage"]),
                vectors_source=str(values["vectors_source"]),
                dim=int(values["dim"]),
                fill=fill,
            )
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(
                f"{folder / STAGE_FILE} is not complete ({type(error).__name__}: {error}); "
                "train again"
            ) from None


def _digest(vocabulary: Vocabulary) -> str:
    return sha256("\n".join(vocabulary.words).encode())


def _language(value: Any) -> str:
    segmenter(value)  # refuses an unknown language
    return str(value)


STAGE = TextStage
