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

Names = tuple[str, ...] | None


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
        taught = TEACHER in system.train.values()
        own = (system.data, system.train, system.trained, self._texts(cell.dataset, taught))
        return self.folder / "runs" / f"{name}-{self._hash(own)[:6]}-{cell.seed}"

    def stamp(self, cell: Cell) -> str:
        """What a row depends on, as a hash: with another one it is made anew."""
        system = cell.by
        settings = (system.data, system.train, system.trained, system.convert, system.finetune)
        texts = self._texts(cell.dataset, system.taught)
        return self._hash((cell, settings, texts))[:16]

    def _texts(self, dataset: str, taught: bool) -> tuple[Any, ...]:
        """What of the command's settings tells one row of a data set from another."""
        teacher = Path(self.teachers[dataset]).name if taught else ()
        return (self.settings.limit, Path(self.vectors[language_of(dataset)]).name, teacher)

    @staticmethod
    def _hash(value: object) -> str:
        return sha256(repr(value).encode())

    def settings_of(self, cls: type[Any], options: Options, cell: Cell) -> Any:
        """Settings of a step as a system has them, its words for T and teacher filled in.

        Raises:
            InputError: there is no such option, or a value is out of its bounds.
        """
        words = {STEPS: cell.steps, TEACHER: self.teachers.get(cell.dataset)}
        filled = {
            name: words.get(value, value) if isinstance(value, str) else value
            for name, value in options.items()
        }
        return chosen(cls, filled, f"the system {cell.system}")


def teachers_of(settings: ReproduceSettings, dataset: str) -> tuple[Names, Names]:
    """The teachers of a data set and the files of further texts; None where there are none."""
    if language_of(dataset) == "zh":
        return settings.teacher_zh, None
    return settings.teacher_en, settings.extra_en


def chosen(cls: type[Any], options: Options, where: str) -> Any:
    """Settings out of options by name; lists become tuples.

    Args:
        cls: the settings class
        options: by name
        where: they stand, in words

    Raises:
        InputError: there is no such option, or a value is out of its bounds.
    """
    cls = extended(cls)
    unknown = sorted(options.keys() - cls.__dataclass_fields__.keys())
    if unknown:
        raise InputError(
            f"expected options of {cls.__name__} in {where}, but it has {', '.join(unknown)}: take "
            "them out of its file"
        )
    values = {k: tuple(v) if isinstance(v, list) else v for k, v in options.items()}
    return cls(**values)


def language_of(dataset: str) -> str:
    """The language of a named data set, ``en`` or ``zh``."""
    return NAMED[dataset].language
