"""A run folder that another process of the same training writes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..parallel.ranks import find_ranks
from .run_folder import RunFolder


def own_run(path: Path | str, must_exist: bool = True) -> RunFolder:
    """The run in the folder ``path``, which the first of several processes writes.

    Raises:
        InputError: the folder must exist and hold a run, but does not.
    """
    kind = RunFolder if find_ranks().first else FollowedRun
    return kind(path, must_exist)


class FollowedRun(RunFolder):
    """A run that is only read: what would be written to it, another process writes."""

    def begin(self, stage: str, settings: dict[str, Any], force: bool = False) -> str:
        """The fingerprint that the stage will have."""
        return self.stamp(stage, settings)

    def replace(self, stage: str, figures: dict[str, Any]) -> None:
        """Nothing."""

    def finish(self, stage: str, settings: dict[str, Any], figures: object) -> None:
        """Nothing."""

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nothing: the other process holds the folder."""
        yield

    def _write_config(self, config: dict[str, Any]) -> None:
        """Nothing."""
