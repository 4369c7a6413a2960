"""What fine-tuning takes from its run where it is not told otherwise: the teacher, word dropout."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ...engine.scores import with_grades
from ...errors import InputError
from ...text.stages import STAGES
from ..run_folder.run_folder import RunFolder
from ..settings.finetune import FinetuneSettings
from ..teach.read import with_place
from ..training.distillation.options import LABELS, OWN, teacher_names, with_usual
from ..training.losses import LOSSES

HIDDEN = 0.25
"""Share of a text's words that are hidden: the spikes of a word never change, and a few epochs
would learn the training texts by heart."""


def by_run(
    run: RunFolder, stage: str, settings: FinetuneSettings, force: bool = False
) -> FinetuneSettings:
    """``settings`` with teacher and word dropout filled in.

    The teacher is that of the ANN, if it had one, else the ANN itself, whose answers to the
    training texts say more than their labels do; of texts with grades it is nobody. Words are
    hidden where there are any. A stage that was begun before goes on as it was, also one of before
    there was either.

    Args:
        run: that is tuned
        stage: that is made
        settings: as the user gave them
        force: the stage is made anew

    Raises:
        InputError: words are to be hidden, and the network reads none; or nobody teaches, and it
            was said how much a teacher counts.
    """
    made = None if force else run.config().get(stage)
    ann = run.config().get("ann") or {}
    settings = replace(settings, word_dropout=_hidden(run, settings, made))
    if settings.teacher == LABELS:
        return replace(settings, teacher=None)
    if settings.teacher is None:
        default = made is None and not _has_grades(run)
        settings = _taught_as(settings, ann if made is None else made, default)
        settings.check_taught()
    elif settings.teacher != OWN:
        settings = with_place(settings)
    return with_usual(settings)


def _taught_as(
    settings: FinetuneSettings, before: dict[str, Any], default: bool
) -> FinetuneSettings:
    """``settings`` with the teacher that ``before`` had, else by ``default`` the own ANN.

    It counts as it did before where nothing else is asked for.
    """
    if before.get("teacher"):
        open_ = [name for name in teacher_names() if getattr(settings, name) is None]
        return replace(settings, **{name: before[name] for name in open_})
    reads_logits = LOSSES[settings.loss].outputs == "logits"
    return replace(settings, teacher=OWN) if default and reads_logits else settings


def _has_grades(run: RunFolder) -> bool:
    """Whether the texts of the run have grades, of which a teacher's logits say nothing."""
    return with_grades((run.results().get("data") or {}).get("scores") or ())


def _hidden(run: RunFolder, settings: FinetuneSettings, made: dict[str, Any] | None) -> float:
    """The share of words that are hidden.

    Raises:
        InputError: words are to be hidden, and the network reads none.
    """
    stage = str((run.config().get("data") or {}).get("stage", "words"))
    reads_words = stage not in STAGES or STAGES[stage].hands_on == "ids"
    if settings.word_dropout and not reads_words:
        raise InputError(
            f"expected no word dropout with the text stage {stage}, which hands on one vector a "
            f"text, but got {settings.word_dropout}: leave --word-dropout out"
        )
    if settings.word_dropout is not None:
        return settings.word_dropout
    if made is not None:
        return float(made.get("word_dropout") or 0.0)
    return HIDDEN if reads_words else 0.0
