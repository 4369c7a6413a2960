"""`snnconvert finetune`: train the SNN's weights through time with surrogate gradients."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ...models.snn import SpikingTextModel
from ..data import load_run_model, load_run_texts, training_texts
from ..display.output import warn
from ..parallel.group import joined
from ..parallel.processes import own_device
from ..run_folder.fingerprints import settings_dict, without
from ..run_folder.followed import own_run
from ..run_folder.run_folder import RunFolder
from ..run_folder.stages import needs, of_conversion
from ..settings.engine import ENGINE, EngineSettings
from ..settings.finetune import LATER, OF_LOSSES, FinetuneSettings
from ..settings.sizes import finetune_defaults
from ..teach.read import own_targets, read_targets
from ..training.checkpoint import checkpoint_path
from ..training.distillation.loss import distilled_by
from ..training.distillation.options import OWN
from ..training.distillation.soft_targets import SoftTargets, with_targets
from ..training.divergence import DivergenceError
from ..training.losses import added_parameters, make_loss
from ..training.text_loop import text_loop
from .by_run import by_run
from .gain import say_to_gain
from .operations import operations_target
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
    run, stage = own_run(out), of_conversion("finetuned", name)
    own_device(engine.device)
    with joined() as processes, processes.locked(run):
        run.require(of_conversion("snn", name))
        settings = by_run(run, stage, settings, force)
        targets = _targets(run, settings)
        further = len(targets.texts) if targets else 0
        settings = finetune_defaults(settings, training_texts(run) + further)
        resolved = resolved_settings(settings, seed)
        resolved |= {"lessons": targets.digest if targets else OWN} if settings.teacher else {}
        if not run.is_done(stage, resolved, force):
            started = time.monotonic()
            say_to_gain(run.models(), needs(stage)[0])
            figures = _tuned(run, stage, settings, resolved, seed, force, engine, targets)
            figures |= {"seconds": round(time.monotonic() - started, 1)}
            run.finish(stage, resolved, figures)
        if processes.first:  # also where the last call was killed at its end
            checkpoint_path(run.folder(stage), "finetune").unlink(missing_ok=True)
    return run


def recorded(settings: FinetuneSettings, seed: int) -> dict[str, Any]:
    """The settings as a run writes them down: of losses, the parameters of the chosen one.

    Those of `LATER` are absent where they are off.
    """
    own = asdict(make_loss(settings.loss, settings))
    others = {*added_parameters(), *OF_LOSSES} - own.keys()
    others |= {"sops_weight"} if settings.sops_target is None else set()
    values = settings_dict(settings, seed=seed) | own
    return {
        name: value
        for name, value in values.items()
        if name not in others and (value or name not in LATER)
    }


def resolved_settings(settings: FinetuneSettings, seed: int) -> dict[str, Any]:
    """What the stage depends on, by the name of the setting.

    ``tied`` and ``word_dropout`` are absent where there is none, and so is all of a teacher: runs
    of before there were such options are the same still.
    """
    unread = {name for name in ("tied", "word_dropout") if not getattr(settings, name)}
    unread |= settings.unread_of_teacher()
    return without(recorded(settings, seed), tuple(unread))


def _targets(run: RunFolder, settings: FinetuneSettings) -> SoftTargets | None:
    """What another run's teacher said; None without one, and for the run's own ANN."""
    if settings.teacher in (None, OWN):
        return None
    return read_targets(settings.teacher, run, run.require("data")["classes"])


def _tuned(
    run: RunFolder,
    stage: str,
    settings: FinetuneSettings,
    resolved: dict[str, Any],
    seed: int,
    force: bool,
    engine: EngineSettings,
    targets: SoftTargets | None,
) -> dict[str, Any]:
    """Train, and save what came out; returns its figures, which the first process has."""
    model, classes = load_run_model(run, needs(stage)[0], SpikingTextModel, engine)
    texts = load_run_texts(run)
    if settings.teacher == OWN:
        targets = own_targets(run, texts, engine)
    target = operations_target(model, texts, settings, seed, engine)
    trainee = prepare_snn(model, texts, settings, seed, engine, target)
    loop = text_loop(
        run.folder(stage),
        "finetune",
        trainee,
        with_targets(texts, targets),
        settings,
        seed,
        settings.lr,
        word_dropout=settings.word_dropout or 0.0,
        distilled=distilled_by(settings, trainee.loss),
    )
    loop.stamp = run.begin(stage, resolved, force)
    with run.forgetting(stage, DivergenceError):
        state = run_snn(loop, model, settings)
    if not loop.processes.first:
        return {}
    figures = save_snn(run, stage, model, classes, texts, seed, engine) | state.figures()
    if target is None:
        return figures
    warn(target.missed(state))
    return figures | {"operations_target": target.figures(state)}
