"""Rows as files: each is written when it is done, so that a stopped reproduction goes on."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from ....checked_json import read_plain, read_value
from ....typed_json import from_json

R = TypeVar("R")
_REMEDY = "remove the file, and it is made again"


def read_rows(folder: Path, row: type[R]) -> list[R]:
    """Every row under ``folder``/rows, by name.

    Args:
        folder: of the reproduction
        row: the class of its rows, see `typed_json`

    Raises:
        InputError: a file is no row.
    """
    places = sorted((folder / "rows").glob("*.json"))
    return [from_json(row, read_value(path, "a row", _REMEDY)) for path in places]


def is_made(place: Path, stamp: str) -> bool:
    """Whether the row in the file ``place`` is there, made of what ``stamp`` stands for.

    Raises:
        InputError: the file is not JSON.
    """
    if not place.exists():
        return False
    notes = read_plain(place, "a row", _REMEDY).get("notes")
    return isinstance(notes, dict) and notes.get("stamp") == stamp
