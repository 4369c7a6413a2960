"""What fine-tuning takes from its run where it is not told otherwise: the teacher, word dropout."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from ..run_folder.run_folder import RunFolder
from ..settings.finetune import FinetuneSettings
from ..training.distillation.options import LABELS, OWN, teacher_names
from ..training.losses import LOSSES


def by_run(
    run: RunFolder, stage: str, settings: FinetuneSettings, force: bool = False
) -> FinetuneSettings:
    """``settings`` with teacher and word dropout filled in.

    The teacher is that of the ANN, if it had one, else the ANN itself, whose answers to the
    training texts say more than their labels do. Words are hidden as often as they were from the
    ANN. A stage that was begun before goes on as it was, also one of before there was either.

    Args:
        run: that is tuned
        stage: that is made
        settings: as the user gave them
        force: the stage is made anew
    """
    made = None if force else run.config().get(stage)
    ann = run.config().get("ann") or {}
    if settings.word_dropout is None:
        source = ann if made is None else made
        settings = replace(settings, word_dropout=float(source.get("word_dropout") or 0.0))
    if settings.teacher == LABELS:
        return replace(settings, teacher=None)
    if settings.teacher == OWN:
        return settings
    if settings.teacher is not None:
        return replace(settings, teacher=str(Path(settings.teacher).expanduser().resolve()))
    return _taught_as(settings, ann if made is None else made, default=made is None)


def _taught_as(
    settings: FinetuneSettings, before: dict[str, Any], default: bool
) -> FinetuneSettings:
    """``settings`` with the teacher that ``before`` had, else by ``default`` the own ANN."""
    if before.get("teacher"):
        return replace(settings, **{name: before[name] for name in teacher_names()})
    reads_logits = LOSSES[settings.loss].outputs == "logits"
    return replace(settings, teacher=OWN) if default and reads_logits else settings
