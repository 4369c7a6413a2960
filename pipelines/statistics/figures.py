"""Every figure of a run that is worth a mean over seeds, by what it is of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ..run_folder.records.attack import AttackStage
from ..run_folder.records.classes import ClassFigures
from ..run_folder.records.energy import SHOWN, EnergyStage
from ..run_folder.records.models import Judged, ModelStage
from ..run_folder.records.stages import models_of, record_of

SCORES = ("macro_f1", "balanced_accuracy", "largest_class_share")
COUNTS = ("latency_steps", "input_spikes_per_sample", "sops_per_sample", "input_macs_per_sample")
SHARES = (
    *("clean_accuracy", "accuracy_under_attack", "verified_accuracy", "success_rate"),
    *("verified_rate", "words_changed"),
)
BASELINE = "baseline"
"""The linear model on word counts, among the models."""
GAP = "test_accuracy_minus_ann"
"""The test accuracy of an SNN less that of the ANN of the same seed."""


class Key(NamedTuple):
    """What a figure is of.

    group: accuracy, classes, spikes, energy or attack; model: by its name in a run folder; detail:
    a step, class, attack, or setting and price table; figure: as results.json calls it; unit:
    share, count, joules or ratio.
    """

    group: str
    model: str
    detail: str
    figure: str
    unit: str


Found = Iterator[tuple[Key, float | None]]


def figures_of(results: Mapping[str, Any]) -> dict[Key, float]:
    """The figures of one run, those that it has.

    Args:
        results: by stage, as results.json has them

    Raises:
        InputError: an entry is missing or of another kind.
    """
    models = models_of(results)
    found = [item for name, model in models.items() for item in _model(name, model, models)]
    baselines = [model.baseline for model in models.values() if model.baseline]
    found += [item for linear in baselines for item in _judged(BASELINE, linear)]
    if "energy" in results:
        found += _energy(record_of(results["energy"], "energy", EnergyStage))
    if "attack" in results:
        found += _attack(record_of(results["attack"], "attack", AttackStage))
    return {key: float(value) for key, value in found if value is not None}


def _model(name: str, model: ModelStage, models: Mapping[str, ModelStage]) -> Found:
    yield from _judged(name, model)
    if model.accuracy_by_step and "ann" in models:
        gap = model.test_accuracy - models["ann"].test_accuracy
        yield Key("accuracy", name, "", GAP, "share"), gap
    curves = {"dev": model.dev_accuracy_by_step, "test": model.accuracy_by_step}
    for split, curve in curves.items():
        for step, value in enumerate(curve, 1):
            yield Key("accuracy", name, f"T = {step}", f"{split}_accuracy", "share"), value
    for count in COUNTS:
        yield Key("spikes", name, "", count, "count"), getattr(model, count)
    for split, figures in (("dev", model.dev), ("test", model.test)):
        if figures:
            yield from _classes(name, split, figures)


def _judged(name: str, model: Judged) -> Found:
    for split in ("dev", "test"):
        value = getattr(model, f"{split}_accuracy")
        yield Key("accuracy", name, "", f"{split}_accuracy", "share"), value
        figures = getattr(model, split)
        for score in SCORES if figures else ():
            yield Key("accuracy", name, "", f"{split}_{score}", "share"), getattr(figures, score)
        for score, own in figures.task_scores.items() if figures else ():
            yield Key("accuracy", name, "", f"{split}_{score}", "share"), own


def _classes(name: str, split: str, figures: ClassFigures) -> Found:
    for label, own in figures.scores.items():
        for score in ("precision", "recall", "f1"):
            yield Key("classes", name, label, f"{split}_{score}", "share"), getattr(own, score)


def is_shown(key: Key) -> bool:
    """Whether an energy figure is by one of the few tables that tables and pages show."""
    return key.detail.rsplit(", ", 1)[-1] in SHOWN


def _energy(stage: EnergyStage) -> Found:
    for row in stage.rows:
        detail = f"{row.setting}, {row.model}"
        yield Key("energy", row.victim, detail, "joules_per_sentence", "joules"), row.joules
        yield Key("energy", row.victim, detail, "ratio_to_sparse_ann", "ratio"), row.ratio


def _attack(stage: AttackStage) -> Found:
    for row in stage.rows:
        for name in SHARES:
            key = Key("attack", row.victim, row.attack, name, "share")
            yield key, getattr(row.scores, name)
        yield Key("attack", row.victim, row.attack, "queries", "count"), row.scores.queries
