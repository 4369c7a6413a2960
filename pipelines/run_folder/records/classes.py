"""Figures by class of a model's answers on one split."""

from __future__ import annotations

from dataclasses import dataclass

from ....checked_json import Value


@dataclass(frozen=True, kw_only=True)
class ClassFigures:
    """What an accuracy does not tell; see `engine.metrics.classification_figures`.

    largest_class_share: accuracy of always answering the largest class; accuracy_by_class: by the
    name of each class, None where it has no texts; confusion_matrix: (K, K), rows are true classes.
    """

    largest_class_share: float
    macro_f1: float
    balanced_accuracy: float
    accuracy_by_class: dict[str, float | None]
    confusion_matrix: list[list[int]]

    def check(self, value: Value) -> None:
        """Refuse a confusion matrix that is not of these classes."""
        classes = len(self.accuracy_by_class)
        value["confusion_matrix"].table(Value.whole, classes, classes)

    @property
    def sizes(self) -> list[int]:
        """Texts of each class."""
        return [sum(row) for row in self.confusion_matrix]

    @property
    def largest(self) -> str:
        """The name of the largest class, the first of several."""
        sizes = self.sizes
        return list(self.accuracy_by_class)[max(range(len(sizes)), key=sizes.__getitem__)]
