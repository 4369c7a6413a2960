"""Records of JSON files: one object a line, an array of them, objects of columns or of splits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ....errors import InputError
from .split_column import SPLITS, has_splits, split_of

Record = tuple[str, dict[str, Any]]
"""Where it is in the file ("line 3", "entry 3"), and its values by name."""

_INSIDE = ("data", "rows", "examples", "records", "train", "items", "results")


def json_records(text: str, path: Path) -> list[Record]:
    """The records of a JSON or JSON Lines file.

    Known are one object a line; an array of objects; an object that holds such an array as "data"
    or the like; an object of columns, each a list or an object by row; and pandas' orients
    "split", "table" and "index".

    Raises:
        InputError: not JSON, or of another shape, with its line or entry; a split without rows.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")  # JSON strings hold no line ends
    if text.lstrip().startswith(("[", "{")):
        try:
            whole = json.loads(text)
        except (ValueError, RecursionError):
            return _by_line(text, path)
        found = _of_whole(whole, path)
        if found is not None:
            return found
    return _by_line(text, path)


def _by_line(text: str, path: Path) -> list[Record]:
    records: list[Record] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise InputError(
                f"{path} line {number}: not valid JSON ({error}); expected one object a line, or "
                "one array of objects"
            ) from None
        if not isinstance(entry, dict):
            raise InputError(
                f'{path} line {number}: expected an object with "label" and "text", '
                f"but got {line[:60]!r}"
            )
        records.append((f"line {number}", entry))
    return records


def _of_whole(whole: Any, path: Path) -> list[Record] | None:
    """The records of a file that is one JSON value; None where it is no collection of them."""
    if isinstance(whole, list):
        return _entries(whole)
    if not isinstance(whole, dict):
        return None
    columns, data = whole.get("columns"), whole.get("data")
    if isinstance(columns, list) and isinstance(data, list):  # pandas: split
        if all(isinstance(row, list) and len(row) == len(columns) for row in data):
            return _entries([dict(zip(map(str, columns), row, strict=True)) for row in data])
        return None
    for name in _INSIDE:
        if isinstance(whole.get(name), list) and len(_lists(whole)) == 1:
            return _entries(whole[name])
    if (records := _of_splits(whole, path)) is not None:
        return records
    values = list(whole.values())
    if len(values) > 1 and all(isinstance(v, list) for v in values):
        return _of_columns({name: dict(enumerate(v)) for name, v in whole.items()})
    if values and all(isinstance(v, dict) for v in values):
        scalars = not any(isinstance(x, list | dict) for v in values for x in v.values())
        same = len({tuple(v) for v in values}) == 1
        if scalars and same and len(values) < len(values[0]):
            return _of_columns(whole)
        return _entries(values)
    return None


def _lists(whole: dict[str, Any]) -> list[str]:
    return [name for name, value in whole.items() if isinstance(value, list)]


def _of_splits(whole: dict[str, Any], path: Path) -> list[Record] | None:
    """The records of an object of arrays by split; None where its names are not those of splits."""
    lists = {name: whole[name] for name in _lists(whole)}
    splits = {name: split_of(name) for name in lists}
    if not has_splits(set(splits.values())):
        return None
    if empty := [name for name, split in splits.items() if split in SPLITS and not lists[name]]:
        raise InputError(
            f"{path}: expected rows in every split, but {empty[0]!r} has none: add them, or leave "
            f"{empty[0]!r} out"
        )
    records: list[Record] = []
    for name, values in lists.items():
        found = _entries(values)
        if found is None:
            return None
        records += [(f"{name}, {where}", {**entry, "split": name}) for where, entry in found]
    return records


def _entries(values: list[Any]) -> list[Record] | None:
    if values and all(isinstance(value, list) and len(value) > 1 for value in values):
        values = [{str(place): cell for place, cell in enumerate(row, 1)} for row in values]
    if not all(isinstance(value, dict) for value in values):
        return None
    return [(f"entry {number}", value) for number, value in enumerate(values, 1)]


def _of_columns(columns: dict[str, dict[Any, Any]]) -> list[Record] | None:
    keys = list(next(iter(columns.values())))
    if any(list(column) != keys for column in columns.values()):
        return None
    rows = [{name: column[key] for name, column in columns.items()} for key in keys]
    return _entries(rows)
