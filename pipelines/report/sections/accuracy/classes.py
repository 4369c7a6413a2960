"""Accuracy by class: a table of the models beside the linear one, and confusion matrices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .....engine.scores import SCORES
from .....formatting import percent
from ....display.names import title
from ....run_folder.records.classes import ClassFigures, ClassScores
from ....run_folder.records.models import Baseline, Judged, ModelStage
from ...drawing.files import rows_link
from ...drawing.looks import Looks
from .confusion import MOST_SMALL, confusion_figure

Row = dict[str, Any]
UNKNOWN = ClassScores(precision=None, recall=None, f1=None, texts=0)
"""Of a class that a model does not have."""


def classes_context(models: Mapping[str, ModelStage], looks: Looks) -> Row | None:
    """What the template shows; None where no model has figures by class.

    Returns:
        ``names`` of columns by their kind, the linear model among them; ``scores``, rows of a
        title and a value a column; ``classes``, rows with name, texts, share and the scores of
        each column; ``largest`` and its ``share``; ``p`` of the test against chance by name;
        ``matrices``, ``is_large`` where they are; ``csv``, the table as a file.
    """
    columns, names = _columns(models)
    found = {kind: model.test for kind, model in columns.items() if model.test}
    first = next((own for kind, own in found.items() if kind in models), None)
    if first is None:
        return None
    drawn = [
        confusion_figure(kind, names[kind], own, looks.style(kind)) for kind, own in found.items()
    ]
    classes = _rows(first, list(found.values()))
    return {
        "names": names,
        "baseline": _baseline(models),
        "scores": {
            "Accuracy": [columns[kind].test_accuracy for kind in found],
            "Macro F1": [own.macro_f1 for own in found.values()],
            "Balanced accuracy": [own.balanced_accuracy for own in found.values()],
            **_task_scores(first, list(found.values())),
        },
        "classes": classes,
        "references": _references(models, first),
        "largest": first.largest,
        "share": first.largest_class_share,
        "p": {names[kind]: p for kind in found if (p := columns[kind].chance_p) is not None},
        "matrices": [matrix for matrix in drawn if matrix],
        "is_large": len(classes) > MOST_SMALL,
        "csv": rows_link([_flat(row, list(found)) for row in classes]),
    }


def _task_scores(
    first: ClassFigures, columns: Sequence[ClassFigures]
) -> dict[str, list[float | None]]:
    """A row for each score of the task's own, titled by it and by what one answer for all has."""
    return {
        f"{SCORES[name].title} (one answer always: {percent(trivial)} %)": [
            own.task_scores.get(name) for own in columns
        ]
        for name, trivial in first.trivial_scores.items()
    }


def _baseline(models: Mapping[str, ModelStage]) -> Baseline | None:
    """The linear model beside the network that was trained."""
    trained = models.get("ann", models.get("spiking"))
    return trained.baseline if trained else None


def _references(
    models: Mapping[str, ModelStage], first: ClassFigures
) -> list[tuple[str, float | None, float]]:
    ann = models.get("ann", models.get("spiking"))
    dev = ann.dev.largest_class_share if ann and ann.dev else None
    found: list[tuple[str, float | None, float]] = []
    if ann and ann.baseline:
        found.append(
            ("Linear model on words", ann.baseline.dev_accuracy, ann.baseline.test_accuracy)
        )
    return [*found, ("Largest class always", dev, first.largest_class_share)]


def _columns(models: Mapping[str, ModelStage]) -> tuple[dict[str, Judged], dict[str, str]]:
    """The models that have figures by class, the linear one behind them, and their names."""
    columns: dict[str, Judged] = {kind: model for kind, model in models.items() if model.test}
    names = {kind: title(kind) for kind in columns}
    baseline = _baseline(models)
    if baseline and baseline.test:
        columns["baseline"] = baseline
        names["baseline"] = "Linear model"
    return columns, names


def _rows(first: ClassFigures, columns: Sequence[ClassFigures]) -> list[Row]:
    """One row a class: its name, its test texts, and its scores in each column."""
    texts = sum(first.sizes)
    scores = [column.scores for column in columns]
    return [
        {
            "name": name,
            "texts": size,
            "share": size / texts if texts else None,
            "scores": [own.get(name, UNKNOWN) for own in scores],
        }
        for name, size in zip(first.accuracy_by_class, first.sizes, strict=True)
    ]


def _flat(row: Row, kinds: Sequence[str]) -> Row:
    flat = {"class": row["name"], "texts": row["texts"]}
    for kind, own in zip(kinds, row["scores"], strict=True):
        for name in ("precision", "recall", "f1"):
            flat[f"{kind}_{name}"] = getattr(own, name)
    return flat
