"""The mean of the vectors of a text's known words: one vector a text.

Source: Knipper et al. 2024 (SNNLP), at the level of words: the mean of known words' vectors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from ...errors import InputError
from ...files import load_tensors, save_tensors, sha256
from ..maps.options import USUAL
from .fitting import Fitted, Options, fit_words
from .prepared import prepared
from .vector_stage import VectorStage
from .vocabulary import UNK_ID, Vocabulary
from .words import VOCABULARY_FILE, TextStage

TABLE_FILE = "words.safetensors"


@dataclass(frozen=True)
class MeanStage(VectorStage):
    """Words are cut and looked up as the stage ``words`` does it, and their vectors averaged.

    A word is known where the source has a vector for it (in Chinese also where it has vectors of
    its characters); no random vectors take part. Texts of the same words in another order have the
    same vector, and a text without known words has the zero vector.

    Attributes:
        lookup: the known words, and how a text is cut into them.
        table: (V, D) float32, their vectors in [-1, 1]; rows 0 and 1 are of no word.
    """

    lookup: TextStage = field(kw_only=True)
    table: np.ndarray = field(kw_only=True, compare=False)
    kind: ClassVar[str] = "mean"
    takes_graphemes: ClassVar[bool] = True

    @classmethod
    def begin(cls, texts: Sequence[str], language: str, options: Options, max_length: int) -> Self:
        """Words and their vectors, by the training texts."""
        cut = prepared(TextStage, language, options.writing)
        # the value map that was asked for is that of the means
        fitted = _known(fit_words(texts, language, cut, replace(options, maps=USUAL)))
        return cls(
            language,
            fitted.matrix.shape[1],
            coverage=fitted.coverage,
            vectors_source=fitted.source,
            vector_report=fitted.report,
            writing=options.writing,
            lookup=TextStage.of(fitted, language, max_length, options.writing),
            table=fitted.matrix,
        )

    def segment(self, text: str) -> list[str]:
        """As `Stage.segment`."""
        return self.lookup.segment(text)

    def pieces(self, text: str) -> list[str]:
        """As `Stage.pieces`."""
        return self.lookup.pieces(text)

    def written(self, text: str) -> str:
        """The text itself: `lookup` does it."""
        return text

    def vectors(self, texts: Sequence[str]) -> np.ndarray:
        """The mean (N, D) float32 of the vectors of each text's known words, zeros without any."""
        rows = np.zeros((len(texts), self.dim), np.float32)
        for row, ids in zip(rows, self.lookup.encode(texts), strict=True):
            known = ids[ids > UNK_ID]
            if len(known):
                row[:] = self.table[known].mean(axis=0)
        return rows

    def values(self) -> dict[str, Any]:
        """As `VectorStage.values`."""
        digest = sha256(np.ascontiguousarray(self.table, np.float32).tobytes())
        return super().values() | {"lookup": self.lookup.values(), "table_sha256": digest}

    def save(self, folder: Path | str) -> None:
        """Write the words, their vectors, and ``stage.json`` last."""
        import torch

        folder = Path(folder)
        self.lookup.vocabulary.save(folder / VOCABULARY_FILE)
        save_tensors(folder / TABLE_FILE, {"table": torch.from_numpy(self.table)})
        super().save(folder)

    @classmethod
    def from_values(cls, values: Mapping[str, Any], folder: Path) -> dict[str, Any]:
        """As `VectorStage.from_values`.

        Raises:
            InputError: the table is missing, or of other words.
        """
        lookup = TextStage.from_values(values["lookup"], folder)
        tensors = load_tensors(folder / TABLE_FILE, "vectors of words")
        table = tensors["table"].numpy() if set(tensors) == {"table"} else np.zeros((0, 0))
        if values["table_sha256"] != sha256(table.tobytes()):
            raise InputError(
                f"{folder / TABLE_FILE} does not belong to the text stage beside it; copy the "
                "whole folder of the run again"
            )
        return super().from_values(values, folder) | {"lookup": lookup, "table": table}


def _known(fitted: Fitted) -> Fitted:
    """``fitted`` without the words whose vectors were drawn at random."""
    kept = np.setdiff1d(np.arange(len(fitted.vocabulary)), fitted.drawn)
    words = [fitted.vocabulary.words[i] for i in kept[2:]]
    return replace(fitted, vocabulary=Vocabulary(words), matrix=fitted.matrix[kept], drawn=[])


STAGE = MeanStage
