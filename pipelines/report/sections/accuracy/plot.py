"""Accuracy against time steps.

Wide figures have a second, narrow drawing for telephones; the style sheet shows the one that fits,
so letters are never scaled down.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from ....display.names import title as model_title
from ....run_folder.records.models import ModelStage
from ....run_folder.stages import conversion_of
from ...drawing.files import Figure, figure
from ...drawing.frames import StepFrame
from ...drawing.looks import Looks, shape_of
from ...drawing.svg import Canvas, both_widths, nice_ticks, text_width, thinned
from ...format import percent
from ...intervals import interval

Row = dict[str, Any]
NEAR = 0.1
"""The largest class's share is shown where an accuracy is at most so far above it."""
FLOOR = "curve ink dashed hair"
ASIDE = 7.0
"""Pixels between the points of two models at one step."""


Bands = Mapping[str, Sequence[tuple[float, float] | None]]
Entry = tuple[str, str, str]
LINE = 18.0  # of the legend
Level = tuple[float, str, str]  # accuracy, style and name of a line across


def accuracy_plot(
    models: Mapping[str, ModelStage], bands: Bands | None = None, floor: float | None = None
) -> Markup:
    """Test accuracy after every time step, with the ANN as a line across.

    Args:
        models: by kind
        bands: interval of each accuracy, by kind and step; of the ANN one
        floor: share of the largest class, a line across where an accuracy comes near it
    """
    curves = {kind: own.accuracy_by_step for kind, own in models.items() if own.accuracy_by_step}
    ann = models.get("ann")
    values = [v for curve in curves.values() for v in curve] + ([ann.test_accuracy] if ann else [])
    values += [end for ends in (bands or {}).values() for pair in ends if pair for end in pair]
    near = [] if floor is None or floor < min(values) - NEAR else [floor]
    levels = _levels(near, ann)
    values += [value for value, _, _ in levels]
    ticks = nice_ticks(100 * min(values) - 0.5, 100 * max(values) + 0.5)
    said = [f"{model_title(k)} {percent(c[-1])} at T = {len(c)}" for k, c in curves.items()]
    said += [f"ANN {percent(ann.test_accuracy)}"] if ann else []
    label = "Test accuracy against time steps: " + ", ".join(said)

    looks = Looks.of(models)
    entries = _entries(curves, levels, looks)

    def draw(width: float, shape: str) -> Canvas:
        narrow = shape == "narrow"
        rows = _legend_places(entries, width, narrow)[-1][1] + 1
        frame = _frame(width, shape, label, max(map(len, curves.values())), ticks, rows)
        _accuracy_legend(frame.canvas, entries, looks, narrow)
        _draw(frame, curves, bands or {}, levels, looks, narrow)
        return frame.canvas

    return both_widths(draw)


def _frame(
    width: float, shape: str, label: str, steps: int, ticks: Sequence[float], rows: int
) -> StepFrame:
    """The canvas, with room above for a legend of so many rows."""
    top, tall = (36.0, 258.0) if shape == "narrow" else (14.0, 318.0)
    top += LINE * max(rows, 2 if shape == "narrow" else 1)
    canvas = Canvas(width, top + tall, label, shape)
    sides, ends = (46.0, width - 14.0), (top, top + tall - 44.0)
    return StepFrame(canvas, steps, ticks, sides, ends, 30.0 if steps < 12 else 12.0)


def _draw(
    frame: StepFrame,
    curves: Mapping[str, Sequence[float]],
    bands: Bands,
    levels: Sequence[Level],
    looks: Looks,
    narrow: bool,
) -> None:
    """Axes, intervals, lines across, curves and their values."""
    canvas, (left, right) = frame.canvas, frame.sides
    frame.draw(frame.ends[0] - 18 if narrow else 14, 6 if narrow else 20)
    for value, style, name in levels:
        canvas.line(left, frame.y(value), right, frame.y(value), style, name)
    labelled = thinned(frame.steps, 5 if narrow else 12)
    shown = [step for step in range(1, frame.steps + 1) if frame.steps <= 16 or step in labelled]
    apart = frame.x(2) - frame.x(1) if frame.steps > 1 else right - left
    aside = _aside(curves, apart)
    for kind, ends in bands.items():
        _whiskers(frame, kind, ends, shown, aside.get(kind, 0.0), looks.style(kind))
    for kind, curve in curves.items():
        places = ((frame.x(i) + aside[kind], frame.y(v)) for i, v in enumerate(curve, 1))
        canvas.path(places, looks.line(kind))
    for kind, curve in curves.items():
        for step, value in enumerate(curve, 1):
            if step in shown:
                title = f"{model_title(kind)}, T = {step}: {percent(value)}"
                place = frame.x(step) + aside[kind], frame.y(value)
                canvas.marker(shape_of(kind), *place, f"mark {looks.style(kind)}", title)
    for step in labelled:
        _accuracy_labels(frame, curves, step, bands, aside)


