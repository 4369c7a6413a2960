"""Rows that go out one after the other: to the terminal, or into a file that is whole or absent."""

from __future__ import annotations

import csv
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

from ...errors import InputError, SnnConvertError
from ...files import replace_file
from ...formatting import cell, printable
from ..display.output import json_line
from ..display.screen import is_terminal

Row = dict[str, Any]
"""text, class and probabilities by class."""
Write = Callable[[TextIO, Sequence[Row]], None]


def write_lines(out: TextIO, rows: Sequence[Row]) -> None:
    """For people: class, probability and text, with tabs between."""
    safe = printable if is_terminal(out) else str
    for row in rows:
        best, text = row["probabilities"][row["class"]], " ".join(row["text"].splitlines())
        out.write(f"{safe(row['class'])}\t{best:.3f}\t{safe(text)}\n")


def write_json(out: TextIO, rows: Sequence[Row]) -> None:
    """JSON Lines: one object a text."""
    for row in rows:
        out.write(json_line(row) + "\n")


def _write_columns(out: TextIO, rows: Sequence[Row], delimiter: str) -> None:
    """Text, class, its probability, and the probability of every class."""
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    for row in rows:
        shares = row["probabilities"]
        writer.writerow(
            [cell(row["text"]), cell(row["class"]), shares[row["class"]], *shares.values()]
        )


WRITERS: dict[str, tuple[Write, str]] = {
    ".csv": (lambda out, rows: _write_columns(out, rows, ","), ","),
    ".tsv": (lambda out, rows: _write_columns(out, rows, "\t"), "\t"),
    ".jsonl": (write_json, ""),
}
"""What writes a file, by the end of its name, and what stands between its columns."""


def check_target(path: str) -> None:
    """Refuse a file of which it is not clear how it is written.

    Raises:
        InputError: says which endings there are.
    """
    if Path(path).suffix.lower() not in WRITERS and not _is_special(Path(path)):
        raise InputError(
            f"expected a file {', '.join(WRITERS)} for --out, but got {path}: give it one of these "
            "endings"
        )


def write_file(path: Path, classes: Sequence[str], batches: Iterator[list[Row]]) -> None:
    """Write all rows, or leave what is at ``path`` as it is.

    Raises:
        SnnConvertError: the file cannot be written.
    """
    if not _is_special(path):
        replace_file(path, lambda temporary: _fill(temporary, path.suffix, classes, batches))
        return
    try:
        _fill(path, ".jsonl", classes, batches)
    except OSError as error:
        raise SnnConvertError(f"could not write {path}: {error.strerror or error}") from error


def _is_special(path: Path) -> bool:
    """Whether ``path`` is a device or a pipe, which nothing may take the place of."""
    with suppress(OSError):
        return not stat.S_ISREG(path.stat().st_mode) and not path.is_dir()
    return False


def _fill(path: Path, kind: str, classes: Sequence[str], batches: Iterator[list[Row]]) -> None:
    write, delimiter = WRITERS[kind.lower()]
    with path.open("w", encoding="utf-8", newline="") as out:
        if delimiter:
            head = ["text", "class", "probability", *(f"probability of {c}" for c in classes)]
            csv.writer(out, delimiter=delimiter, lineterminator="\n").writerow(map(cell, head))
        for rows in batches:
            write(out, rows)


def write_screen(as_json: bool, batches: Iterator[list[Row]]) -> OSError | None:
    """Print the rows of every batch as soon as they are there; a log file does not get them.

    Returns:
        The error that ended it, as where the reader has gone: to be raised where no one can take
        it for an error of reading.
    """
    screen = getattr(sys.stdout, "screen", sys.stdout)
    for rows in batches:
        try:
            (write_json if as_json else write_lines)(screen, rows)
            screen.flush()
        except OSError as error:
            return error
    return None
