"""`snnconvert energy`: count the work of a run's models on real texts, and price it by tables."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...energy.tables import all_tables
from ...files import read_bytes, sha256
from ...models.devices import find_device
from ..data import load_run_texts
from ..quality.chance import warn_of
from ..run_folder.fingerprints import as_json, settings_dict
from ..run_folder.run_folder import RunFolder
from ..run_folder.stages import is_spiking, models_among
from ..settings.energy import EnergySettings
from ..settings.engine import DEVICE, DeviceSettings
from .outputs import write_outputs
from .study import Study


def energy(
    out: Path | str,
    settings: EnergySettings,
    seed: int = 0,
    force: bool = False,
    where: DeviceSettings = DEVICE,
) -> RunFolder:
    """Count and price what the models of a run folder cost a sentence.

    Writes RUN/energy/ (energy.json, energy.md, layers.csv, texts.csv, curves.csv, two SVG plots)
    and the flat rows to results.json.

    Raises:
        InputError: no trained ANN, damaged energy tables, no such device, or done with other
            settings.
    """
    find_device(where.device)
    run = RunFolder(out)
    with run.locked():
        trained = _trained(run)
        tables = list(all_tables(settings.tables).values())
        models = list(filter(is_spiking, models_among(run.results())))
        resolved = settings_dict(settings, seed=seed, models=_stamps(run, [*trained, *models]))
        resolved["tables"] = _digest(settings.tables)
        if run.is_done("energy", resolved, force or _grown(run, resolved)):
            warn_of(run.path, "energy", (*trained, *models))
            return run
        started = time.monotonic()
        texts = load_run_texts(run)
        warn_of(run.path, "energy", (*trained, *models))
        study = Study(run, texts, settings, tables, seed, where)
        found = study.result(models)
        run.begin("energy", resolved, force)
        write_outputs(run.path / "energy", found, study.texts_rows())
        run.finish("energy", resolved, found.stage(round(time.monotonic() - started, 1)))
    return run


def _trained(run: RunFolder) -> list[str]:
    """The networks of a run that were trained, at least one: the ANN, a spiking one, or both.

    Raises:
        InputError: there is none.
    """
    found: list[str] = [name for name in ("ann", "spiking") if name in run.results()]
    for name in found or ["ann"]:
        run.require(name)
    return found


def _stamps(run: RunFolder, models: Sequence[str]) -> dict[str, str]:
    """The fingerprints of the models that are priced."""
    results = run.results()
    return {name: str(results[name].get("fingerprint")) for name in models}


def _grown(run: RunFolder, resolved: dict[str, Any]) -> bool:
    """Whether the run has other models than were priced, all else being as it was.

    Then all are counted again: work and prices of those that were there come out the same.
    """
    before = run.config().get("energy")
    now = as_json(resolved)
    return before is not None and before != now and before | {"models": now["models"]} == now


def _digest(path: str | None) -> str | None:
    """What tells one file of tables from another, wherever it lies."""
    return None if path is None else sha256(read_bytes(path, "energy tables"))[:16]
