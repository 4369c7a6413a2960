"""A run folder as far as a row needs it: trained, converted, fine-tuned, each step once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ....convert.choices import resolved_settings as conversion_settings
from ....convert.convert import convert
from ....data import training_texts
from ....finetune.finetune import finetune
from ....finetune.finetune import resolved_settings as tuning_settings
from ....run_folder.fingerprints import comparable
from ....run_folder.run_folder import RunFolder
from ....run_folder.stages import of_conversion
from ....settings.convert import ConvertSettings
from ....settings.data import DataSettings
from ....settings.finetune import FinetuneSettings
from ....settings.sizes import finetune_defaults
from ....settings.train import TrainSettings
from ....train import train
from ..data.rows import Cell
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
    whole = finetune_defaults(settings, training_texts(RunFolder(place)))
    resolved = tuning_settings(whole, cell.seed)
    again = _is_other(place, of_conversion("finetuned", name), resolved)
    finetune(place, settings, cell.seed, again, name=name)


def _is_other(place: Path, stage: str, resolved: dict[str, Any]) -> bool:
    """Whether a stage was begun with other settings than those of its system now."""
    before = RunFolder(place).config().get(stage)
    return before is not None and comparable(before) != comparable(resolved)
