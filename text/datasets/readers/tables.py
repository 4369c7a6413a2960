"""A labelled file as a table of cells: its delimiter, quoting and line ends told by content."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from ....errors import InputError
from .columns import label_like
from .delimited import (
    BadQuotesError,
    Line,
    break_at_cr,
    name_rows,
    one_line_end,
    plain_lines,
    quoted_lines,
    tab_quoting,
)
from .headers import names_columns
from .options import DELIMITERS, FileOptions

_OWN = {".tsv": "\t", ".csv": ",", ".txt": "\t"}
_SEPARATORS = ("\t", ",", ";", "|")
_SAMPLE = 200
_SEP_LINE = re.compile(r'\ufeff?"?sep=(.)"?\r?\n', re.IGNORECASE)
_FASTTEXT = re.compile(r"__label__(\S+)[ \t]*,?[ \t]*(.*)")
_FASTTEXT_CELL = re.compile(r'"?__label__[^\s,;|"]+"?[,;|]')
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
    if options.delimiter is None and _is_fasttext(text):
        return Table(_fasttext(text, path), "__label__")
    told = _SEP_LINE.match(text)
    skipped = 1 if told else 0
    if told:
        text = text[told.end() :]
    delimiter = options.separator() or (told[1] if told else None)
    delimiter = delimiter or told_delimiter(text, kind, path)
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
        if quoting.quoted:
            rows = list(quoted_lines(text, delimiter, str(path), quoting.escapes, first))
            notes.append("cells are quoted")
        else:
            rows = _plain(text, delimiter)
    else:
        rows = _quoted(text, delimiter, path, first)
    rows = name_rows(rows)
    lines = [line for line in rows if any(cell.strip() for cell in line.cells)]
    if not notes and delimiter == "\t" and lines:
        ends = [c for line in lines for c in line.cells[-1:] if len(c) > 1 and c[0] == c[-1] == '"']
        if 2 * len(ends) >= len(lines):
            notes.append(f"{len(ends)} of {len(lines)} texts are in quotes, which were kept")
    if len(rows) > len(lines):
        notes.append(f"left out {len(rows) - len(lines)} rows of empty cells")
    return lines, notes


def _plain(text: str, delimiter: str) -> list[Line]:
    """Unquoted rows; single carriage returns end lines too, where only that makes rows equal."""
    rows = list(plain_lines(text, delimiter))
    broken = break_at_cr(text) if "\r" in text and _is_uneven(rows) else text
    if broken == text:
        return rows
    again = list(plain_lines(broken, delimiter))
    return rows if _is_uneven(again) else again


def _is_uneven(rows: list[Line]) -> bool:
    return len({len(row.cells) for row in rows}) > 1


def _quoted(text: str, delimiter: str, path: Path, first: int = 1) -> list[Line]:
    """Quoted rows, with quotes inside doubled or, as R's write.table does it, after a backslash."""
    try:
        return list(quoted_lines(text, delimiter, str(path), False, first))
    except BadQuotesError:
        if '\\"' not in text:
            raise
        try:
            return list(quoted_lines(text, delimiter, str(path), True, first))
        except BadQuotesError:
            pass
        raise


def told_delimiter(text: str, kind: str, path: Path) -> str | None:
    """The delimiter that cuts all lines alike; None where only a first word could be a label.

    ``text`` may be the beginning of a file, by which it is told.
    """
    own = _OWN[kind]
    fitting: dict[str, list[Line]] = {}
    for char in (own, *(c for c in _SEPARATORS if c != own)):
        rows = _sample(text, char, path)
        if rows and not _is_uneven(rows) and len(rows[0].cells) > 1:
            fitting[char] = rows
    if fitting:
        return max(fitting, key=lambda char: _speaks_for(fitting[char]))
    if kind == ".txt" and '"' in text:  # R's write.table has blanks between quoted cells
        rows = _sample(text, " ", path)
        if rows and not _is_uneven(rows) and all(sum(row.quoted) > 1 for row in rows):
            return " "
    if kind == ".txt" and _first_word(text, path, check=True):
        return None
    return own


def _sample(text: str, char: str, path: Path) -> list[Line]:
    """The first rows as ``char`` cuts them; none where quotes stand in its way."""
    if char == "\t":
        rows = list(islice(plain_lines(text, char), _SAMPLE))
        if not _is_uneven(rows) or '"' not in text:
            return name_rows(rows)
    for escapes in (False, True) if '\\"' in text else (False,):
        try:
            return name_rows(list(islice(quoted_lines(text, char, str(path), escapes), _SAMPLE)))
        except BadQuotesError:
            continue
    return []


def _speaks_for(rows: list[Line]) -> int:
    """How much the cells look like labels and texts; the first of equals is taken."""
    if names_columns(rows[0].cells):
        return 2
    columns = zip(*(row.cells for row in rows[1:]), strict=True)
    return int(any(label_like(column) for column in columns))


def _is_fasttext(text: str) -> bool:
    """Whether lines begin with fastText's labels, and these are no cells of a table."""
    if not text.lstrip().startswith("__label__"):
        return False
    lines = (line.strip() for line in text.split("\n"))
    sample = islice((line for line in lines if line), _SAMPLE)
    return not all(map(_FASTTEXT_CELL.match, sample))


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
                f"({line.cells[0][:60]!r}): keep one"
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
