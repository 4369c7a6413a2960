"""Rows as aligned columns, for the terminal: drawn by rich, as wide as the terminal at most.

Where standard output is no terminal, columns are as wide as what stands in them, so that a file
holds each row on one line, always the same and without colours.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ...formatting import NONE, printable
from .screen import coloured, columns, folded, rule, styled

Cells = list[list[str]]
_LONGEST_WORD = 24
"""Columns; longer words, as paths and Chinese sentences, may be broken where there is no room."""
_NUMBER = re.compile(r"[-+]?[\d.]")
_BEFORE_BRACKET = re.compile(r"\s+(?=[\[(])")
_UNITS = re.compile(r"\[[^]]*\]|\([^)]*\)|\S+")
"""A word, or what stands in brackets."""
_BOX = "    \n    \n {0}{0} \n    \n    \n    \n    \n    \n"
"""A line below the headings, as rich spells it."""


def table(
    header: Sequence[str],
    rows: Sequence[Sequence[Any]],
    right: bool = True,
    width: int | None = None,
) -> str:
    """Rows as aligned columns: the first to the left, the others to the right (or left too).

    Where they are too wide, first headings and words go over several lines, then intervals go
    below their values; numbers are never broken. Where even that is too wide, every row becomes a
    list of its figures.

    Args:
        header: of the columns
        rows: what stands in them, as text or what `str` makes text of
        right: whether all columns but the first stand to the right
        width: columns of the terminal; None for the one there is
    """
    cells = [[printable(str(c), "\n") for c in row] for row in [header, *rows]]
    width = width or columns()
    layout = _layout(cells, width)
    return _listed(cells, width or 80) if layout is None else _drawn(cells, layout, right)


@dataclass(frozen=True)
class _Layout:
    """Widths of the columns, blanks between them, and where intervals go below their values."""

    widths: list[int]
    gap: int
    below: frozenset[int] = frozenset()


def _layout(cells: Cells, width: int | None) -> _Layout | None:
    """How to fit the columns into ``width``; None where they do not fit."""
    places = range(len(cells[0]))
    natural = [max(_cells(row[i]) for row in cells) for i in places]
    if width is None or sum(natural) + 2 * (len(natural) - 1) <= width:
        return _Layout(natural, 2)
    for whole in (True, False):
        least = [
            max([_longest(cells[0][i], False), *(_longest(row[i], whole) for row in cells[1:])])
            for i in places
        ]
        for gap in (2, 1):
            room = width - gap * (len(natural) - 1)
            if sum(least) <= room:
                body = [max([_cells(row[i]) for row in cells[1:]], default=0) for i in places]
                first = _narrowed(
                    natural, [max(pair) for pair in zip(least, body, strict=True)], room
                )
                widths = _narrowed(first, least, room)
                return _Layout(widths, gap) if whole else _settled(cells, widths, least, gap)
    return None


def _settled(cells: Cells, widths: list[int], least: list[int], gap: int) -> _Layout:
    """The layout where intervals go below their values in all rows of a column or in none.

    What the columns of numbers do not need so goes to words, which fill any number of columns.
    """
    places = range(len(widths))
    body = [max([_cells(row[i]) for row in cells[1:]], default=0) for i in places]
    numbers = [_is_numbers([row[i] for row in cells[1:]]) for i in places]
    below = frozenset(i for i in places if numbers[i] and widths[i] < body[i])
    found = [least[i] if i in below else widths[i] for i in places]
    for _ in range(sum(widths) - sum(found)):
        lacking = [0 if numbers[i] else body[i] - found[i] for i in places]
        if max(lacking) > 0:
            found[lacking.index(max(lacking))] += 1
    return _Layout(found, gap, below)


def _is_numbers(cells: Sequence[str]) -> bool:
    """Whether most of a column is numbers: words may begin with one, as in ``3 bits``."""
    filled = [cell for cell in cells if cell not in ("", NONE)]
    return not filled or 2 * sum(bool(_NUMBER.match(cell)) for cell in filled) > len(filled)


def _narrowed(natural: list[int], least: list[int], room: int) -> list[int]:
    """Widths of ``room`` together, or `least`: those that have most to give, give first."""
    widths = natural[:]
    while sum(widths) > max(room, sum(least)):
        given = [w - low for w, low in zip(widths, least, strict=True)]
        widths[given.index(max(given))] -= 1
    return widths


def _cells(text: str) -> int:
    """Terminal columns of ``text``: Chinese characters take two."""
    from rich.cells import cell_len

    return cell_len(text)


def _longest(text: str, whole_numbers: bool) -> int:
    """Columns that a cell needs: its longest word, or all of it where it is about numbers."""
    if whole_numbers and _NUMBER.match(text):
        return _cells(text)
    return max((min(_cells(unit), _LONGEST_WORD) for unit in _UNITS.findall(text)), default=0)


def _broken(cell: str, width: int) -> str:
    """A cell over as many lines as it needs; what stands in brackets stays together."""
    if _cells(cell) <= width:
        return cell
    if _NUMBER.match(cell):
        return _BEFORE_BRACKET.sub("\n", cell)
    return "\n".join(_units(cell, width))


def _units(text: str, width: int) -> list[str]:
    """Lines of as many words each as there is room for; what stands in brackets is one word."""
    lines = [""]
    for unit in _UNITS.findall(text):
        longer = f"{lines[-1]} {unit}".strip()
        lines = [*lines[:-1], longer] if _cells(longer) <= width else [*lines, unit]
    return [line for line in lines if line]


def _drawn(cells: Cells, layout: _Layout, right: bool) -> str:
    """The table by rich."""
    from rich.box import Box
    from rich.table import Table
    from rich.text import Text

    padding = (0, layout.gap - 1, 0, 0)
    found = Table(
        box=Box(_BOX.format(rule())),
        show_edge=False,
        pad_edge=False,
        padding=padding,
        header_style="bold",
    )
    for i, (title, width) in enumerate(zip(cells[0], layout.widths, strict=True)):
        numbers = _is_numbers([row[i] for row in cells[1:]])
        justify: Literal["right", "left"] = "right" if i and right and numbers else "left"
        found.add_column(Text(_broken(title, width)), justify=justify, width=width, overflow="fold")
    for row in cells[1:]:
        found.add_row(
            *(
                Text(_BEFORE_BRACKET.sub("\n", cell) if i in layout.below else _broken(cell, width))
                for i, (cell, width) in enumerate(zip(row, layout.widths, strict=True))
            )
        )
    return _rendered(found, sum(layout.widths) + layout.gap * len(layout.widths))


def _listed(cells: Cells, width: int) -> str:
    """Every row as a list of its figures, for a terminal that is too narrow for columns."""
    blocks = []
    for row in cells[1:]:
        pairs = [pair for pair in zip(cells[0], row, strict=True) if pair[1]]
        lines = [f"{name}: {cell}" if name else cell for name, cell in pairs]
        lines = [folded("\n".join(_units(line, width)), width) for line in lines]
        blocks.append("\n".join([styled(lines[0], "bold"), *lines[1:]]) if lines else "")
    return "\n\n".join(blocks)


def _rendered(table: Any, width: int) -> str:
    """What rich draws, as text; bold letters where the terminal shows them."""
    from rich.console import Console

    screen = Console(
        file=io.StringIO(),
        width=width,
        force_terminal=coloured(),
        color_system="standard" if coloured() else None,
        legacy_windows=False,
        _environ={},
    )
    with screen.capture() as drawn:
        screen.print(table, highlight=False)
    return "\n".join(line.rstrip() for line in drawn.get().rstrip("\n").split("\n"))
