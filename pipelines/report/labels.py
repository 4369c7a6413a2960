"""The heading of its column on every cell of a page's tables.

On a telephone a row of a table is shown as a small card (report.css), where each figure needs its
column's name beside it: no table is wider than the window then, and no column cut off.
"""

from __future__ import annotations

import re
from html import escape
from html.parser import HTMLParser
from itertools import accumulate

from markupsafe import Markup


def labelled(page: str) -> Markup:
    """``page`` with ``data-label`` on the cells of tables that have a head.

    A heading of a row that is its first cell needs none: it names the card.
    """
    found = _Tables(page).labels
    parts, last = [], 0
    for place, label in found:
        parts += [page[last:place], f' data-label="{escape(label)}"']
        last = place
    return Markup("".join([*parts, page[last:]]))


class _Tables(HTMLParser):
    """Where labels go, and what they say; tables do not stand inside one another.

    Attributes:
        labels: place of the end of each cell's start tag, and the heading of its column
    """

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        # the parser counts no other line ends, though texts of data can hold them
        self.lines = [0, *accumulate(len(line) + 1 for line in page.split("\n"))]
        self.labels: list[tuple[int, str]] = []
        self.heads: list[str] = []  # the heading of each column
        self.texts: list[str] = []  # the headings as they stand in the head
        self.places: dict[tuple[int, int], int] = {}  # which of them, by row and column
        self.in_head = self.in_cell = False
        self.row = self.column = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self.heads, self.texts, self.places, self.row = [], [], {}, -1
        elif tag == "thead":
            self.in_head = True
        elif tag == "tr":
            self.row, self.column = self.row + 1, 0
        elif tag in ("td", "th"):
            wide, tall = (int(dict(attrs).get(name) or 1) for name in ("colspan", "rowspan"))
            if self.in_head:
                self._head(wide, tall)
            elif (tag == "td" or self.column) and self.column < len(self.heads):
                self._label(self.heads[self.column])
            self.column += wide
        elif tag == "br" and self.in_cell:
            self.handle_data(" ")

    def _head(self, wide: int, tall: int) -> None:
        """Begin a heading of so many columns and rows, right of those that reach down to it."""
        while (self.row, self.column) in self.places:
            self.column += 1
        for row in range(self.row, self.row + tall):
            for column in range(self.column, self.column + wide):
                self.places[row, column] = len(self.texts)
        self.texts.append("")
        self.in_cell = True

    def handle_endtag(self, tag: str) -> None:
        if tag == "table":
            self.heads = []
        elif tag == "thead":
            self.in_head = False
            # a column under a heading of several is called by both
            own: dict[int, dict[int, None]] = {}
            for (_, column), number in sorted(self.places.items()):
                own.setdefault(column, {})[number] = None
            self.heads = [
                ", ".join(text for n in own.get(column, ()) if (text := self.texts[n].strip()))
                for column in range(max(own, default=-1) + 1)
            ]
        elif self.in_cell and tag in ("td", "th"):
            self.in_cell = False

    def handle_data(self, data: str) -> None:
        if self.in_cell and self.texts:
            self.texts[-1] += data

    def _label(self, head: str) -> None:
        text = re.sub(r"\s+", " ", head).strip()
        if text:
            line, offset = self.getpos()
            start = self.lines[line - 1] + offset
            self.labels.append((start + len(self.get_starttag_text() or "") - 1, text))
