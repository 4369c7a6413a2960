"""Lines for the terminal about classes: what an accuracy must be better than, and each class."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

NAMES = {"ann": "ANN", "snn": "SNN converted", "finetuned": "SNN fine-tuned"}
NAMES |= {"ann-adversarial": "ANN adversarial", "snn-adversarial": "SNN adversarial"}
MOST_CLASSES = 8
"""With more classes, those that a model knows least are shown."""
Results = Mapping[str, Mapping[str, Any]]


def percent(value: float | None) -> str:
    """A fraction as percent with one decimal, a dash where there is none."""
    return "-" if value is None else f"{100 * value:.1f}"


def reference_rows(results: Results) -> Iterator[tuple[str, list[str]]]:
    """Name, and dev accuracy, test accuracy and macro F1 on test, of what needs no network."""
    ann = results.get("ann", {})
    if "baseline" in ann:
        names = ("dev_accuracy", "test_accuracy", "test_macro_f1")
        yield "linear model on words", [percent(ann["baseline"].get(name)) for name in names]
    if "test_largest_class_share" in ann:
        shares = (ann.get(f"{split}_largest_class_share") for split in ("dev", "test"))
        yield "largest class always", [*map(percent, shares), ""]


def class_lines(results: Results) -> Iterator[str]:
    """One line a model: its accuracy on the test texts of each class."""
    for name, title in NAMES.items():
        shares = results.get(name, {}).get("test_accuracy_by_class")
        if shares:
            yield f"{title}, test accuracy by class, %: {by_class(shares)}"


def by_class(shares: Mapping[str, float | None]) -> str:
    """Accuracies by class in percent; of many classes the lowest."""
    shown = list(shares.items())
    if len(shown) <= MOST_CLASSES:
        return ", ".join(f"{name}: {percent(share)}" for name, share in shown)
    known = sorted((share, name) for name, share in shown if share is not None)[:MOST_CLASSES]
    least = ", ".join(f"{name}: {percent(share)}" for share, name in known)
    return f"the lowest of {len(shown)} - {least}"


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
    yield f"accuracy by class, %: {by_class(figures['accuracy_by_class'])}"
    if figures["at_chance"] is None:
        yield f"{figures['texts']} texts as these cannot tell the model from guessing"
    if figures["at_chance"]:
        yield (
            f"at chance: on these {figures['texts']} texts its answers cannot be told from "
            f"guessing or from always answering one class (p = {figures['chance_p']:.2g})"
        )
