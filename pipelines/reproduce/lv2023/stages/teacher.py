"""The teacher of a data set: made once, in a folder of its own, and shared by seeds and systems."""

from __future__ import annotations

from pathlib import Path

from .....errors import InputError
from .work import Work


def teacher_folder(work: Work, dataset: str) -> Path:
    """Where the teacher of a data set lies."""
    name, extra = work.teacher(dataset)
    own = "-".join(Path(part).name for part in (name, extra) if part)
    return work.folder / "teachers" / f"{dataset}-{own}"


def teach(work: Work, dataset: str) -> None:
    """Make the teacher of a data set, where it is not there.

    Raises:
        InputError: this version has no teachers.
    """
    raise InputError(
        f"expected no teacher of {dataset}, but got {work.teacher(dataset)[0]}: this version "
        "cannot teach; leave --teacher-en and --teacher-zh out"
    )
