"""What the page says over seeds: mean and standard deviation beside the single ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ...display.names import attack, in_sentence, title, victim
from ...run_folder.stages import PIPELINE
from ...statistics.figures import BASELINE, GAP, is_shown
from ...statistics.summary import SeedFigure, SeedSummary
from ..drawing.files import rows_link
from ..format import NBSP, NONE, count, joules, percent, ratio, signed
from .dots import Dots, mean_text

Row = dict[str, Any]
MOST_STEPS = 8
"""Of longer runs accuracies stand at the powers of two and at the last step."""
NAMES = {
    "dev_accuracy": "accuracy on dev",
    "test_accuracy": "accuracy on test",
    "test_macro_f1": "macro F1 on test",
    "test_balanced_accuracy": "balanced accuracy on test",
    GAP: "accuracy on test less the ANN’s",
    "latency_steps": "steps until the answer",
    "input_spikes_per_sample": "input spikes per text",
    "sops_per_sample": "synaptic operations per text",
    "input_macs_per_sample": "input MACs per text",
    "joules_per_sentence": "energy per text",
    "ratio_to_sparse_ann": "energy, of the sparse ANN’s",
    "clean_accuracy": "clean",
    "accuracy_under_attack": "accuracy under attack",
    "verified_accuracy": "accuracy under attack, verified",
    "success_rate": "attack’s success",
    "verified_rate": "attack’s success, verified",
    "words_changed": "words changed",
    "queries": "queries per text",
}
"""What a figure is called behind the name of its model."""
GROUPS = {"accuracy": "Accuracy", "spikes": "Steps and spikes", "energy": "Energy, projected"}
GROUPS |= {"attack": "Under attack"}


def seeds_context(summary: SeedSummary, runs: Sequence[str]) -> Row:
    """What the template shows.

    Args:
        summary: of the runs
        runs: the name of each on the page, in the order of the seeds
    """
    rows = {title: list(_rows(summary, group)) for group, title in GROUPS.items()}
    flat = [
        {**own.key._asdict(), "n": own.n, "mean": own.mean, "std": own.std}
        | dict(zip(runs, own.values, strict=True))
        for own in summary.figures
    ]
    found = [(kind, summary.of("accuracy", kind, "test_accuracy")) for kind in PIPELINE]
    return {
        "summary": summary,
        "leads": [(in_sentence(kind), mean_text(own), own.n) for kind, own in found if own],
        "runs": runs,
        "groups": {title: own for title, own in rows.items() if own},
        "drawings": [own.figure() for own in _drawings(summary, runs)],
        "largest": summary.of("accuracy", "ann", "test_largest_class_share"),
        "csv": rows_link(flat),
    }


def _rows(summary: SeedSummary, group: str) -> Iterator[Row]:
    """The rows of one heading: a name, mean and deviation, n, and the value of every seed."""
    steps = max((len(step_names(summary, own.model)) for own in summary.figures), default=0)
    for own in summary.figures:
        if own.group != group or own.figure not in NAMES:
            continue
        if group == "energy" and not is_shown(own.key):
            continue
        if group == "accuracy" and own.detail and not _has_row(own, steps):
            continue
        write = _writer(own)
        cells = [NONE if value is None else write(value) for value in own.values]
        spread = None if own.shown_std is None else write(own.shown_std).lstrip("+")
        yield {"name": row_name(own), "mean": write(own.mean), "std": spread, "n": own.n,
               "cells": cells}  # fmt: skip


def _has_row(own: SeedFigure, steps: int) -> bool:
    """Whether an accuracy at a step has a row: on test, at few steps of a long run."""
    step = int(own.detail.removeprefix("T = "))
    few = steps <= MOST_STEPS or step & (step - 1) == 0 or step == steps
    return own.figure == "test_accuracy" and few


def step_names(summary: SeedSummary, model: str) -> list[str]:
    """The steps at which a model was read, as they are called in figures."""
    return [
        own.detail
        for own in summary.figures
        if (own.group, own.model, own.figure) == ("accuracy", model, "test_accuracy") and own.detail
    ]


def row_name(own: SeedFigure) -> str:
    """What a row is of, in words."""
    name = "Linear model on words" if own.model == BASELINE else title(own.model)
    if own.group == "attack":
        return f"{victim(own.model)}, {attack(own.detail)}: {NAMES[own.figure]}"
    return f"{name}{f', {own.detail}' if own.detail else ''}: {NAMES[own.figure]}"


def _writer(own: SeedFigure) -> Callable[[float], str]:
    """How the values of a figure are written."""
    if own.figure == GAP:
        return lambda value: f"{signed(100 * value, 1)}{NBSP}points"
    writers: Mapping[str, Callable[[float], str]]
    writers = {"share": percent, "joules": joules, "ratio": ratio, "count": count}
    return writers[own.unit]


def _drawings(summary: SeedSummary, runs: Sequence[str]) -> Iterator[Dots]:
    """Test accuracies, macro F1, and accuracies under attack; those that there are."""
    models = dict.fromkeys(own.model for own in summary.figures if own.group == "accuracy")
    for name, wanted, what in (
        ("accuracy", "test_accuracy", "test accuracy"),
        ("macro-f1", "test_macro_f1", "macro F1 on test"),
    ):
        found = [(model, summary.of("accuracy", model, wanted)) for model in models]
        rows = [(_short(model), own) for model, own in found if own]
        if rows:
            yield Dots(f"{name}-over-seeds", f"{what} of every seed", f"{what}, %", rows, runs)
    attacked = [own for own in summary.figures if own.figure == "accuracy_under_attack"]
    if attacked:
        rows = [(f"{victim(own.model)}, {attack(own.detail)}", own) for own in attacked]
        what = "accuracy under attack"
        yield Dots("attacks-over-seeds", f"{what} of every seed", f"{what}, %", rows, runs)


def _short(model: str) -> str:
    return "Linear model" if model == BASELINE else title(model)
