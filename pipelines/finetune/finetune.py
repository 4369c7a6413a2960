"""`snnconvert finetune`: train the SNN's weights through time with surrogate gradients."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ...models.snn import SpikingTextModel
from ..data import load_run_model, load_run_texts, training_texts
from ..run_folder.fingerprints import settings_dict
from ..run_folder.run_folder import RunFolder
from ..run_folder.stages import needs, of_conversion
from ..settings.engine import ENGINE, EngineSettings
from ..settings.finetune import LATER, OF_LOSSES, FinetuneSettings
from ..settings.sizes import finetune_defaults
from ..training.checkpoint import checkpoint_path
from ..training.divergence import DivergenceError
from ..training.losses import added_parameters, make_loss
from ..training.text_loop import text_loop
from .snn import prepare_snn, run_snn, save_snn


def finetune(
    out: Path | str,
    settings: FinetuneSettings,
    seed: int = 0,
    force: bool = False,
    engine: EngineSettings = ENGINE,
    name: str = "",
) -> RunFolder:
    """Fine-tune the SNN of a run folder; resumes where an interrupted call stopped.

    The converted network itself is the first candidate: the early stop keeps it where no epoch is
    better on dev. ``name`` is that of the conversion, "" for the one without.

    Raises:
        InputError: no converted SNN in the folder, bad settings, or done otherwise.
    """
    run, stage = RunFolder(out), of_conversion("finetuned", name)
    with run.locked():
        run.require(of_conversion("snn", name))
        settings = finetune_defaults(settings, training_texts(run))
        resolved = resolved_settings(settings, seed)
        if not run.is_done(stage, resolved, force):
            started = time.monotonic()
            figures = _tuned(run, stage, settings, resolved, seed, force, engine)
            figures["seconds"] = round(time.monotonic() - started, 1)
            run.finish(stage, resolved, figures)
        # also where the last call was killed at its end
        checkpoint_path(run.folder(stage), "finetune").unlink(missing_ok=True)
    return run


def recorded(settings: FinetuneSettings, seed: int) -> dict[str, Any]:
    """The settings as a run writes them down: of losses, the parameters of the chosen one.

    Those of `LATER` are absent where they are off.
    """
    own = asdict(make_loss(settings.loss, settings))
    others = {*added_parameters(), *OF_LOSSES} - own.keys()
    values = settings_dict(settings, seed=seed) | own
    return {
        name: value
        for name, value in values.items()
        if name not in others and (value or name not in LATER)
    }


def resolved_settings(settings: FinetuneSettings, seed: int) -> dict[str, Any]:
    """What the stage depends on, by the name of the setting.

    ``tied`` is absent where it is false, so that runs of before there was such an option are the
    same still.
    """
    values = recorded(settings, seed)
    return {name: value for name, value in values.items() if name != "tied" or value}


def _tuned(
    run: RunFolder,
    stage: str,
    settings: FinetuneSettings,
    resolved: dict[str, Any],
    seed: int,
    force: bool,
    engine: EngineSettings,
) -> dict[str, Any]:
    """Train, and save what came out; returns its figures."""
    model, classes = load_run_model(run, needs(stage)[0], SpikingTextModel, engine)
    texts = load_run_texts(run)
    trainee = prepare_snn(model, texts, settings, seed, engine)
    loop = text_loop(run.folder(stage), "finetune", trainee, texts, settings, seed, settings.lr)
    loop.stamp = run.begin(stage, resolved, force)
    with run.forgetting(stage, DivergenceError):
        state = run_snn(loop, model, settings)
    return save_snn(run, stage, model, classes, texts, seed, engine) | state.figures()
