"""One vector a text, by any function of texts."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import numpy as np

from ...errors import InputError
from ...files import write_json
from ..inputs import TextsLike, as_texts
from ..maps.fitting import fit_map, read_map
from ..maps.sigma import RangeMap
from ..maps.value_map import ValueMap
from ..writing.writing import AS_IT_STANDS, Writing
from .coverage import VectorReport
from .fitting import Options
from .stage import FORMAT, STAGE_FILE, Stage, incomplete, known_language, read_values, whole

AS_IT_IS = RangeMap(0.0, 1 / 3)
USUAL_DIM = 256


@dataclass(frozen=True)
class VectorStage(Stage):
    """A text stage that hands on one vector a text, a signal of a single position.

    One of one's own is a subclass with its ``kind`` and `vectors`, registered by ``STAGES.add``;
    what else it has to know of the training texts or of the settings, it takes in `begin`.

    Attributes:
        language: "en" or "zh".
        dim: D, components of a vector.
        range_map: what brings vectors to [-1, 1]. It is fitted on the vectors of the training
            texts: those of a sentence are far closer to each other than those of words (a mean of
            n words has a deviation of about 1 / sqrt(n) of theirs), and in the range of words
            most of their components would be below the first level of a few time steps, silent.
        coverage: what is known of the training texts, for records.
        vectors_source: what the vectors come from.
        vector_report: what loading word vectors gave; None where none were loaded from a file.
        writing: what is made alike in a text before `vectors` reads it.
    """

    language: str
    dim: int
    range_map: ValueMap = AS_IT_IS
    coverage: dict[str, float] = field(default_factory=dict)
    vectors_source: str = ""
    vector_report: VectorReport | None = field(default=None, compare=False)
    writing: Writing = AS_IT_STANDS
    hands_on: ClassVar[Literal["ids", "vectors"]] = "vectors"

    @classmethod
    def begin(cls, texts: Sequence[str], language: str, options: Options, max_length: int) -> Self:
        """A stage whose `vectors` works; its range map is fitted after it.

        The arguments are those of `Stage.fitted`. By default nothing is learned from the training
        texts, and D is that of the settings, or 256.
        """
        dim = options.dim or USUAL_DIM
        return cls(language, dim, vectors_source=cls.kind, writing=options.writing)

    @abstractmethod
    def vectors(self, texts: Sequence[str]) -> np.ndarray:
        """Vectors (N, D) of N texts, in any range.

        A text's row must not depend on the texts beside it. A row of zeros says that nothing is
        known of the text.
        """

    @classmethod
    def fitted(
        cls, texts: Sequence[str], language: str, options: Options, max_length: int
    ) -> tuple[Self, np.ndarray]:
        """As `Stage.fitted`; raises `InputError` where the vectors of texts do not differ."""
        begun = cls.begin(texts, language, options, max_length)
        rows = begun._checked(texts)
        known = rows[rows.any(axis=1)]
        try:
            range_map = fit_map(known, np.ones(len(known)), options.maps)
        except InputError as error:
            raise InputError(f"the vectors of the texts by {cls.kind}: {error}") from None
        return replace(begun, range_map=range_map), np.zeros((0, begun.dim), np.float32)

    def encode(self, texts: TextsLike) -> list[np.ndarray]:
        """The vector of each text, (1, D) float32 in [-1, 1]; zeros where nothing is known of it.

        Raises:
            InputError: no texts; `inputs.as_texts` says what is taken.
        """
        taken = as_texts(texts)
        if not taken:
            return []
        rows = self._checked(taken)
        mapped = self.range_map.apply(rows)  # (N, D)
        mapped[~rows.any(axis=1)] = 0
        return list(mapped[:, None])

    def _checked(self, texts: Sequence[str]) -> np.ndarray:
        """`vectors`, (N, D) finite numbers.

        Raises:
            InputError: they are something else.
        """
        rows = np.asarray(self.vectors([self.written(text) for text in texts]))
        if rows.shape != (len(texts), self.dim) or not np.isfinite(rows).all():
            raise InputError(
                f"expected the text stage {self.kind} to give finite vectors of the shape "
                f"({len(texts)}, {self.dim}), but got {rows.shape}, or numbers that are not finite"
            )
        return rows

    def written(self, text: str) -> str:
        """What `vectors` reads of ``text``: what `writing` makes of it."""
        return self.writing.apply(text, self.language)

    def positions(self, text: str) -> list[str]:
        """As `Stage.positions`: there is one."""
        return ["the whole text"]

    def identity(self) -> list[Any]:
        """As `Stage.identity`."""
        return [self.values()]

    def values(self) -> dict[str, Any]:
        """What ``stage.json`` holds; a subclass adds what it has learned, and `from_values`."""
        return {
            "format": FORMAT,
            "kind": self.kind,
            "language": self.language,
            "dim": self.dim,
            "range_map": self.range_map.to_dict(),
            "coverage": self.coverage,
            "vectors_source": self.vectors_source,
            **self.writing.to_dict(),
        }

    def save(self, folder: Path | str) -> None:
        """As `Stage.save`."""
        self.writing.save(Path(folder))
        write_json(Path(folder) / STAGE_FILE, self.values())

    @classmethod
    def load(cls, folder: Path | str) -> Self:
        """As `Stage.load`."""
        folder = Path(folder)
        values = read_values(folder)
        try:
            return cls(**cls.from_values(values, folder))
        except (KeyError, TypeError, ValueError) as error:
            raise incomplete(folder, error) from None

    @classmethod
    def from_values(cls, values: Mapping[str, Any], folder: Path) -> dict[str, Any]:
        """The arguments of the class, of what `values` gave."""
        return {
            "language": known_language(values["language"]),
            "dim": whole(values, "dim", 1, 100_000),
            "range_map": read_map(values["range_map"]),
            "coverage": dict(values["coverage"]),
            "vectors_source": str(values["vectors_source"]),
            "writing": Writing.from_dict(values, folder),
        }
