"""What a report shows of the classes of a model, read from its stage in results.json."""

from __future__ import annotations

from dataclasses import dataclass

from .checked_json import Value


@dataclass(frozen=True)
class ClassFigures:
    """Figures by class on the test texts (see `engine.metrics.classification_figures`).

    largest_share: accuracy of always answering the largest class; matrix: (K, K), rows are true
    classes; by_class: accuracy by the name of each class, None where it has no texts; p: that of
    `engine.chance.chance_figures`, and chance: whether the model is at chance, None where the
    texts cannot tell.
    """

    largest_share: float
    macro_f1: float
    balanced: float
    by_class: dict[str, float | None]
    matrix: list[list[int]]
    chance: bool | None = None
    p: float | None = None

    @property
    def sizes(self) -> list[int]:
        """Test texts of each class."""
        return [sum(row) for row in self.matrix]

    @property
    def largest(self) -> str:
        """The name of the largest class, the first of several."""
        sizes = self.sizes
        return list(self.by_class)[max(range(len(sizes)), key=sizes.__getitem__)]


@dataclass(frozen=True)
class Baseline:
    """The model beside the network that needs none, and its figures."""

    name: str
    dev: float
    test: float
    classes: ClassFigures | None


def read_classes(value: Value) -> ClassFigures | None:
    """The figures by class of a stage; None where it was made before there were any."""
    if value.get("test_confusion_matrix") is None:
        return None
    by_class = value["test_accuracy_by_class"]
    names = list(by_class.entries(lambda _: None))
    return ClassFigures(
        largest_share=value["test_largest_class_share"].number(),
        macro_f1=value["test_macro_f1"].number(),
        balanced=value["test_balanced_accuracy"].number(),
        by_class={name: by_class.optional(name, Value.number) for name in names},
        matrix=value["test_confusion_matrix"].table(Value.whole, len(names), len(names)),
        chance=value.optional("at_chance", Value.flag),
        p=value.optional("chance_p", Value.number),
    )


def read_baseline(value: Value) -> Baseline:
    """The entry ``baseline`` of a stage."""
    return Baseline(
        name=value["model"].text(),
        dev=value["dev_accuracy"].number(),
        test=value["test_accuracy"].number(),
        classes=read_classes(value),
    )
