"""Which column or key of a file has the texts: as it is given, as in training, or by its name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ...errors import InputError
from ...text.datasets.readers.columns import (
    LABEL_COLUMNS,
    LABEL_NAMES,
    TEXT_COLUMNS,
    TEXT_NAMES,
    group_of,
    listed,
    normal,
)
from ...text.datasets.readers.delimited import is_number

_WORDS = 3  # a cell of more of them names no column
_IDS = ("id", "ids", "index", "idx")


class Names(NamedTuple):
    """What is known of the name of the texts.

    given: by the user, a name or a number from 1
    trained_on: names of the columns of texts that the model was trained on
    """

    given: str | None = None
    trained_on: tuple[str, ...] = ()

    def place(self, names: Sequence[str]) -> int | None:
        """Which of the columns ``names`` has the texts; None where that is unclear."""
        wanted = (self.given,) if self.given else self.trained_on
        for name in wanted:
            if name in names:
                return names.index(name)
        if self.given:
            return None
        ranks = {i: rank for i, name in enumerate(names) if (rank := _rank(name)) is not None}
        best = [i for i, rank in ranks.items() if rank == min(ranks.values())]
        return best[0] if len(best) == 1 else None

    def wanted(self, what: str) -> str:
        """What was looked for, for an error."""
        return repr(self.given) if self.given else f"one {what} as text or sentence"

    def column(self, first: Sequence[str], file: str) -> tuple[int, bool]:
        """Which column has the texts, and whether the first line names the columns.

        Args:
            first: the cells of the first line
            file: for the error

        Raises:
            InputError: neither the names nor what is given say which it is.
        """
        header = self._is_header(first)
        place = self.place(first) if header or self.given else None
        if place is not None:
            return place, True
        given = self.given or ""
        if given.isdigit() and 1 <= int(given) <= len(first):
            return int(given) - 1, header
        if not given and len(first) == 1:
            return 0, False
        wanted = f"a column {given!r}" if given else "a column that is called text or the like"
        raise InputError(
            f"expected {wanted} in {file}, but its first line has {listed(first)}; say which has "
            "the texts with --text-column, by its name or its number from 1"
        )

    def _is_header(self, first: Sequence[str]) -> bool:
        """Whether cells are names of columns, of which one at least is known."""
        if len(first) == 1:  # a short text may end in such a word
            return normal(first[0]) in TEXT_COLUMNS or first[0] in self.trained_on
        if any(len(cell.split()) > _WORDS or is_number(cell) for cell in first):
            return False
        return any(cell in self.trained_on or _is_name(cell) for cell in first)


def _is_name(cell: str) -> bool:
    """Whether a cell is a usual name of a column; short texts may end in one."""
    plain = normal(cell)
    if plain in TEXT_COLUMNS or plain in LABEL_COLUMNS or plain in _IDS:
        return True
    return len(cell.split()) == 1 and group_of(cell, (*TEXT_NAMES, *LABEL_NAMES)) is not None


def _rank(name: str) -> int | None:
    return group_of(name, TEXT_NAMES)
