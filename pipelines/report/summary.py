"""The head of the page: what networks at chance are, and the models at a glance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..quality.chance import advice, advice_for_made, after_stage, at_chance, described, too_few
from ..run_folder.records.models import ModelStage
from ..run_folder.stages import PIPELINE
from .read import Run


def summary_context(run: Run) -> dict[str, Any]:
    """What the head of the page shows, besides the leads and cards of the sections."""
    return {
        "run": run,
        "title": f"{run.name}: spiking text CNN" if run.data else "Spiking text CNN",
        "kinds": _kinds(run),
        "lost": [f"{text[0].upper()}{text[1:]}." for text in lost_models(run.models)],
    }


def _kinds(run: Run) -> list[str]:
    """The models that have a card: what a run can have, made or not, and what it has besides."""
    if run.is_spiking_alone:
        return list(run.models)
    return list(dict.fromkeys([*PIPELINE, *run.models]))


def lost_models(models: Mapping[str, ModelStage]) -> list[str]:
    """A sentence on each model that is at chance, with what to do about the first."""
    lost = [kind for kind in models if at_chance(models, kind)]
    sentences = [described(models, kind) for kind in lost]
    if too_few(models):
        sentences.insert(0, str(after_stage(models, "ann")))
    if "ann" in lost:
        sentences[0] += f"; {advice(models)}"
    elif lost:
        sentences[-len(lost)] += f"; {advice_for_made(lost[0], models)}"
    return sentences
