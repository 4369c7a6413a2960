"""`snnconvert reproduce snnlp`: every row that is not there yet, and the pages."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import suppress
from pathlib import Path

import torch

from ....errors import InputError
from ....files import read_json
from ....progress import say, silenced
from ...run_folder.lock import locked
from ...settings.reproduce import ReproduceSettings
from .data.rows import Cell, Row
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
    work = Work(folder, data_dir, settings.vectors or _found_vectors(), settings)
    with locked(folder):
        wanted = jobs(selection_of(settings))
        made = frozenset(cell.name for job in wanted for cell in job if _row(work, cell))
        left = jobs(selection_of(settings), made)
        say(f"{sum(map(len, left))} rows to make, {len(made)} are there")
        _make_inputs(work, left)
        for number, name in enumerate(_made(work, left), 1):
            say(f"{name}, {number} of {sum(map(len, left))}")
            write_outputs(folder, rows_of(folder))
        rows = rows_of(folder)
        write_outputs(folder, rows)
    return rows


def selection_of(settings: ReproduceSettings) -> Selection:
    """The rows that the settings name."""
    return Selection(
        settings.datasets,
        settings.levels,
        settings.codes,
        settings.recipes,
        settings.steps or (),
        settings.seeds,
    )


def rows_of(folder: Path) -> list[Row]:
    """Every row of a folder, by name.

    Raises:
        InputError: a file is no row.
    """
    found = []
    for path in sorted((folder / "rows").glob("*.json")):
        try:
            found.append(Row.from_dict(read_json(path, "a row")))
        except (KeyError, TypeError, AttributeError) as error:
            raise InputError(
                f"expected a row of the reproduction in {path}, but it is none ({error}): remove "
                "the file, and it is made again"
            ) from None
    return found


def _row(work: Work, cell: Cell) -> bool:
    """Whether the row of a cell is there, made with the same settings."""
    place = work.place(cell)
    if not place.exists():
        return False
    values = read_json(place, "a row")
    return isinstance(values, dict) and values.get("notes", {}).get("stamp") == work.stamp(cell)


def _make_inputs(work: Work, left: list[Job]) -> None:
    """The vectors of every data set and level that is wanted, before the work is shared out."""
    threads = torch.get_num_threads()
    torch.set_num_threads(work.settings.workers)  # no other process works yet
    try:
        for dataset, level in dict.fromkeys((job[0].dataset, job[0].level) for job in left):
            inputs_of(work, dataset, level)
    finally:
        torch.set_num_threads(threads)


def _made(work: Work, left: list[Job]) -> Iterator[str]:
    """Make jobs, by processes where there are several; the name of each row when it is done."""
    if work.settings.workers == 1 or len(left) < 2:
        _alone()
        for job in left:
            for cell in job:
                make(work, cell)
                yield cell.name
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(work.settings.workers, context, _alone) as pool:
        futures = {pool.submit(_job, work, job): job for job in left}
        try:
            for future in as_completed(futures):
                yield from future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _job(work: Work, job: Job) -> list[str]:
    with silenced():
        for cell in job:
            make(work, cell)
    return [cell.name for cell in job]


def _alone() -> None:
    """One thread a process, and large arrays taken again instead of from the system each time."""
    torch.set_num_threads(1)
    with suppress(OSError, AttributeError):  # another C library than glibc
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(-3, 32 << 20)  # M_MMAP_THRESHOLD
        mallopt(-1, 1 << 30)  # M_TRIM_THRESHOLD


def _found_vectors() -> str:
    """The word vectors that are taken where none were named."""
    places = [os.environ.get("SNNCONVERT_VECTORS", ""), "../shared/embeddings", "."]
    for place in filter(None, places):
        path = Path(place).expanduser() / VECTORS
        if path.is_file():
            return str(path)
    raise InputError(
        f"expected word vectors, but {VECTORS} is neither in the folder of SNNCONVERT_VECTORS nor "
        "in ../shared/embeddings: give --vectors FILE, a word2vec or GloVe file"
    )
