"""Rows as files: each is written when it is done, so that a stopped reproduction goes on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, Self, TypeVar, cast, get_type_hints

from ....checked_json import read_plain
from ....errors import InputError

R = TypeVar("R")
_REMEDY = "remove the file, and it is made again"


class FlatRow:
    """A dataclass whose ``cell``, another one, says what it is of; in its file one mapping."""

    def to_dict(self) -> dict[str, Any]:
        """A flat record, JSON-able."""
        values = asdict(cast(Any, self))
        return dict(values.pop("cell") | values)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """The inverse of `to_dict`.

        Raises:
            KeyError, TypeError: a field is missing, or there is an unknown one.
        """
        values, of = dict(values), get_type_hints(cls)["cell"]
        cell = of(**{item.name: values.pop(item.name) for item in fields(of)})
        return cls(**{"cell": cell, **values})


def read_rows(folder: Path, row: Callable[[dict[str, Any]], R]) -> list[R]:
    """Every row under ``folder``/rows, by name.

    Args:
        folder: of the reproduction
        row: makes a row of what a file holds; a KeyError, TypeError or AttributeError says that it
            is none

    Raises:
        InputError: a file is no row.
    """
    found = []
    for path in sorted((folder / "rows").glob("*.json")):
        try:
            found.append(row(read_plain(path, "a row", _REMEDY)))
        except (KeyError, TypeError, AttributeError) as error:
            raise InputError(
                f"expected a row of the reproduction in {path}, but it is none ({error}): {_REMEDY}"
            ) from None
    return found


def is_made(place: Path, stamp: str) -> bool:
    """Whether the row in the file ``place`` is there, made of what ``stamp`` stands for.

    Raises:
        InputError: the file is not JSON.
    """
    if not place.exists():
        return False
    notes = read_plain(place, "a row", _REMEDY).get("notes")
    return isinstance(notes, dict) and notes.get("stamp") == stamp
