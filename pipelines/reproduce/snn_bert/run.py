"""`snnconvert reproduce snn-bert`: every row that is not there yet, and the pages."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from ....progress import say
from ...rows.jobs import made
from ...rows.threads import threads
from ...run_folder.lock import locked
from ...settings.reproduce import GLUE, ReproduceSettings
from ..shared.row_files import is_made, read_rows
from ..shared.vectors import found_vectors
from .earlier import Earlier, read_earlier
from .making import make
from .pages.outputs import write_outputs
from .plan import Selection
from .rows import Cell, Row
from .steps import measure_steps, read_steps
from .work import Work

VECTORS = "en.imdb.300d.txt.gz"


def reproduce(
    folder: Path | str, data_dir: str | None, settings: ReproduceSettings
) -> dict[str, Any]:
    """Make every wanted row that is not there, and write ``snn_bert.json``, ``.md`` and ``.png``.

    A row is a file of its own, written when it is done, and its run folder goes on where it was,
    so that a stopped call goes on at any point.

    Args:
        folder: of the rows, runs and pages
        data_dir: of the named data sets
        settings: which rows, and how

    Returns:
        What the JSON file holds.

    Raises:
        InputError: data or vectors are missing, or a file in the folder is no row.
    """
    selection, earlier = Selection(settings), read_earlier(settings.earlier)
    wanted = list(selection.cells())
    work = Work(Path(folder), data_dir, _vectors(selection), settings)
    with locked(work.folder):
        rows_of(work)  # a damaged one is told before the work
        left = [cell for cell in wanted if not is_made(work.place(cell.name), work.stamp(cell))]
        say(f"{len(left)} rows to make, {len(wanted) - len(left)} are there")
        _make(work, left, earlier)
        _measure_steps(work, selection)
        return write_outputs(work, rows_of(work), read_steps(work), earlier)


def rows_of(work: Work) -> list[Row]:
    """Every row of the folder, by name.

    Raises:
        InputError: a file is no row.
    """
    return read_rows(work.folder, Row)


def _vectors(selection: Selection) -> str:
    """Word vectors, which the tasks of GLUE do not read.

    Raises:
        InputError: they are to be read, and are not to be found.
    """
    settings = selection.settings
    if settings.quick:
        return "train"
    if set(selection.datasets) <= set(GLUE):
        return settings.vectors or VECTORS
    return settings.vectors or found_vectors(VECTORS, "--vectors")


def _make(work: Work, left: list[Cell], earlier: Earlier) -> None:
    """Make what is left, and write records and page anew whenever some is done."""
    done = 0
    jobs, how = [(cell,) for cell in left], work.settings
    for cells in made(jobs, partial(make, work), how.workers, how.ray):
        for cell in cells:
            done += 1
            say(f"{cell.name}, {done} of {len(left)}")
        write_outputs(work, rows_of(work), read_steps(work), earlier, drawn=False)


def _measure_steps(work: Work, selection: Selection) -> None:
    """A training step of each data set, when no other process works beside it."""
    for dataset in selection.timed():
        with threads(1):
            measure_steps(work, dataset, selection.seeds[0])
