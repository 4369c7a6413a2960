"""Texts from a file or from standard input, in batches, whatever their number."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, cast

from ...errors import InputError
from ...text.datasets.readers.columns import LABEL_COLUMNS, TEXT_COLUMNS, listed, normal
from ...text.decoding.compressed import unpacked
from ...text.decoding.decoding import user_path
from .lines import LONGEST, Chunked, Lines

BATCH = 512
"""Texts that are classified at once, at most."""
STDIN = "-"
PACKED = {".gz", ".bz2", ".xz", ".zip"}


@dataclass(frozen=True)
class TextSource:
    """Where texts come from.

    Attributes:
        name: path of a file, or "-" for standard input. A file ``.jsonl`` has an object or a
            string a line, ``.csv`` and ``.tsv`` have columns; all else has a text a line.
        text_column: name of the column or key of the texts, or number of the column from 1
        encoding: of the characters; None for UTF-8
    """

    name: str
    text_column: str | None = None
    encoding: str | None = None

    def kind(self) -> str:
        """``.csv``, ``.tsv``, ``.jsonl``, or nothing for lines of text."""
        suffixes = [suffix.lower() for suffix in Path(self.name).suffixes]
        if suffixes and suffixes[-1] in PACKED:
            suffixes.pop()
        last = suffixes[-1] if suffixes else ""
        return {".ndjson": ".jsonl"}.get(last, last if last in READERS else "")

    @contextmanager
    def batches(
        self, seen: Callable[[int], object] = lambda position: None
    ) -> Iterator[Iterator[list[str]]]:
        """The texts in lists of at most `BATCH`.

        Args:
            seen: is told how many bytes of a file lie behind

        Raises:
            InputError: no such file, or, inside, a line that cannot be read, with its number.
        """
        if self.name == STDIN:
            lines = Lines(cast(Chunked, sys.stdin.buffer), "standard input", self.encoding)
            yield self._texts(lines)
            return
        path = user_path(self.name, "a file of texts")
        if path.is_dir():
            raise InputError(f"expected a file of texts at {path}, but it is a folder")
        with unpacked(path, seen=seen) as stream:
            yield self._texts(Lines(stream, str(path), self.encoding))

    def _texts(self, lines: Lines) -> Iterator[list[str]]:
        if self.kind():
            return _batched(READERS[self.kind()](lines, self.text_column))
        if self.text_column is not None:
            raise InputError(
                f"expected --text-column with a .csv, .tsv or .jsonl file only, but {lines.name} "
                "has a text a line: leave it out"
            )
        parts = lines.chunks()
        return (part[i : i + BATCH] for part in parts for i in range(0, len(part), BATCH))


def _batched(texts: Iterator[str]) -> Iterator[list[str]]:
    while batch := list(islice(texts, BATCH)):
        yield batch


def _json_texts(lines: Lines, column: str | None) -> Iterator[str]:
    """A text a line, as a string or under a key; blank lines are none."""
    for line in lines:
        if not line.strip():
            continue
        where = f"{lines.name} line {lines.number}"
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise InputError(
                f"{where}: expected JSON, but it is not ({error}); mend or delete the line"
            ) from None
        yield _text_of(value, column, where)


def _text_of(value: Any, column: str | None, where: str) -> str:
    if isinstance(value, dict):
        keys = [column] if column else [key for key in value if normal(key) in TEXT_COLUMNS]
        if len(keys) != 1 or keys[0] not in value:
            raise InputError(
                f"{where}: expected a text under "
                f"{repr(column) if column else 'one key as text or sentence'}, but got the keys "
                f"{listed(list(value))}; name it with --text-column"
            )
        value = value[keys[0]]
    if not isinstance(value, str):
        raise InputError(
            f"{where}: expected a text, but got {type(value).__name__}; put it in quotes, or name "
            "the key of the texts with --text-column"
        )
    return value


def _cells(lines: Lines, column: str | None, delimiter: str) -> Iterator[str]:
    """The column of the texts; a first line that names the columns is none."""
    csv.field_size_limit(LONGEST)
    reader = csv.reader((f"{line}\n" for line in lines), delimiter=delimiter, strict=True)
    place: int | None = None
    while True:
        try:
            row = next(reader, None)
        except csv.Error as error:
            raise InputError(
                f"{lines.name} line {lines.number}: expected columns as in CSV, but got another "
                f"form ({error}); look at its quotes, or give a file with a text a line"
            ) from None
        if row is None:
            return
        if not row:
            continue
        if place is None:
            place, is_header = _column(row, column, lines.name)
            if is_header:
                continue
        if len(row) <= place:
            raise InputError(
                f"{lines.name} line {lines.number}: expected a text in column {place + 1}, but it "
                f"has {len(row)}; mend or delete the line"
            )
        yield row[place].removesuffix("\n")


def _column(first: list[str], column: str | None, name: str) -> tuple[int, bool]:
    """Which column has the texts, and whether the first line names the columns."""
    names = [normal(cell) for cell in first]
    has_names = any(cell in TEXT_COLUMNS or cell in LABEL_COLUMNS for cell in names)
    if column in first:
        return first.index(column), True
    if column is not None and column.isdigit() and 1 <= int(column) <= len(first):
        return int(column) - 1, has_names
    known = [place for place, cell in enumerate(names) if cell in TEXT_COLUMNS]
    if column is None and len(known) == 1:
        return known[0], True
    if column is None and len(first) == 1:
        return 0, False
    wanted = f"a column {column!r}" if column else "a column that is called text or the like"
    raise InputError(
        f"expected {wanted} in {name}, but its first line has {listed(first)}; say which has the "
        "texts, as in --text-column 2"
    )


READERS: dict[str, Callable[[Lines, str | None], Iterator[str]]] = {
    ".jsonl": _json_texts,
    ".ndjson": _json_texts,
    ".csv": lambda lines, column: _cells(lines, column, ","),
    ".tsv": lambda lines, column: _cells(lines, column, "\t"),
}
"""What reads a file, by the end of its name."""
