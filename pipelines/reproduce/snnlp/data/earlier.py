"""Rows of an earlier reproduction, which stand beside those that are made here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ...shared.earlier import MadeOn, read_document
from .rows import Row


@dataclass(frozen=True)
class Earlier(MadeOn):
    """What an earlier ``snnlp.json`` holds."""

    rows: list[Row] = field(default_factory=list)

    def beside(self, rows: Sequence[Row]) -> list[Row]:
        """``rows``, and those of before that are not made anew, by name."""
        made = {row.cell for row in rows}
        both = [*rows, *(row for row in self.rows if row.cell not in made)]
        return sorted(both, key=lambda row: row.cell.name)


def read_earlier(path: Path | str | None) -> Earlier:
    """What the file of an earlier reproduction holds; nothing where there is none.

    Raises:
        InputError: it is no such file.
    """
    return Earlier() if path is None else read_document(Earlier, path)
