"""`snnconvert reproduce snnlp`: every row that is not there yet, and the pages."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from ....progress import say
from ...rows.jobs import made
from ...rows.threads import threads
from ...run_folder.lock import locked
from ...settings.reproduce import ReproduceSettings
from ..shared.row_files import is_made, read_rows
from ..shared.vectors import found_vectors
from .data.earlier import read_earlier
from .data.rows import Row
from .making import Work, inputs_of, make
from .pages.outputs import write_outputs
from .training.plan import Job, Selection, jobs

VECTORS = "en.imdb.300d.txt.gz"


def reproduce(folder: Path | str, data_dir: str | None, settings: ReproduceSettings) -> list[Row]:
    """Make every wanted row that is not there, and write ``snnlp.json``, ``.md`` and ``.png``.

    A row is a file of its own, written when it is done, so that a stopped run goes on.

    Args:
        folder: of the rows and pages
        data_dir: of the named data sets
        settings: which rows, and how

    Raises:
        InputError: data, vectors or the encoder are missing.
    """
    folder = Path(folder)
    vectors = settings.vectors or found_vectors(VECTORS, "--vectors")
    work = Work(folder, data_dir, vectors, settings)
    earlier = read_earlier(settings.earlier)
    with locked(folder):
        wanted = jobs(selection_of(settings))
        there = frozenset(
            cell.name
            for job in wanted
            for cell in job
            if is_made(work.place(cell), work.stamp(cell))
        )
        left = jobs(selection_of(settings), there)
        count, done = sum(map(len, left)), 0
        say(f"{count} rows to make, {len(there)} are there")
        _make_inputs(work, left)
        for cells in made(left, partial(make, work), settings.workers, settings.ray):
            for cell in cells:
                done += 1
                say(f"{cell.name}, {done} of {count}")
            write_outputs(folder, rows_of(folder), earlier)
        rows = rows_of(folder)
        write_outputs(folder, rows, earlier)
    return earlier.beside(rows)


def selection_of(settings: ReproduceSettings) -> Selection:
    """The rows that the settings name."""
    return Selection(
        settings.datasets or (),
        settings.levels,
        settings.codes,
        settings.recipes,
        settings.steps or (),
        settings.seeds or (),
    )


def rows_of(folder: Path) -> list[Row]:
    """Every row of a folder, by name.

    Raises:
        InputError: a file is no row.
    """
    return read_rows(folder, Row)


def _make_inputs(work: Work, left: list[Job]) -> None:
    """The vectors of every data set and level that is wanted, before the work is shared out."""
    with threads(work.settings.workers):  # no other process works yet
        for dataset, level in dict.fromkeys((job[0].dataset, job[0].level) for job in left):
            inputs_of(work, dataset, level)
