"""Texts from a file or from standard input, in batches, whatever their number."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, cast

from ...errors import InputError
from ...text.datasets.readers.columns import listed
from ...text.datasets.readers.json_records import json_records
from ...text.datasets.readers.tables import told_delimiter
from ...text.decoding.compressed import unpacked
from ...text.decoding.decoding import user_path
from .lines import LONGEST, Chunked, Lines
from .names import Names

BATCH = 512
"""Texts that are classified at once, at most."""
LOOKED_AT = 400
"""Lines by which the delimiter is told."""
STDIN = "-"
PACKED = {".gz", ".bz2", ".xz", ".zip"}


@dataclass(frozen=True)
class TextSource:
    """Where texts come from.

    Attributes:
        name: path of a file, or "-" for standard input. A file ``.jsonl`` has an object or a
            string a line, ``.json`` all of them in one value, ``.csv`` and ``.tsv`` have columns,
            whose delimiter is told by content; all else has a text a line.
        text_column: name of the column or key of the texts, or number of the column from 1
        encoding: of the characters; None for what a byte order mark says, or UTF-8
        trained_on: names of the columns of texts that the model was trained on, taken where
            nothing is given and one of them is there
    """

    name: str
    text_column: str | None = None
    encoding: str | None = None
    trained_on: tuple[str, ...] = ()

    def kind(self) -> str:
        """``.csv``, ``.tsv``, ``.jsonl``, ``.json``, or nothing for lines of text."""
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
            names = Names(self.text_column, self.trained_on)
            return _batched(READERS[self.kind()](lines, names))
        if self.text_column is not None:
            raise InputError(
                "expected --text-column with a .csv, .tsv, .json or .jsonl file only, but "
                f"{lines.name} has a text a line: leave it out"
            )
        parts = lines.chunks()
        return (part[i : i + BATCH] for part in parts for i in range(0, len(part), BATCH))


def _batched(texts: Iterator[str]) -> Iterator[list[str]]:
    while batch := list(islice(texts, BATCH)):
        yield batch


def _json_texts(lines: Lines, names: Names) -> Iterator[str]:
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
        yield _text_of(value, names, where)


def _whole_json(lines: Lines, names: Names) -> Iterator[str]:
    """The texts of a file that is one JSON value: an array of strings, or records of any shape."""
    text = "\n".join(lines)
    with suppress(ValueError, RecursionError):
        whole = json.loads(text)
        if isinstance(whole, list) and whole and all(isinstance(value, str) for value in whole):
            yield from whole
            return
    for where, record in json_records(text, Path(lines.name)):
        yield _text_of(record, names, f"{lines.name} {where}")


def _text_of(value: Any, names: Names, where: str) -> str:
    if isinstance(value, dict):
        place = names.place(list(value))
        if place is None:
            raise InputError(
                f"{where}: expected a text under {names.wanted('key')}, but got the keys "
                f"{listed(list(value))}; name it with --text-column"
            )
        value = list(value.values())[place]
    if not isinstance(value, str):
        raise InputError(
            f"{where}: expected a text, but got {json.dumps(value)[:60]}; put it in quotes, or "
            "name the key of the texts with --text-column"
        )
    return value


def _cells(lines: Lines, names: Names, kind: str) -> Iterator[str]:
    """The column of the texts; a first line that names the columns is none."""
    csv.field_size_limit(LONGEST)
    beginning = "\n".join(lines.ahead(LOOKED_AT)) + "\n"
    delimiter = told_delimiter(beginning, kind, Path(lines.name)) or ","
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
            place, is_header = names.column(row, lines.name)
            if is_header:
                continue
        if len(row) <= place:
            raise InputError(
                f"{lines.name} line {lines.number}: expected a text in column {place + 1}, but it "
                f"has {len(row)}; mend or delete the line"
            )
        yield row[place].removesuffix("\n")


READERS: dict[str, Callable[[Lines, Names], Iterator[str]]] = {
    ".jsonl": _json_texts,
    ".ndjson": _json_texts,
    ".json": _whole_json,
    ".csv": lambda lines, names: _cells(lines, names, ".csv"),
    ".tsv": lambda lines, names: _cells(lines, names, ".tsv"),
}
"""What reads a file, by the end of its name."""
