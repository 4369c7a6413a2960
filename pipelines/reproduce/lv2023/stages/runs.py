"""A run folder as far as a row needs it: trained, converted, fine-tuned, each step once."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

from ....convert.choices import resolved_settings as conversion_settings
from ....convert.convert import convert
from ....finetune.finetune import finetune
from ....run_folder.fingerprints import as_json, comparable
from ....run_folder.run_folder import RunFolder
from ....run_folder.stages import of_conversion
from ....settings.convert import ConvertSettings
from ....settings.data import DataSettings
from ....settings.finetune import FinetuneSettings
from ....settings.train import TrainSettings
from ....train import train
from ..data.rows import Cell
from ..data.system import Options
from .untrained import untrained
from .work import Work, language_of


def stage_made(work: Work, cell: Cell) -> tuple[RunFolder, str]:
    """Make what the row of a cell is measured on; what is there with the same settings stays.

    Returns:
        The run, and the stage: ``ann``, ``snn@NAME`` or ``finetuned@NAME``.

    Raises:
        InputError: data, vectors or a teacher are missing, or settings that do not fit.
    """
    system, place = cell.by, work.run_folder(cell)
    run = _ann(work, cell, place)
    if system.convert is None:
        return run, "ann"
    name = f"{system.conversion}-t{cell.steps}"
    _converted(work, cell, place, name)
    if system.finetune is None:
        return run, of_conversion("snn", name)
    _tuned(work, cell, place, name)
    return run, of_conversion("finetuned", name)


def _ann(work: Work, cell: Cell, place: Path) -> RunFolder:
    system = cell.by
    own = {
        "dataset": cell.dataset,
        "data_dir": work.data_dir,
        "vectors": work.vectors[language_of(cell.dataset)],
        "limit": work.settings.limit,
    }
    data = work.settings_of(DataSettings, {**own, **system.data}, cell)
    settings = work.settings_of(TrainSettings, {"tensorboard": False, **system.train}, cell)
    make = train if system.trained else untrained
    return make(place, data, settings, cell.seed)


def _converted(work: Work, cell: Cell, place: Path, name: str) -> None:
    options = {**(cell.by.convert or {}), "steps": cell.steps}
    settings = work.settings_of(ConvertSettings, options, cell)
    resolved = conversion_settings(settings, cell.seed)
    again = _is_other(place, of_conversion("snn", name), resolved)
    convert(place, settings, cell.seed, again, name=name)


def _tuned(work: Work, cell: Cell, place: Path, name: str) -> None:
    options = {"tensorboard": False, **(cell.by.finetune or {})}
    settings = work.settings_of(FinetuneSettings, options, cell)
    again = _is_given_otherwise(place, of_conversion("finetuned", name), options)
    finetune(place, settings, cell.seed, again, name=name)


def _is_given_otherwise(place: Path, stage: str, options: Options) -> bool:
    """Whether a tuning was begun with other values of the options that its system gives.

    What is left to `finetune` depends on the texts, and who teaches is known by the lessons: these
    are compared there, and what differs is refused.
    """
    before = RunFolder(place).config().get(stage)
    if before is None:
        return False
    usual = {item.name: item.default for item in fields(FinetuneSettings)}
    given = as_json({name: value for name, value in options.items() if name != "teacher"})
    return any(before.get(name, usual[name]) != value for name, value in given.items())


def _is_other(place: Path, stage: str, resolved: dict[str, Any]) -> bool:
    """Whether a stage was begun with other settings than those of its system now."""
    before = RunFolder(place).config().get(stage)
    return before is not None and comparable(before) != comparable(resolved)
