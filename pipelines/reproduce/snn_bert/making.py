"""One row, from its texts to its figures."""

from __future__ import annotations

from ....files import write_json
from ....typed_json import to_json
from .measured import measured_row
from .rows import Cell, Row
from .work import Work


def make(work: Work, cell: Cell) -> Row:
    """Train what a row needs, measure it, and write the row's file.

    Raises:
        InputError: data or vectors are missing.
    """
    row = measured_row(cell, work.trained(cell))
    row.notes |= {"stamp": work.stamp(cell)}
    write_json(work.place(cell.name), to_json(row))
    return row
