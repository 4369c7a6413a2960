"""The teacher of a data set: made once, in a folder of its own, and shared by seeds and systems."""

from __future__ import annotations

from pathlib import Path

from .....files import read_yaml_mapping, sha256
from .....text.datasets.folders import data_folder
from ....settings.data import DataSettings
from ....settings.teach import TeachSettings
from ....teach.teach import teach as make_teacher
from ..data.system import Options
from .work import Work, chosen, language_of, teachers_of

SEED = 0
"""Of the teacher: one for all seeds of its students."""
_FILE = Path(__file__).parents[1] / "teach.yaml"


def teacher_folder(work: Work, dataset: str) -> Path:
    """Where the teacher of a data set lies: another one, or another lesson, lies elsewhere."""
    own = repr((teachers_of(work.settings, dataset), _options(work, dataset), work.settings.limit))
    return work.folder / "teachers" / f"{dataset}-{sha256(own.encode())[:6]}"


def teach(work: Work, dataset: str) -> None:
    """Make the teacher of a data set, where it is not there.

    Raises:
        InputError: no such teacher, or bad texts.
    """
    options = {"tensorboard": False, **_options(work, dataset)}
    lesson = chosen(TeachSettings, options, "teach.yaml")
    data = DataSettings(
        dataset,
        data_dir=work.data_dir,
        vectors=work.vectors[language_of(dataset)],
        limit=work.settings.limit,
    )
    make_teacher(teacher_folder(work, dataset), lesson, data, SEED)


def _options(work: Work, dataset: str) -> Options:
    """What the command and `teach.yaml` say of a data set's teacher."""
    said = read_yaml_mapping(_FILE, "options of teach")
    names, extra = teachers_of(work.settings, dataset)
    options = {"teacher": names, **(said[language_of(dataset)] or {})}
    if extra:
        options |= {"extra": extra, **said["extra"]}
    name, base = said["phrases"].get(dataset), data_folder(work.data_dir)
    if name is not None and base is not None and (base / name).is_file():
        options |= {"extra_labelled": (str(base / name),), **said["labelled"]}
    return options
