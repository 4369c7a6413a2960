"""The accuracy section: every model, accuracy against time steps, accuracy by class."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .....engine.scores import SCORES
from ....display.names import title
from ....quality.doubts import data_doubts
from ....run_folder.records.models import ModelStage
from ...cells import ABSENT, Cell, Groups
from ...format import count, percent, span
from ...intervals import intervals
from ...read import Run
from ...section import Section
from .classes import classes_context
from .plot import accuracy_figure

KINDS = ("ann", "snn", "finetuned", "spiking")


class Accuracy(Section[Run]):
    """What the models of a run score, and what they cost."""

    title = "Accuracy"
    stage = "ann"
    missing = "No model has been trained in this run."
    template = "accuracy.html"

    def read(self, run: Run) -> Run | None:
        """The run, whose models have been read; None where it has none."""
        return run if run.models else None

    def heading(self, figures: Run | None) -> str:
        """What the section shows."""
        return self.title if figures is None else "Accuracy and cost of the models"

    def context(self, figures: Run) -> dict[str, Any]:
        """Intervals, the curve over time steps, and the classes."""
        tuned = figures.models.get("finetuned")
        return {
            "intervals": intervals(figures),
            # fine-tuning kept the converted network, because no epoch was better on dev
            "unchanged": tuned is not None and tuned.best_epoch == 0,
            "accuracy": accuracy_figure(figures.models, figures.tested) if figures.last else None,
            "most_steps": max(len(model.accuracy_by_step) for model in figures.models.values()),
            "classes": classes_context(figures.models, figures.looks),
            "doubts": data_doubts(figures.data),
        }

    def row(self, figures: Run) -> Groups:
        """Accuracies, what they are beside, and what the last model costs."""
        models, ends = figures.models, intervals(figures)
        known = {kind: models.get(kind) for kind in KINDS}
        beside = {"Largest class": _largest(figures), "Linear model on words": _linear(figures)}
        beside |= {f"Macro F1, {title(k)}": _macro_f1(model) for k, model in known.items()}
        beside |= _task_scores(models)
        last = models[figures.last] if figures.last else None
        code = figures.conversion.code if figures.conversion else None
        return {
            "Accuracy, test": {title(k): _accuracy(m, ends.get(k)) for k, m in known.items()},
            "What accuracy is beside, test": beside,
            "Steps and spikes": {
                "Time steps T": _counted(last.steps if last else None),
                "Input code": Cell(code, "", code) if code else ABSENT,
                "Input spikes per text": _counted(last.input_spikes_per_sample if last else None),
                "Synaptic operations per text": _counted(last.sops_per_sample if last else None),
                "Input MACs per text": _counted(last.input_macs_per_sample if last else None),
            },
        }


def _accuracy(model: ModelStage | None, ends: tuple[float, float] | None) -> Cell:
    if model is None:
        return ABSENT
    steps = f"T = {model.steps}" if model.steps else ""
    lost = "at chance" if model.test and model.at_chance else ""
    parts = [steps, span(*ends) if ends else "", lost]
    share = model.test_accuracy
    return Cell(percent(share), ", ".join(filter(None, parts)), share)


def _largest(run: Run) -> Cell:
    found = next((model.test for model in run.models.values() if model.test), None)
    if found is None:
        return ABSENT
    share = found.largest_class_share
    return Cell(percent(share), found.largest, share)


def _linear(run: Run) -> Cell:
    ann = run.models.get("ann", run.models.get("spiking"))
    if ann is None or ann.baseline is None:
        return ABSENT
    share = ann.baseline.test_accuracy
    return Cell(percent(share), "", share)


def _macro_f1(model: ModelStage | None) -> Cell:
    found = model.test if model else None
    return Cell(percent(found.macro_f1), "", found.macro_f1) if found else ABSENT


def _task_scores(models: Mapping[str, ModelStage]) -> dict[str, Cell]:
    """Each score of the task's own by model, beside that of one answer for every text."""
    found: dict[str, Cell] = {}
    for kind, model in models.items():
        for name, score in (model.test.task_scores if model.test else {}).items():
            assert model.test is not None
            trivial = percent(model.test.trivial_scores.get(name))
            shown = Cell(percent(score), f"one answer always: {trivial}", score)
            found[f"{SCORES[name].title}, {title(kind)}"] = shown
    return found


def _counted(value: float | None) -> Cell:
    return ABSENT if value is None else Cell(count(value), "", value)


SECTION = Accuracy()
