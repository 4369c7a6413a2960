"""Rows of an earlier reproduction, which stand beside those that are made here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...shared.earlier import Machine, machines, read_document
from .rows import Row


@dataclass(frozen=True)
class Earlier:
    """What an earlier ``snnlp.json`` holds.

    machine, versions: what it was made on
    earlier: machines of what it had taken over itself
    """

    rows: list[Row] = field(default_factory=list)
    machine: str = ""
    versions: dict[str, Any] = field(default_factory=dict)
    earlier: list[Machine] = field(default_factory=list)

    def beside(self, rows: Sequence[Row]) -> list[Row]:
        """``rows``, and those of before that are not made anew, by name."""
        made = {row.cell for row in rows}
        both = [*rows, *(row for row in self.rows if row.cell not in made)]
        return sorted(both, key=lambda row: row.cell.name)

    def machines(self) -> list[dict[str, Any]]:
        """The machines of all that is taken over, JSON-able."""
        return machines(Machine(self.machine, self.versions), self.earlier) if self.rows else []


def read_earlier(path: Path | str | None) -> Earlier:
    """What the file of an earlier reproduction holds; nothing where there is none.

    Raises:
        InputError: it is no such file.
    """
    return Earlier() if path is None else read_document(Earlier, path)
