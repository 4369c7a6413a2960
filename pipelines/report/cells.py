"""Cells of the table that compares runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .format import NONE


@dataclass(frozen=True)
class Cell:
    """A figure of one run: what is shown, what stands below it, and its value in the file."""

    text: str
    small: str = ""
    value: float | str | None = None


ABSENT = Cell(NONE)
"""What a run has not."""
Groups = Mapping[str, Mapping[str, Cell]]
"""Cells by the heading that they stand under and by the name of their row."""
