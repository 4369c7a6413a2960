"""The classes of a model in a report: table by class, confusion matrices, networks at chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from ....quality.chance import (
    advice,
    advice_for_made,
    after_stage,
    at_chance,
    described,
    too_few,
    while_used,
)
from ...drawing.files import Figure, figure, rows_link
from ...drawing.svg import Canvas, shortened, text_width
from ...format import MODEL_NAMES, percent
from ...reading.classes import ClassFigures
from ...reading.run import Model

MOST_SQUARES = 30
"""Classes up to which a confusion matrix is drawn."""
MOST_NUMBERS = 10
"""Classes up to which its squares hold their numbers."""
WIDTH, TOP, FOOT = 306.0, 42.0, 4.0
Row = dict[str, Any]


def classes_context(models: Mapping[str, Model]) -> Row | None:
    """What the template shows; None where no model has figures by class.

    Returns:
        ``names`` of columns by their kind, the linear model among them; ``scores``, rows of a
        title and a value a column; ``classes``, rows with name, texts, share and a value a
        column; ``largest`` and its ``share``; ``p`` of the test against chance by name;
        ``matrices``; ``csv``, the table as a file.
    """
    found = {kind: (model.test, c) for kind, model in models.items() if (c := model.classes)}
    if not found:
        return None
    first = next(iter(found.values()))[1]
    names = {kind: MODEL_NAMES[kind] for kind in found}
    baseline = models["ann"].baseline if "ann" in models else None
    if baseline and baseline.classes:
        found["baseline"] = (baseline.test, baseline.classes)
        names["baseline"] = "Linear model"
    drawn = [confusion_figure(kind, names[kind], c) for kind, (_, c) in found.items()]
    scores = {
        "Accuracy": [test for test, _ in found.values()],
        "Macro F1": [c.macro_f1 for _, c in found.values()],
        "Balanced accuracy": [c.balanced for _, c in found.values()],
    }
    classes = _rows(first, [c for _, c in found.values()])
    return {
        "names": names,
        "baseline": baseline,
        "scores": scores,
        "classes": classes,
        "largest": first.largest,
        "share": first.largest_share,
        "p": {names[kind]: c.p for kind, (_, c) in found.items() if c.p is not None},
        "matrices": [matrix for matrix in drawn if matrix],
        "csv": rows_link([_flat(row, list(found)) for row in classes]),
    }


def _rows(first: ClassFigures, columns: Sequence[ClassFigures]) -> list[Row]:
    """One row a class: its name, its test texts, and its accuracy in each column."""
    texts = sum(first.sizes)
    return [
        {
            "name": name,
            "texts": size,
            "share": size / texts if texts else None,
            "values": [column.by_class.get(name) for column in columns],
        }
        for name, size in zip(first.by_class, first.sizes, strict=True)
    ]


def _flat(row: Row, kinds: Sequence[str]) -> Row:
    named = {"class": row["name"], "texts": row["texts"]}
    return named | dict(zip(kinds, row["values"], strict=True))


def confusion_figure(kind: str, model: str, figures: ClassFigures) -> Figure | None:
    """The confusion matrix of a model as a heat map; None of more than `MOST_SQUARES` classes."""
    if len(figures.matrix) > MOST_SQUARES:
        return None
    names = list(figures.by_class)
    rows = [
        {"class": name, **{f"answered {other}": n for other, n in zip(names, row, strict=True)}}
        for name, row in zip(names, figures.matrix, strict=True)
    ]
    drawing = confusion_map(kind, model, names, figures.matrix)
    return figure(f"confusion-{kind}", f"confusion matrix, {model}", drawing, rows)


def confusion_map(
    kind: str, model: str, names: Sequence[str], matrix: Sequence[Sequence[int]]
) -> Markup:
    """A square for each true class (row) and answer (column); darker, the more of the row.

    Args:
        kind: of the model, for its colour
        model: its name
        names: K classes
        matrix: (K, K) numbers of texts
    """
    size, gutter = len(names), min(max(map(text_width, names)) + 26, 0.45 * WIDTH)
    side = min(max((WIDTH - gutter) / size, 6.0), 60.0)
    tall = min(side, 34.0)
    label = f"Confusion matrix, {model}: true classes in rows, answers in columns"
    height = TOP + tall * size + FOOT
    canvas = Canvas(max(gutter + side * size + 2, 150.0), height, label, "small")
    canvas.text(gutter, 12, "answered", "muted")
    canvas.text(0, TOP - 8, "true class", "muted")
    for i, (name, row) in enumerate(zip(names, matrix, strict=True)):
        y, texts = TOP + tall * i, sum(row)
        if size <= MOST_NUMBERS:
            canvas.text(gutter + side * (i + 0.5), TOP - 8, str(i + 1), "strong", "middle")
        if tall >= 12:
            shown = shortened(f"{i + 1} {name}", gutter - 8)
            canvas.text(gutter - 8, y + tall / 2 + 4, shown, "", "end")
        for j, number in enumerate(row):
            x, share = gutter + side * j, number / texts if texts else 0.0
            said = f"{name}, answered {names[j]}: {number} of {texts} texts, {percent(share)}"
            canvas.rect(x, y, side - 1, tall - 1, "cell")
            canvas.rect(x, y, side - 1, tall - 1, f"fill {kind}", said, 0.02 + 0.6 * share)
            if size <= MOST_NUMBERS:
                canvas.text(
                    x + side / 2, y + tall / 2 + 4, str(number), "value small quiet", "middle"
                )
    return canvas.markup()


def chance_context(models: Mapping[str, Model]) -> Row:
    """What a page says of networks at chance.

    Returns:
        ``models``, a sentence each; ``conversion``, ``energy`` and ``attack``, a sentence for
        these sections or None.
    """
    results = {kind: _stage(model) for kind, model in models.items()}
    lost = [kind for kind in results if at_chance(results, kind)]
    trained = "ann" in lost
    sentences = [described(results, kind) for kind in lost]
    if too_few(results):
        sentences.insert(0, str(after_stage(results, "ann")))
    if trained:
        sentences[0] += f"; {advice(results)}"
    elif lost:
        sentences[-len(lost)] += f"; {advice_for_made(lost[0])}"
    return {
        "models": [f"{text[0].upper()}{text[1:]}." for text in sentences],
        "conversion": after_stage(results, "snn") if trained or "snn" in lost else None,
        "energy": while_used(results, "energy"),
        "attack": while_used(results, "attack"),
    }


def _stage(model: Model) -> Row:
    """What `chance` reads of a stage of results.json."""
    if model.classes is None:
        return {}
    found: Row = {
        "imported": model.imported,
        "at_chance": model.classes.chance,
        "chance_p": model.classes.p,
        "test_accuracy": model.test,
        "test_confusion_matrix": model.classes.matrix,
        "test_accuracy_by_class": model.classes.by_class,
    }
    if model.baseline:
        chance = model.baseline.classes is not None and model.baseline.classes.chance
        found["baseline"] = {"test_accuracy": model.baseline.test, "at_chance": chance}
    return found
