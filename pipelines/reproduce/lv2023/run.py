"""`snnconvert reproduce lv2023`: every row that is not there yet, and the pages."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

from ....errors import InputError
from ....progress import say
from ...rows.jobs import made
from ...rows.threads import threads
from ...run_folder.lock import locked
from ...settings.reproduce import ReproduceSettings
from ..shared.row_files import is_made, read_rows
from ..shared.vectors import found_vectors
from .data.earlier import Earlier, read_earlier
from .data.published import DATASETS
from .data.records import Record, records_of
from .data.rows import Cell, Row
from .making import make
from .pages.outputs import write_outputs
from .plan import Job, Selection, jobs
from .stages.teacher import teach, teacher_folder
from .stages.work import Work, language_of, teachers_of

VECTORS = {"en": "en.imdb.300d.txt.gz", "zh": "zh.reviews.300d.txt.gz"}


def reproduce(
    folder: Path | str, data_dir: str | None, settings: ReproduceSettings
) -> list[Record]:
    """Make every wanted row that is not there, and write ``lv2023.json``, ``.md`` and ``.png``.

    A row is a file of its own, written when it is done, and its run folder goes on where it was, so
    that a stopped call goes on at any point. Returns the records of all rows, and of those of
    before that are not among them.

    Args:
        folder: of the rows, runs and pages
        data_dir: of the named data sets
        settings: which rows, and how

    Raises:
        InputError: data, vectors or a teacher are missing, or no rows are wanted.
    """
    folder, earlier = Path(folder), read_earlier(settings.earlier)
    wanted = list(Selection(settings, taught_datasets(settings)).cells())
    if not wanted:
        raise InputError(
            "expected models, data sets and steps that some row has, but there is none: leave one "
            "of the options out, or name a teacher for ours-teacher"
        )
    work = make_work(folder, data_dir, settings)
    with locked(folder):
        rows_of(folder)  # a damaged one is told before the work
        left = [cell for cell in wanted if not is_made(work.place(cell), work.stamp(cell))]
        say(f"{len(left)} rows to make, {len(wanted) - len(left)} are there")
        _teach(work, left)
        _make(work, jobs(left, work.run_folder), earlier)
        rows = rows_of(folder)
        write_outputs(folder, rows, earlier)
    return earlier.beside(records_of(rows))


def make_work(folder: Path, data_dir: str | None, settings: ReproduceSettings) -> Work:
    """What the rows of a call share.

    Raises:
        InputError: word vectors of a language are not to be found.
    """
    given = {"en": settings.vectors_en, "zh": settings.vectors_zh}
    languages = dict.fromkeys(map(language_of, settings.datasets or DATASETS))
    vectors = {
        language: given[language] or found_vectors(VECTORS[language], f"--vectors-{language}")
        for language in languages
    }
    work = Work(folder, data_dir, vectors, settings)
    teachers = {name: str(teacher_folder(work, name)) for name in taught_datasets(settings)}
    return replace(work, teachers=teachers)


def taught_datasets(settings: ReproduceSettings) -> tuple[str, ...]:
    """The data sets that have a teacher."""
    return tuple(name for name in settings.datasets or DATASETS if teachers_of(settings, name)[0])


def rows_of(folder: Path) -> list[Row]:
    """Every row of a folder, by name.

    Raises:
        InputError: a file is no row.
    """
    return read_rows(folder, Row)


def _teach(work: Work, left: list[Cell]) -> None:
    """The teachers of the data sets that need one, before the work is shared out."""
    with threads(work.settings.workers):  # no other process works yet
        for dataset in dict.fromkeys(cell.dataset for cell in left if cell.by.taught):
            teach(work, dataset)


def _make(work: Work, left: list[Job], earlier: Earlier) -> None:
    """Make what is left, and write records and page anew whenever some is done."""
    count, done = sum(map(len, left)), 0
    for cells in made(left, partial(make, work), work.settings.workers, work.settings.ray):
        for cell in cells:
            done += 1
            say(f"{cell.name}, {done} of {count}")
        write_outputs(work.folder, rows_of(work.folder), earlier, drawn=False)