def _levels(floors: Sequence[float], ann: ModelStage | None) -> list[Level]:
    """Accuracy, style and name of the lines across: shares of the largest class, and the ANN."""
    found = [(floor, FLOOR, f"largest class {percent(floor)}") for floor in floors]
    if ann is not None:
        found.append((ann.test_accuracy, "curve ann dashed", f"ANN {percent(ann.test_accuracy)}"))
    return found


def _aside(curves: Mapping[str, object], apart: float) -> dict[str, float]:
    """How far each curve stands beside its step, so that no interval covers that of another.

    All of a step together take less than the way to the next, which is ``apart``.
    """
    middle = (len(curves) - 1) / 2
    gap = min(ASIDE, 0.6 * apart / max(len(curves) - 1, 1))
    return {kind: gap * (i - middle) for i, kind in enumerate(curves)}


def _whiskers(
    frame: StepFrame,
    kind: str,
    ends: Sequence[tuple[float, float] | None],
    shown: Sequence[int],
    aside: float,
    style: str,
) -> None:
    """The 95 % interval of each accuracy as a line with ends, of the ANN one at the right edge."""
    known = [(frame.x(step) + aside, *pair) for step, pair in enumerate(ends, 1)
             if pair and step in shown]  # fmt: skip
    if kind == "ann":
        known = [(frame.sides[1] - 5, *pair) for pair in ends[:1] if pair]
    for place, low, high in known:
        said = f"{model_title(kind)}: 95 % interval {percent(low)} to {percent(high)}"
        frame.canvas.line(place, frame.y(low), place, frame.y(high), f"whisker of {style}", said)
        for end in (low, high):
            y = frame.y(end)
            frame.canvas.line(place - 3, y, place + 3, y, f"whisker of {style}")


def _entries(
    curves: Mapping[str, Sequence[float]], levels: Sequence[Level], looks: Looks
) -> list[Entry]:
    """What the legend has: model, style and name of every line; "" of those across."""
    found = [(kind, looks.line(kind), model_title(kind)) for kind in curves]
    return found + [("", style, name) for _, style, name in reversed(levels)]


def _legend_places(entries: Sequence[Entry], width: float, narrow: bool) -> list[tuple[float, int]]:
    """Where each entry begins, and in which row; on a wide canvas beside the name of the axis."""
    places = []
    place, row = 0.0 if narrow else 130.0, 0
    for _, _, name in entries:
        if place and place + 28 + text_width(name) > width:
            place, row = 0.0, row + 1
        places.append((place, row))
        place += 28 + text_width(name) + 18
    return places


def _accuracy_legend(canvas: Canvas, entries: Sequence[Entry], looks: Looks, narrow: bool) -> None:
    """A piece of every line with its marker and name."""
    places = _legend_places(entries, canvas.width, narrow)
    for (kind, style, name), (place, row) in zip(entries, places, strict=True):
        line = 14.0 + LINE * row
        canvas.line(place, line - 4, place + 22, line - 4, style)
        if kind:
            canvas.marker(shape_of(kind), place + 11, line - 4, f"mark {looks.style(kind)}")
        canvas.text(place + 28, line, name)


def _accuracy_labels(
    frame: StepFrame,
    curves: Mapping[str, Sequence[float]],
    step: int,
    bands: Bands,
    aside: Mapping[str, float],
) -> None:
    """Values at one step: the higher one above its interval, the lower one below.

    Conversions with a name have theirs in titles and in the table.
    """
    curves = {kind: curve for kind, curve in curves.items() if not conversion_of(kind)}
    here = sorted(
        ((c[step - 1], kind) for kind, c in curves.items() if len(c) >= step), reverse=True
    )
    for rank, (value, kind) in enumerate(here):
        same = len(here) == 2 and abs(here[0][0] - here[1][0]) < 5e-4
        if same and rank == 1:
            return
        style = "value halo" if same else f"value halo {kind}"
        ends = bands.get(kind, ())[step - 1 : step]
        low, high = (ends[0] if ends else None) or (value, value)
        height = max(frame.y(low), frame.y(value) + 6) + 13
        if not rank:
            height = min(frame.y(high), frame.y(value) - 6) - 5
        place = frame.x(step) + aside[kind], height
        frame.canvas.text(*place, f"{100 * value:.1f}", style, "middle")


def accuracy_figure(models: Mapping[str, ModelStage], texts: int) -> Figure:
    """Test accuracy after every step, with 95 % intervals over ``texts``."""
    bands = {
        kind: [interval(value, texts) for value in model.accuracy_by_step or [model.test_accuracy]]
        for kind, model in models.items()
    }
    rows: list[Row] = []
    for kind, model in models.items():
        for step, value in enumerate(model.accuracy_by_step or [model.test_accuracy], 1):
            low, high = bands[kind][step - 1] or (None, None)
            row: Row = {"model": kind, "step": step if model.steps else None}
            rows.append(row | {"test_accuracy": value, "low": low, "high": high})
    title = "accuracy against time steps"
    shares = [m.test.largest_class_share for m in models.values() if m.test]
    return figure("accuracy", title, accuracy_plot(models, bands, min(shares, default=None)), rows)
