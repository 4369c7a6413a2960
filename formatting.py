"""Numbers and lists in words, tables as CSV and Markdown: written in one way everywhere."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

NONE = "-"
"""What stands for a figure that is not defined, or was not measured."""


_JOINERS = "\u200c\u200d"  # of letters and of emoji, without which they are others
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def printable(text: str, keep: str = "") -> str:
    """``text`` without what a terminal would obey: escape codes, marks of direction, line ends.

    Args:
        text: of anybody
        keep: characters that stay besides, as a line end

    >>> printable("\\x1b[31mred\\u202e") == "\\ufffd[31mred\\ufffd"
    True
    """
    if text.isprintable():
        return text
    return "".join(c if c in keep or _is_harmless(c) else "\ufffd" for c in text)


def _is_harmless(letter: str) -> bool:
    """Whether it is shown as it is, or is a blank or a joiner."""
    return letter.isprintable() or letter in _JOINERS or unicodedata.category(letter) == "Zs"


def cell(value: Any) -> Any:
    """A value as a cell of a CSV file: text that a spreadsheet would take for a formula, quoted.

    Such text has an apostrophe before it, which spreadsheets leave out; numbers stay numbers.

    >>> cell("=1+1"), cell("-0.5"), cell(-0.5), cell("-")
    ("'=1+1", '-0.5', -0.5, '-')
    """
    if not isinstance(value, str) or not value.startswith(_FORMULA) or value == NONE:
        return value
    try:
        float(value)
    except ValueError:
        return f"'{value}"
    return value


def percent(share: float | None, digits: int = 1, none: str = NONE) -> str:
    """A fraction in percent, without the sign: 0.8807 as ``88.1``."""
    return none if share is None else f"{100 * share:.{digits}f}"


def count(value: float | None, none: str = NONE) -> str:
    """How many of something: 4882490.9 as ``4,882,491``; below 100 with a decimal where it has one.

    >>> [count(x) for x in (4882490.9, 99.96, 12, 0.25, None)]
    ['4,882,491', '100.0', '12', '0.2', '-']
    """
    if value is None:
        return none
    small = abs(value) < 100 and value != int(value)
    return f"{value:,.1f}" if small else f"{value:,.0f}"


def points_between(first: float, second: float, digits: int = 1) -> float:
    """``first - second`` in points, of the figures as `percent` shows them.

    So that a reader who subtracts what stands on the page finds the difference that stands there.

    >>> round(100 * (0.91243 - 0.88757), 1), points_between(0.91243, 0.88757)
    (2.5, 2.4)
    """
    shown = float(percent(first, digits)) - float(percent(second, digits))
    return round(shown, digits) + 0.0


def joules(value: float | None, micro: str = "u", none: str = NONE) -> str:
    """Joules with three digits and a fitting unit.

    >>> [joules(x) for x in (1.5e-3, 2.73e-05, 6.58e-8, 4e-10, None)]
    ['1.5 mJ', '27.3 uJ', '65.8 nJ', '400 pJ', '-']
    """
    if value is None:
        return none
    for factor, unit in ((1e3, "mJ"), (1e6, f"{micro}J"), (1e9, "nJ")):
        if value * factor >= 0.9995:  # which three digits write as 1
            return f"{value * factor:.3g} {unit}"
    return f"{value * 1e12:.3g} pJ"


def listing(names: Iterable[str], word: str = "and") -> str:
    """``a, b and c``; at least one name."""
    *first, last = names
    return f"{', '.join(first)} {word} {last}" if first else last


def meant(word: str, names: Iterable[str]) -> str:
    """What may have been meant by ``word``, for the end of an error; empty where nothing is near.

    >>> meant("posson", ["saf", "poisson"])
    '; did you mean poisson?'
    """
    from difflib import get_close_matches  # slow to import, and only errors need it

    by_small = {name.lower(): name for name in reversed(list(names))}
    near = get_close_matches(word.lower(), by_small, n=1)
    return f"; did you mean {by_small[near[0]]}?" if near else ""


def csv_text(rows: Sequence[Mapping[str, Any]], columns: Sequence[str] | None = None) -> str:
    """A CSV file with a header; what is None or absent is an empty cell.

    Args:
        rows: of the table
        columns: those that are written; by default all that a row has, in the order of the rows
    """
    import csv
    import io

    if columns is None:
        columns = list(dict.fromkeys(key for row in rows for key in row))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([cell(name) for name in columns])
    writer.writerows([cell(row.get(name)) for name in columns] for row in rows)
    return text.getvalue()


def markdown_table(
    head: Sequence[str], rows: Iterable[Sequence[str]], right: Collection[int] = ()
) -> str:
    """A table in Markdown, without a line end behind its last row.

    Args:
        head: of the columns
        rows: cells, in which ``|`` is escaped and a line end is a blank
        right: numbers of the columns whose cells stand to the right
    """
    rule = ["---:" if i in right else "---" for i in range(len(head))]
    cells = [[cell.replace("|", "\\|").replace("\n", " ") for cell in row] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in (head, rule, *cells))
