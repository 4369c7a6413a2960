"""The files of a run as they are: config.yaml, results.json, and its records."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ...errors import InputError, SnnConvertError
from .again import again, command_for
from .config_file import read_config, write_config
from .lock import locked
from .own_files import check_own
from .results_file import read_results
from .seed_folders import refuse_seeds
from .stages import folder_name

if TYPE_CHECKING:
    from .records.models import ModelStage

T = TypeVar("T")


class RunFiles:
    """One run: ``path`` with its config.yaml and results.json.

    Raises:
        InputError: the folder must exist and hold a run, but does not.
    """

    def __init__(self, path: Path | str, must_exist: bool = True) -> None:
        if not isinstance(path, str | os.PathLike):
            raise InputError(f"expected the path of a run folder, but got {type(path).__name__}")
        self.path = Path(path)
        self._is_held = False
        if self.path.exists() and not self.path.is_dir():
            raise InputError(f"expected {self.path} to be a run folder, but it is a file")
        check_own(self.path)
        if must_exist and not self.results_path.is_file():
            refuse_seeds(self.path)
            raise InputError(
                f"expected a run folder at {self.path}, but it has no results.json; make one with: "
                f"{self._first_command()}"
            )

    def _first_command(self) -> str:
        """What makes the first stages, with the settings that config.yaml may still have."""
        config: dict[str, Any] = {}
        with suppress(InputError):
            config = self.config()
        return command_for("ann", self.path, config)

    @property
    def results_path(self) -> Path:
        """RUN/results.json."""
        return self.path / "results.json"

    def folder(self, stage: str) -> Path:
        """Where a stage lies."""
        return self.path / folder_name(stage)

    def results(self) -> dict[str, Any]:
        """All figures so far, by stage, as the file has them; empty before the first one.

        Raises:
            InputError: results.json is cut off, or holds something else.
        """
        return read_results(self.results_path, self._first_command)

    def record(self, stage: str, kind: type[T], results: Mapping[str, Any] | None = None) -> T:
        """The figures of a stage that is there, checked, as the record that it is written from.

        Args:
            stage: its name
            kind: its class, see `records.stages.RECORDS`
            results: those of the run, where they have been read

        Raises:
            InputError: an entry is missing or of another kind; the message names its place, and
                the command that makes the stage again.
        """
        from ...checked_json import Value  # as the records, no part of a command's start
        from ...typed_json import from_json

        figures = (self.results() if results is None else results)[stage]
        where = f"{self.results_path}: {stage}"
        return from_json(kind, Value(figures, where, again(stage, self.path)))

    def models(self) -> dict[str, ModelStage]:
        """The figures of every model that is there, by the name of its stage.

        Raises:
            InputError: as `record`.
        """
        from .records.stages import record_kind
        from .stages import models_among

        results = self.results()
        return {
            name: self.record(name, record_kind(name), results) for name in models_among(results)
        }

    def config(self) -> dict[str, Any]:
        """The resolved settings so far, by stage.

        Raises:
            InputError: config.yaml is damaged.
        """
        return read_config(self.path / "config.yaml")

    def _write_config(self, config: dict[str, Any]) -> None:
        write_config(self.path / "config.yaml", config)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep a second command out of the folder while one is working in it; see `lock.locked`."""
        with locked(self.path):
            self._is_held = True
            try:
                yield
            finally:
                self._is_held = False

    def note_place(self, place: str) -> None:
        """Write down where the data set lies, unless the folder cannot be written now."""
        with suppress(SnnConvertError), nullcontext() if self._is_held else self.locked():
            config = self.config()
            self._write_config(config | {"data": config["data"] | {"place": place}})
