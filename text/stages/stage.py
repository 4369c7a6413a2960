"""What a text stage answers: what a trained model does to a text before its network reads it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import numpy as np

from ...errors import InputError
from ...files import read_json
from ...registry import UnknownNameError, to_import
from ..datasets.dataset import Split
from ..inputs import TextsLike, as_text, as_texts
from ..maps.options import USUAL, MapOptions
from ..segment import segmenter
from ..vectors.load import WordVectors
from ..writing.writing import AS_IT_STANDS, Writing
from .coverage import VectorReport
from .fitting import Options

FORMAT = "snnconvert text stage 1"
STAGE_FILE = "stage.json"


class Stage(ABC):
    """A text stage, fitted on the training texts, saved with the run and found again by its kind.

    It hands on, for every text, one array whose first axis are the L positions of a signal:

    - ``ids``: word ids (L,) int64. The vectors behind them, in [-1, 1], are a table (V, D) that
      lies in the model, whose row 0 is padding.
    - ``vectors``: the vectors themselves, (L, D) float32 in [-1, 1], with L = 1: one vector a text.
      The model then has no table, so that any function of a text can be a stage
      (`vector_stage.VectorStage`).

    Attributes:
        kind: its name in `STAGES`.
        hands_on: ``ids`` or ``vectors``; a model family reads one of the two.
        takes_vocabulary: whether a file of pieces can be given.
        takes_graphemes: whether `Writing.graphemes` says how its texts are cut.
        pairs: whether it reads pairs of texts, and marks the end of each in the last component of
            its vectors.
        language: "en" or "zh".
        dim: D, components of a vector.
        coverage: what its source knows of the training texts, for records.
        vector_report: what loading word vectors gave; None where none were loaded from a file.
        writing: what is made alike in a text before it is read, and words of the user's.
    """

    kind: ClassVar[str]
    hands_on: ClassVar[Literal["ids", "vectors"]]
    takes_vocabulary: ClassVar[bool] = False
    takes_graphemes: ClassVar[bool] = False
    pairs: bool = False
    language: str
    dim: int
    coverage: dict[str, float]
    vector_report: VectorReport | None
    writing: Writing

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
        writing: Writing = AS_IT_STANDS,
        maps: MapOptions = USUAL,
        vocabulary: str | Path | None = None,
    ) -> tuple[Self, np.ndarray]:
        """Fit the stage on the training split; it takes of the settings what it has a use for.

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
            writing: what is made alike before a text is cut, and words of the user's.
            maps: how vectors are brought to [-1, 1].
            vocabulary: file of the pieces that a stage of word pieces cuts texts into.

        Returns:
            The stage, and the model's (V, D) float32 matrix of word vectors in [-1, 1], whose rows
            0 (padding) and 1 (unknown) are zero; (0, D) where it hands on vectors.

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
        if vocabulary is not None and not cls.takes_vocabulary:
            raise InputError(
                f"expected no vocabulary with the text stage {cls.kind}, which finds its words in "
                "the texts: leave --vocabulary out"
            )
        options = Options(
            *(
                vectors,
                dim,
                min_count,
                max_extra_words,
                seed,
                window,
                epochs,
                progress,
                writing,
                maps,
                vocabulary,
            )
        )
        return cls.fitted(texts, language, options, max_length)

    @classmethod
    @abstractmethod
    def fitted(
        cls, texts: Sequence[str], language: str, options: Options, max_length: int
    ) -> tuple[Self, np.ndarray]:
        """What `fit` returns, of one training text or more and settings that are in bounds.

        Args:
            texts: of the training split
            language: "en" or "zh"
            options: the settings of word vectors
            max_length: words that are read of a text
        """

    @property
    def marks(self) -> tuple[int, ...]:
        """Ids that say where a text of a pair ends, which no training may hide."""
        return ()

    @property
    def words(self) -> Sequence[str]:
        """The V words of the model's table in the order of their ids; none without a table."""
        return ()

    @abstractmethod
    def encode(self, texts: TextsLike) -> list[np.ndarray]:
        """The array of each text, see the class."""

    def segment(self, text: str) -> list[str]:
        """The words of ``text``, all of them; what attacks exchange."""
        return segmenter(self.language)(as_text(text))

    def pieces(self, text: str) -> list[str]:
        """The words of ``text`` as they stand in it, in its own writing and in its order."""
        return self.segment(text)

    @abstractmethod
    def positions(self, text: str) -> list[str]:
        """What stands at each of the L positions that `encode` gives, for people."""

    @abstractmethod
    def identity(self) -> list[Any]:
        """JSON-able values that differ between stages that encode texts in other ways."""

    @abstractmethod
    def save(self, folder: Path | str) -> None:
        """Write ``stage.json``, with the kind, and what else it needs into ``folder``."""

    @classmethod
    @abstractmethod
    def load(cls, folder: Path | str) -> Stage:
        """Read what `save` wrote; raises `InputError` where it cannot be."""


def read_values(folder: Path) -> Mapping[str, Any]:
    """The values of ``stage.json`` in ``folder``.

    Raises:
        InputError: it is missing, or something else.
    """
    what = "a fitted text stage"
    values = read_json(folder / STAGE_FILE, what)
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        raise InputError(
            f"expected {what} ({FORMAT}) in {folder / STAGE_FILE}, but it holds something "
            "else: give the folder of a run of this version"
        )
    return values


def whole(values: Mapping[str, Any], name: str, least: int, most: int) -> int:
    """A whole number of ``stage.json``.

    Raises:
        ValueError: it is none, or out of bounds.
    """
    value = values[name]
    if type(value) is not int or not least <= value <= most:
        raise ValueError(f"expected {name} from {least} to {most}, but it is {str(value)[:40]}")
    return value


def incomplete(folder: Path, error: Exception) -> InputError:
    """That ``stage.json`` in ``folder`` lacks something, in one line."""
    if isinstance(error, UnknownNameError):
        return InputError(f"{folder / STAGE_FILE}: {error}{to_import(error)}")
    return InputError(
        f"{folder / STAGE_FILE} is not complete ({type(error).__name__}: {error}); train again"
    )


def known_language(value: Any) -> str:
    """``value`` where it is a language; raises `InputError` for another."""
    segmenter(value)
    return str(value)
