"""Lines for the terminal about classes: what an accuracy must be better than, and each class."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...engine.chance import LEVEL
from ...engine.scores import SCORES
from ...formatting import percent
from ..run_folder.records.classes import ClassScores
from ..run_folder.records.models import ModelStage
from .aligned import table
from .names import title

MOST_CLASSES = 8
"""With more classes, those that a model knows least are shown."""
Models = Mapping[str, ModelStage]


def reference_rows(models: Models) -> Iterator[tuple[str, list[str]]]:
    """Name, and dev accuracy, test accuracy and macro F1 on test, of what needs no network."""
    ann = models.get("ann", models.get("spiking"))
    if ann is not None and ann.baseline is not None:
        linear = ann.baseline
        score = linear.test.macro_f1 if linear.test else None
        figures = (linear.dev_accuracy, linear.test_accuracy, score)
        yield f"linear model on {linear.reads or 'words'}", [percent(figure) for figure in figures]
    if ann is not None and ann.test is not None:
        dev = ann.dev.largest_class_share if ann.dev else None
        yield "largest class always", [percent(dev), percent(ann.test.largest_class_share), ""]


def score_lines(models: Models) -> Iterator[str]:
    """One line for each score of the task's own, on the test texts: every model, and one answer."""
    shown = {title(name): model.test for name, model in models.items()}
    ann = models.get("ann", models.get("spiking"))
    if ann is not None and ann.baseline is not None:
        shown["linear model"] = ann.baseline.test
    found = {name: own for name, own in shown.items() if own is not None and own.task_scores}
    for score in next((own.task_scores for own in found.values()), {}):
        parts = [f"{name}: {percent(own.task_scores.get(score))}" for name, own in found.items()]
        trivial = next(own.trivial_scores.get(score) for own in found.values())
        parts.append(f"one answer always: {percent(trivial)}")
        yield f"{SCORES[score].title} on test, %: {', '.join(parts)}"


def class_lines(models: Models) -> Iterator[str]:
    """One line a model: its accuracy on the test texts of each class."""
    for name, model in models.items():
        if model.test is not None:
            shares = model.test.accuracy_by_class
            yield f"{title(name)}, test accuracy by class, %: {by_class(shares)}"


def by_class(shares: Mapping[str, float | None]) -> str:
    """Accuracies by class in percent; of many classes the lowest."""
    shown = list(shares.items())
    if len(shown) <= MOST_CLASSES:
        return ", ".join(f"{name}: {percent(share)}" for name, share in shown)
    known = sorted((share, name) for name, share in shown if share is not None)[:MOST_CLASSES]
    least = ", ".join(f"{name}: {percent(share)}" for share, name in known)
    return f"the lowest of {len(shown)} - {least}"


def class_table(scores: Mapping[str, ClassScores]) -> str:
    """Texts, precision, recall and F1 of each class in percent; of many those of the lowest F1."""
    rows = list(scores.items())
    if len(rows) > MOST_CLASSES:
        rows = sorted(rows, key=lambda row: 2.0 if row[1].f1 is None else row[1].f1)[:MOST_CLASSES]
    cells = [
        [name, str(own.texts), percent(own.precision), percent(own.recall), percent(own.f1)]
        for name, own in rows
    ]
    more = [] if len(rows) == len(scores) else [f"the {len(rows)} lowest F1 of {len(scores)}"]
    header = ["class", "texts", "precision %", "recall %", "F1 %"]
    return "\n".join([table(header, cells), *more])


def evaluation_lines(figures: Mapping[str, Any]) -> Iterator[str]:
    """What `snnconvert evaluate` says below its table; ``figures`` as it prints them as JSON."""
    matrix = figures["confusion_matrix"]
    sizes = [sum(row) for row in matrix]
    largest = list(figures["accuracy_by_class"])[max(range(len(sizes)), key=sizes.__getitem__)]
    yield (
        f"macro F1 {percent(figures['macro_f1'])} %, balanced accuracy "
        f"{percent(figures['balanced_accuracy'])} %; always answering {largest} would be right "
        f"for {percent(figures['largest_class_share'])} %"
    )
    for name, score in figures.get("task_scores", {}).items():
        trivial = percent(figures["trivial_scores"][name])
        yield f"{SCORES[name].title} {percent(score)} %; one answer always: {trivial} %"
    if "linear_accuracy" in figures:
        yield (
            f"linear model on words: {percent(figures['linear_accuracy'])} %, macro F1 "
            f"{percent(figures['linear_macro_f1'])} %"
        )
    yield class_table({name: ClassScores(**row) for name, row in figures["by_class"].items()})
    if figures["at_chance"] is None:
        yield f"{figures['texts']} texts as these cannot tell the model from guessing"
    if figures["at_chance"]:
        yield _at_chance(figures["texts"], figures["chance_p"])


def _at_chance(texts: int, p: float) -> str:
    """How a model is at chance: by which of the two rules of `engine.chance`."""
    if p > LEVEL:
        return (
            f"at chance: on these {texts} texts its answers cannot be told from guessing "
            f"(p = {p:.2g}, above {LEVEL})"
        )
    return (
        f"at chance: on these {texts} texts its answers are better than guessing (p = {p:.2g}), "
        "but hardly, and not for sure better than always answering the largest class"
    )
