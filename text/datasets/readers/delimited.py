"""Cells of delimited text, quoted or not, with line numbers.

The standard csv module is not used here: its limit of 131,072 characters a field can only be raised
for the whole process, and it does not tell which cells were quoted, by which quoted TSV is known.
Tests compare the two.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from ....errors import InputError

_LONE_CR = re.compile(r"\r+(?![\r\n])")


class Line(NamedTuple):
    """One row: the line it begins at, its cells, and which of them were quoted."""

    number: int
    cells: list[str]
    quoted: tuple[bool, ...] = ()


class BadQuotesError(InputError):
    """A quoted cell that never ends, or goes on after its closing quote."""


def one_line_end(text: str) -> str:
    """``text`` with LF line ends where it has only CR, as old Macs write it."""
    return text if "\n" in text else text.replace("\r", "\n")


def break_at_cr(text: str) -> str:
    """``text`` with LF for each carriage return that stands alone, as joined files have them."""
    return _LONE_CR.sub("\n", text)


def name_rows(lines: list[Line]) -> list[Line]:
    """``lines`` with a nameless first column in the header, where R left out that of row names.

    R's write.table gives every row its name, but the names no name: the header is one cell short.
    """
    if len(lines) < 2:
        return lines
    first, body = lines[0], lines[1:]
    width = len(first.cells) + 1
    if any(len(line.cells) != width for line in body) or width < 3:
        return lines
    if len({line.cells[0] for line in body}) < len(body):
        return lines
    return [Line(first.number, ["", *first.cells], (False, *first.quoted)), *body]


def plain_lines(text: str, delimiter: str) -> Iterator[Line]:
    """Rows of unquoted cells. Lines end at LF alone, since U+0085 and U+2028 occur in texts."""
    for number, line in enumerate(text.split("\n"), 1):
        line = line.rstrip("\r")
        if line.strip():
            yield Line(number, line.split(delimiter))


def quoted_lines(
    text: str, delimiter: str, where: str, escapes: bool = False, first: int = 1
) -> Iterator[Line]:
    """Rows of cells that may be quoted as in RFC 4180, blanks around the quotes included.

    Args:
        text: the file's.
        delimiter: one character.
        where: the file, for errors.
        escapes: a quote inside quotes is written with a backslash, as R does by default, not twice.
        first: number of the first line.

    Raises:
        BadQuotesError: with the line at which the cell begins.
    """
    at, number, end = 0, first, len(text)
    while at < end:
        stop = text.find("\n", at)
        stop = end if stop < 0 else stop
        line = text[at:stop].removesuffix("\r")
        if '"' not in line and "\r" not in line:
            if line.strip():
                yield Line(number, line.split(delimiter))
            at, number = stop + 1, number + 1
            continue
        found, after = _quoted_line(text, at, number, delimiter, where, escapes)
        yield found
        number += text.count("\n", at, after)
        at = after


def _quoted_line(
    text: str, at: int, number: int, delimiter: str, where: str, escapes: bool
) -> tuple[Line, int]:
    """The row that begins at ``at``, and where the next one does."""
    pattern, cells, quoted = _cell(delimiter, escapes), [], []
    while True:
        match = pattern.match(text, at)
        if match is None:
            raise BadQuotesError(
                f"{where} line {number}: not valid CSV (a quoted cell does not end, or goes on "
                "after its closing quote); quote texts that hold delimiters, quotes or line "
                "breaks, with quotes inside them doubled"
            )
        inner, bare, end = match.groups()
        quoted.append(inner is not None)
        if inner is None:
            cells.append(bare)
        else:
            cells.append(inner.replace('\\"' if escapes else '""', '"'))
        at = match.end()
        if end != delimiter:
            return Line(number, cells, tuple(quoted)), at


@cache
def _cell(delimiter: str, escapes: bool) -> re.Pattern[str]:
    """A cell and what ends it: the delimiter, a line end or the end of the text."""
    d = re.escape(delimiter)
    # unrolled loops: an alternative for each character would need memory for each
    inner = r'[^"\\]*(?:\\"?[^"\\]*)*' if escapes else r'[^"]*(?:""[^"]*)*'
    blanks = "" if delimiter == " " else " *"
    return re.compile(
        rf'(?:{blanks}"({inner})"{blanks}|((?!{blanks}")[^{d}\r\n]*))({d}|\r\n|\n|\r|\Z)'
    )


class Quoting(NamedTuple):
    """Whether cells are quoted, and with which escapes."""

    quoted: bool
    escapes: bool = False


def tab_quoting(text: str, delimiter: str = "\t") -> Quoting:
    """Whether tab-separated ``text`` is quoted, as R and pandas write it, or has stray quotes.

    It is quoted where that explains every quote in it: in each column all cells but numbers and
    missing ones are quoted (R, ``QUOTE_ALL``), or just those cells are that need it because of a
    quote, tab or line end in them (pandas) or also a comma (Excel).
    """
    if '"' not in text:
        return Quoting(False)
    for escapes in (False, True) if '\\"' in text else (False,):
        try:
            lines = name_rows(list(quoted_lines(text, delimiter, "", escapes)))
        except BadQuotesError:
            continue
        if len({len(line.cells) for line in lines}) == 1 and (_whole(lines) or _needed(lines)):
            return Quoting(True, escapes)
    return Quoting(False)


def _whole(lines: list[Line]) -> bool:
    """Whether the cells of each column are all quoted, or none; the first line may differ."""
    body = lines[1:]
    for column in range(len(lines[0].cells)):
        bare = [line.cells[column] for line in body if not _is_quoted(line, column)]
        missing = all(not cell or cell == "NA" or is_number(cell) for cell in bare)
        none = len(bare) == len(body)
        if (not missing and not none) or any('"' in cell for cell in bare):
            return False
        if none and _is_quoted(lines[0], column) and not missing:
            return False
    return any(any(line.quoted) for line in body)


def _needed(lines: list[Line]) -> bool:
    """Whether just those cells are quoted that had to be."""
    commas = any(
        "," in cell and not _is_quoted(line, i)
        for line in lines
        for i, cell in enumerate(line.cells)
    )
    needs = re.compile('["\t\r\n]' if commas else '["\t\r\n,]')
    return all(
        bool(needs.search(cell)) == _is_quoted(line, i)
        for line in lines
        for i, cell in enumerate(line.cells)
    )


def _is_quoted(line: Line, column: int) -> bool:
    return column < len(line.quoted) and line.quoted[column]


def is_number(cell: str) -> bool:
    """Whether ``cell`` is a number."""
    try:
        float(cell)
    except ValueError:
        return False
    return True
