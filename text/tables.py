"""A labelled file as a table of cells: its delimiter, quoting and line ends told by content."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from ..errors import InputError
from .columns import label_like
from .delimited import BadQuotesError, Line, one_line_end, plain_lines, quoted_lines, tab_quoting
from .file_options import DELIMITERS, FileOptions
from .headers import names_columns

_OWN = {".tsv": "\t", ".csv": ",", ".txt": "\t"}
_SEPARATORS = ("\t", ",", ";", "|")
_SAMPLE = 200
_SEP_LINE = re.compile(r'\ufeff?"?sep=(.)"?\r?\n', re.IGNORECASE)
_FASTTEXT = re.compile(r"__label__(\S+)[ \t]*,?[ \t]*(.*)")
_NAMES = {char: name for name, char in DELIMITERS.items() if name.isalpha()}


@dataclass
class Table:
    """The rows of a file, and what was noticed about it."""

    lines: list[Line]
    delimiter: str
    notes: list[str] = field(default_factory=list)


def read_table(text: str, kind: str, options: FileOptions, path: Path) -> Table:
    """The cells of a delimited file, without lines that are empty.

    Args:
        text: of the file.
        kind: ``.tsv``, ``.csv`` or ``.txt``; which delimiter to expect, and which else to look for.
        options: what the user says.
        path: for errors.

    Raises:
        InputError: broken quotes, or no way to tell labels from texts.
    """
    if options.plain:
        return Table(list(plain_lines(text, "\t")), "\t")
    text = one_line_end(text)
    begin = text.lstrip().startswith("__label__")
    if begin and options.delimiter is None:
        return Table(_fasttext(text, path), "__label__")
    told = _SEP_LINE.match(text)
    skipped = 1 if told else 0
    if told:
        text = text[told.end() :]
    delimiter = options.separator() or (told[1] if told else None)
    delimiter = delimiter or _delimiter(text, kind, path)
    if delimiter is None:
        return Table(_first_word(text, path), "the first one of a line")
    lines, notes = _cells(text, delimiter, kind, path, 1 + skipped)
    if delimiter != _OWN[kind] and options.delimiter is None:
        notes.append(f"the delimiter is {delimiter_name(delimiter)}")
    return Table(lines, delimiter_name(delimiter), notes)


def delimiter_name(char: str) -> str:
    """A delimiter as the user would type it after ``--delimiter``."""
    return _NAMES.get(char, char)


def _cells(
    text: str, delimiter: str, kind: str, path: Path, first: int
) -> tuple[list[Line], list[str]]:
    """Rows that have any content, by the quoting that the delimiter or the quotes speak for."""
    notes: list[str] = []
    if delimiter == "\t":
        quoting = tab_quoting(text)
        made: Iterator[Line] = plain_lines(text, delimiter)
        if quoting.quoted:
            made = quoted_lines(text, delimiter, str(path), quoting.escapes, first)
            notes.append("cells are quoted")
    else:
        made = quoted_lines(text, delimiter, str(path), False, first)
    rows = list(made)
    lines = [line for line in rows if any(cell.strip() for cell in line.cells)]
    if not notes and delimiter == "\t" and lines:
        ends = [c for line in lines for c in line.cells[-1:] if len(c) > 1 and c[0] == c[-1] == '"']
        if 2 * len(ends) >= len(lines):
            notes.append(f"{len(ends)} of {len(lines)} texts are in quotes, which were kept")
    if len(rows) > len(lines):
        notes.append(f"left out {len(rows) - len(lines)} rows of empty cells")
    return lines, notes


def _delimiter(text: str, kind: str, path: Path) -> str | None:
    """The delimiter that cuts all lines alike; None where only a first word could be a label."""
    own = _OWN[kind]
    fitting: dict[str, list[Line]] = {}
    for char in (own, *(c for c in _SEPARATORS if c != own)):
        try:
            if char == "\t":
                rows = list(islice(plain_lines(text, char), _SAMPLE))
                if len({len(row.cells) for row in rows}) > 1 and '"' in text:
                    rows = list(islice(quoted_lines(text, char, str(path)), _SAMPLE))
            else:
                rows = list(islice(quoted_lines(text, char, str(path)), _SAMPLE))
        except BadQuotesError:
            continue
        widths = {len(row.cells) for row in rows}
        if len(widths) == 1 and widths.pop() > 1:
            fitting[char] = rows
    if fitting:
        return max(fitting, key=lambda char: _speaks_for(fitting[char]))
    if kind == ".txt" and _first_word(text, path, check=True):
        return None
    return own


def _speaks_for(rows: list[Line]) -> int:
    """How much the cells look like labels and texts; the first of equals is taken."""
    if names_columns(rows[0].cells):
        return 2
    columns = zip(*(row.cells for row in rows[1:]), strict=True)
    return int(any(label_like(column) for column in columns))


def _fasttext(text: str, path: Path) -> list[Line]:
    """``__label__x text`` lines, as of fastText."""
    lines = []
    for line in plain_lines(text, "\n"):
        match = _FASTTEXT.fullmatch(line.cells[0].strip())
        if match is None:
            raise InputError(
                f"{path} line {line.number}: expected __label__ and a class before the text, as in "
                f"the first line, but got {line.cells[0][:60]!r}"
            )
        if match[2].startswith("__label__"):
            raise InputError(
                f"{path} line {line.number}: expected one label of each text, but got several "
                f"({line.cells[0][:60]!r})"
            )
        lines.append(Line(line.number, [match[1], match[2]]))
    return lines


def _first_word(text: str, path: Path, check: bool = False) -> list[Line]:
    """Lines whose text follows a label at the first comma, semicolon, bar or (numbers) blank.

    Args:
        text: of the file.
        path: for the error.
        check: return no lines where there is no such label, in place of an error.
    """
    whole = list(plain_lines(text, "\n"))
    tests: list[tuple[str, Callable[[str], object]]] = [(char, str.strip) for char in ",;|"]
    tests.append((" ", str.isdigit))
    for char, fits in tests:
        rows = [Line(line.number, line.cells[0].strip().split(char, 1)) for line in whole]
        if all(len(row.cells) == 2 and fits(row.cells[0]) for row in rows) and label_like(
            [row.cells[0] for row in rows]
        ):
            return rows
    if check:
        return []
    raise InputError(f"{path}: expected lines of a label and a text")
