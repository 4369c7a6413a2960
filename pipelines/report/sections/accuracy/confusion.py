"""Confusion matrices as heat maps."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from ....run_folder.records.classes import ClassFigures
from ...drawing.files import Figure, figure
from ...drawing.svg import Canvas, shortened, text_width
from ...format import percent

MOST_SQUARES = 30
"""Classes up to which a confusion matrix is drawn."""
MOST_SMALL = 8
"""With more classes there is a wide drawing too, in which more numbers have room."""
SMALL, LARGE = 306.0, 640.0  # widths
TOP, FOOT = 42.0, 4.0
DIGIT = 11.0  # size of the numbers in the squares


def confusion_figure(kind: str, model: str, figures: ClassFigures, style: str) -> Figure | None:
    """The confusion matrix of a model as a heat map; None of more than `MOST_SQUARES` classes.

    Args:
        kind: of the model, for the name of the file
        model: its name
        figures: its confusion matrix
        style: of the model, for its colour
    """
    if len(figures.confusion_matrix) > MOST_SQUARES:
        return None
    names = list(figures.accuracy_by_class)
    rows = [
        {"class": name, **{f"answered {other}": n for other, n in zip(names, row, strict=True)}}
        for name, row in zip(names, figures.confusion_matrix, strict=True)
    ]
    drawing = confusion_map(style, model, names, figures.confusion_matrix)
    return figure(f"confusion-{kind}", f"confusion matrix, {model}", drawing, rows)


def confusion_map(
    style: str, model: str, names: Sequence[str], matrix: Sequence[Sequence[int]]
) -> Markup:
    """A square for each true class (row) and answer (column); darker, the more of the row.

    Args:
        style: of the model, for its colour
        model: its name
        names: K classes
        matrix: (K, K) numbers of texts
    """
    label = f"Confusion matrix, {model}: true classes in rows, answers in columns"
    if len(names) <= MOST_SMALL:
        return _map(style, label, names, matrix, SMALL, "small").markup()
    shapes = ((LARGE, "wide"), (SMALL, "narrow"))
    drawn = [_map(style, label, names, matrix, *shape).markup() for shape in shapes]
    return drawn[0] + drawn[1]


def _map(
    style: str,
    label: str,
    names: Sequence[str],
    matrix: Sequence[Sequence[int]],
    width: float,
    shape: str,
) -> Canvas:
    """The drawing in one width; numbers stand in the squares where all of them have room."""
    size, gutter = len(names), min(max(map(text_width, names)) + 26, 0.45 * SMALL)
    side = min(max((width - gutter) / size, 6.0), 60.0)
    tall = min(side, 34.0)
    most = max(max(row) for row in matrix)
    has_numbers = text_width(str(most), DIGIT) <= side - 3
    canvas = Canvas(max(gutter + side * size + 2, 150.0), TOP + tall * size + FOOT, label, shape)
    canvas.text(gutter, 12, "answered", "muted")
    canvas.text(0, TOP - 8, "true class", "muted")
    for i, (name, row) in enumerate(zip(names, matrix, strict=True)):
        y = TOP + tall * i
        if side >= text_width(str(size)):
            canvas.text(gutter + side * (i + 0.5), TOP - 8, str(i + 1), "strong", "middle")
        if tall >= 12:
            shown = shortened(f"{i + 1} {name}", gutter - 8)
            canvas.text(gutter - 8, y + tall / 2 + 4, shown, "", "end")
        texts = sum(row)
        for j, number in enumerate(row):
            share = number / texts if texts else 0.0
            said = f"{name}, answered {names[j]}: {number} of {texts} texts, {percent(share)}"
            place = (gutter + side * j, y)
            shown = str(number) if has_numbers else ""
            _square(canvas, place, (side, tall), f"fill {style}", share, said, shown)
    return canvas


def _square(
    canvas: Canvas,
    place: tuple[float, float],
    size: tuple[float, float],
    style: str,
    share: float,
    said: str,
    shown: str,
) -> None:
    """One square, the darker the larger ``share``, with its number where there is one to show."""
    (x, y), (side, tall) = place, size
    canvas.rect(x, y, side - 1, tall - 1, "cell")
    canvas.rect(x, y, side - 1, tall - 1, style, said, 0.02 + 0.6 * share)
    if shown:
        canvas.text(x + side / 2, y + tall / 2 + 4, shown, "value small quiet", "middle")
