"""Figures by class of a model's answers on one split."""

from __future__ import annotations

from dataclasses import dataclass

from ....checked_json import Value
from ....typed_json import Count, Share, rare


@dataclass(frozen=True, kw_only=True)
class ClassScores:
    """Figures of one class; None where they are not defined.

    precision: share of its answers that are right; recall: share of its texts that are right;
    texts: how many there are (support).
    """

    precision: Share | None
    recall: Share | None
    f1: Share | None
    texts: Count


@dataclass(frozen=True, kw_only=True)
class ClassFigures:
    """What an accuracy does not tell; see `engine.metrics.classification_figures`.

    largest_class_share: accuracy of always answering the largest class; accuracy_by_class: by the
    name of each class, None where it has no texts; by_class: the same with precision and F1,
    empty of runs from before there were any; confusion_matrix: (K, K), rows are true classes;
    task_scores, trivial_scores: by name, of a task that has scores of its own (`engine.scores`),
    and the same of one answer for every text.
    """

    largest_class_share: Share
    macro_f1: Share
    balanced_accuracy: Share
    accuracy_by_class: dict[str, Share | None]
    by_class: dict[str, ClassScores] = rare(dict)
    confusion_matrix: list[list[Count]]
    task_scores: dict[str, float] = rare(dict)
    trivial_scores: dict[str, float] = rare(dict)

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

    @property
    def scores(self) -> dict[str, ClassScores]:
        """Figures of each class by name; of an older run by its confusion matrix."""
        if self.by_class:
            return self.by_class
        answers = [sum(column) for column in zip(*self.confusion_matrix, strict=True)]
        rows = zip(self.accuracy_by_class, self.sizes, answers, strict=True)
        return {
            name: _scores(self.confusion_matrix[k][k], texts, answered)
            for k, (name, texts, answered) in enumerate(rows)
        }


def _scores(right: int, texts: int, answered: int) -> ClassScores:
    """Of a class with so many ``texts``, of whose ``answered`` answers so many are ``right``."""
    return ClassScores(
        precision=right / answered if answered else None,
        recall=right / texts if texts else None,
        f1=2 * right / (texts + answered) if texts + answered else None,
        texts=texts,
    )
