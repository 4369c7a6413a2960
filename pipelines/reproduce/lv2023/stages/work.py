"""What the rows of a call share, and where each lies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .....errors import InputError
from .....files import sha256
from .....text.datasets.named import NAMED
from ....settings.fields import extended
from ....settings.reproduce import ReproduceSettings
from ..data.rows import Cell
from ..data.system import STEPS, TEACHER, Options


@dataclass(frozen=True)
class Work:
    """What the rows of a call share.

    folder: where they go; data_dir: of the named data sets; vectors: files of word vectors, by
    language; settings: of the command; teachers: folders by data set, where there are any
    """

    folder: Path
    data_dir: str | None
    vectors: Mapping[str, str]
    settings: ReproduceSettings
    teachers: Mapping[str, str] = field(default_factory=dict)

    def place(self, cell: Cell) -> Path:
        """The file of a row."""
        return self.folder / "rows" / f"{cell.name}.json"

    def run_folder(self, cell: Cell) -> Path:
        """The run that a row is made in: of rows with the same texts, ANN and seed."""
        system = cell.by
        name = f"{cell.dataset}-{system.ann}"
        if STEPS in [*system.train.values(), *system.data.values()]:
            name += f"-t{cell.steps}"
        own = (system.data, system.train, system.trained, self._texts(cell))
        return self.folder / "runs" / f"{name}-{self._hash(own)[:6]}-{cell.seed}"

    def stamp(self, cell: Cell) -> str:
        """What a row depends on, as a hash: with another one it is made anew."""
        system = cell.by
        settings = (system.data, system.train, system.trained, system.convert, system.finetune)
        return self._hash((cell, settings, self._texts(cell)))[:16]

    def _texts(self, cell: Cell) -> tuple[Any, ...]:
        """What of the command's settings tells one row of a data set from another."""
        taught = self.teacher(cell.dataset) if cell.by.taught else ()
        return (self.settings.limit, Path(self.vectors[language_of(cell.dataset)]).name, taught)

    def teacher(self, dataset: str) -> tuple[str | None, str | None]:
        """The teacher of a data set and the file of its further texts; None where there is none."""
        if language_of(dataset) == "zh":
            return self.settings.teacher_zh, None
        return self.settings.teacher_en, self.settings.extra_en

    @staticmethod
    def _hash(value: object) -> str:
        return sha256(repr(value).encode())

    def chosen(self, cls: type[Any], options: Options, cell: Cell) -> Any:
        """Settings of a step as a system has them, its words for T and teacher filled in.

        Raises:
            InputError: there is no such option, or a value is out of its bounds.
        """
        cls = extended(cls)
        unknown = sorted(options.keys() - cls.__dataclass_fields__.keys())
        if unknown:
            raise InputError(
                f"expected options of {cls.__name__} in the system {cell.system}, but it has "
                f"{', '.join(unknown)}: take them out of its file"
            )
        words = {STEPS: cell.steps, TEACHER: self.teachers.get(cell.dataset)}

        def filled(value: Any) -> Any:
            if isinstance(value, list):
                return tuple(value)
            return words.get(value, value) if isinstance(value, str) else value

        return cls(**{name: filled(value) for name, value in options.items()})


def language_of(dataset: str) -> str:
    """The language of a named data set, ``en`` or ``zh``."""
    return NAMED[dataset].language
