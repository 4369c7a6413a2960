"""One row, from its texts to its figures."""

from __future__ import annotations

import time

from ....files import write_json
from ....typed_json import to_json
from .data.rows import Cell, Row
from .stages.measured import measured_row
from .stages.runs import stage_made
from .stages.work import Work, teachers_of


def make(work: Work, cell: Cell) -> Row:
    """Train, convert, fine-tune and measure what a row needs, and write its file.

    Raises:
        InputError: data, vectors or a teacher are missing, or settings that do not fit.
    """
    started = time.process_time()
    run, stage = stage_made(work, cell)
    row = measured_row(cell, run, stage)
    row.seconds = round(time.process_time() - started, 1)
    row.notes |= {"run": run.path.name, "stage": stage, "stamp": work.stamp(cell)}
    if cell.by.taught:
        row.notes |= {"teacher": list(teachers_of(work.settings, cell.dataset)[0] or ())}
    if work.settings.limit:
        row.notes |= {"limit": work.settings.limit}
    write_json(work.place(cell), to_json(row))
    return row
