"""Labelled texts from one TSV, CSV or JSONL file, plain or compressed."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

from ..errors import InputError
from .encodings import COMPRESSED, decode, read_bytes, replace_surrogates

Row = tuple[str, str]
"""(label, text), both as the file has them."""

LABEL_COLUMNS = ("label", "labels", "class", "target", "sentiment")
TEXT_COLUMNS = ("text", "texts", "sentence", "review", "content")
KINDS = (".tsv", ".csv", ".jsonl")


def kind_of(path: Path) -> str | None:
    """``.tsv``, ``.csv`` or ``.jsonl`` where the name ends so (also with .gz, .xz), else None."""
    suffixes = [s.lower() for s in path.suffixes]
    if suffixes and suffixes[-1] in COMPRESSED:
        suffixes.pop()
    return suffixes[-1] if suffixes and suffixes[-1] in KINDS else None


def read_rows(path: Path) -> list[Row]:
    """The labelled texts of ``path``, in order.

    TSV is ``label<TAB>text`` without quoting; CSV is quoted as in RFC 4180; both may begin with a
    line of column names (one of `LABEL_COLUMNS` and one of `TEXT_COLUMNS`, in any order), without
    one the columns are label, text. JSONL has one object a line with "label" and "text". Empty
    texts are kept, blank lines are not rows.

    Raises:
        InputError: unreadable, wrong encoding, unequal columns, empty label, broken JSON (each
            with its line), or no rows at all.
    """
    kind = kind_of(path)
    if kind is None:
        raise InputError(
            f"expected a .tsv, .csv or .jsonl file (also with .gz or .xz), but got {path.name}"
        )
    text = decode(read_bytes(path), path)
    if kind == ".jsonl":
        numbered = _json_rows(text, path)
    else:
        cells = _tsv_cells(text) if kind == ".tsv" else _csv_cells(text, path)
        numbered = _pick_columns(cells, path)
    rows = []
    for number, label, content in numbered:
        if not label.strip():
            raise InputError(f"{path} line {number}: expected a label, but it is empty")
        rows.append((label.strip(), replace_surrogates(content)))
    if not rows:
        raise InputError(f"expected labelled texts, but {path} has no rows")
    return rows


def _tsv_cells(text: str) -> Iterator[tuple[int, list[str]]]:
    # Split at LF alone: str.splitlines would also break at U+0085 and U+2028, which occur in texts.
    for number, line in enumerate(text.split("\n"), 1):
        line = line.removesuffix("\r")
        if line.strip():
            yield number, line.split("\t")


def _csv_cells(text: str, path: Path) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for cells in reader:
            if cells:
                yield reader.line_num, cells
    except csv.Error as error:
        raise InputError(
            f"{path} line {reader.line_num}: not valid CSV ({error}); quote texts that hold "
            "commas, quotes or line breaks"
        ) from None


def _pick_columns(
    numbered: Iterator[tuple[int, list[str]]], path: Path
) -> Iterator[tuple[int, str, str]]:
    """Line number, label and text of each row; a first line of column names sets their order."""
    label_at, text_at, width = 0, 1, 2
    for index, (number, cells) in enumerate(numbered):
        if index == 0:
            names = [cell.strip().lower() for cell in cells]
            labels = [i for i, name in enumerate(names) if name in LABEL_COLUMNS]
            texts = [i for i, name in enumerate(names) if name in TEXT_COLUMNS]
            if len(labels) == 1 and len(texts) == 1:
                label_at, text_at, width = labels[0], texts[0], len(cells)
                continue
        if len(cells) != width:
            raise InputError(
                f"{path} line {number}: expected {width} columns"
                + (" (label, text)" if width == 2 else " as in the first line")
                + f", but got {len(cells)}"
            )
        yield number, cells[label_at], cells[text_at]


def _json_rows(text: str, path: Path) -> Iterator[tuple[int, str, str]]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
        except (json.JSONDecodeError, RecursionError) as error:
            raise InputError(f"{path} line {number}: not valid JSON ({error})") from None
        if not isinstance(entry, dict) or "label" not in entry or "text" not in entry:
            raise InputError(
                f'{path} line {number}: expected an object with "label" and "text", '
                f"but got {line[:60]!r}"
            )
        label, content = entry["label"], entry["text"]
        if isinstance(label, bool) or not isinstance(label, (int, str)):
            raise InputError(
                f"{path} line {number}: expected an integer or a string as label, got {label!r}"
            )
        if not isinstance(content, str):
            raise InputError(f"{path} line {number}: expected a string as text, got {content!r}")
        yield number, replace_surrogates(str(label)), content
