"""Accuracy against time steps.

Wide figures have a second, narrow drawing for telephones; the style sheet shows the one that fits,
so letters are never scaled down.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from ....display.names import short
from ....run_folder.records.models import ModelStage
from ...drawing.files import Figure, figure
from ...drawing.svg import SHAPES, Canvas, both_widths, nice_ticks, text_width, thinned
from ...format import percent
from ...intervals import interval

Row = dict[str, Any]
NEAR = 0.1
"""The largest class's share is shown where an accuracy is at most so far above it."""
FLOOR = "curve ink dashed hair"


Bands = Mapping[str, Sequence[tuple[float, float] | None]]


def accuracy_plot(
    models: Mapping[str, ModelStage], bands: Bands | None = None, floor: float | None = None
) -> Markup:
    """Test accuracy after every time step, with the ANN as a line across; see `Model`.

    Args:
        models: by kind
        bands: interval of each accuracy, by kind and step; of the ANN one
        floor: share of the largest class, a line across where an accuracy comes near it
    """
    floors = [] if floor is None else [floor]
    return both_widths(lambda width, shape: _accuracy(models, bands or {}, floors, width, shape))


def _accuracy(
    models: Mapping[str, ModelStage], bands: Bands, floors: list[float], width: float, shape: str
) -> Canvas:
    curves = {
        kind: models[kind].accuracy_by_step for kind in ("snn", "finetuned") if kind in models
    }
    ann = models.get("ann")
    steps = max(len(curve) for curve in curves.values())
    values = [v for curve in curves.values() for v in curve] + ([ann.test_accuracy] if ann else [])
    values += [end for ends in bands.values() for pair in ends if pair for end in pair]
    levels = _levels([floor for floor in floors if floor >= min(values) - NEAR], ann)
    values += [value for value, _, _ in levels]
    ticks = nice_ticks(100 * min(values) - 0.5, 100 * max(values) + 0.5)
    said = [f"{short(k)} {percent(c[-1])} at T = {len(c)}" for k, c in curves.items()]
    said += [f"ANN {percent(ann.test_accuracy)}"] if ann else []
    label = "Test accuracy against time steps: " + ", ".join(said)
    narrow = shape == "narrow"
    top, height = (72.0 if narrow else 32.0), (330.0 if narrow else 350.0)
    canvas = Canvas(width, height, label, shape)
    left, right, bottom = 46.0, width - 14.0, height - 44.0

    def x(step: float) -> float:
        inset = 30.0 if steps < 12 else 12.0
        first, last = left + inset, right - inset
        return (
            (first + last) / 2 if steps == 1 else first + (last - first) * (step - 1) / (steps - 1)
        )

    def y(fraction: float) -> float:
        return bottom - (bottom - top) * (100 * fraction - ticks[0]) / (ticks[-1] - ticks[0])

    for tick in ticks:
        canvas.line(left, y(tick / 100), right, y(tick / 100), "grid")
        canvas.text(left - 8, y(tick / 100) + 4, f"{tick:g}", "muted", "end")
    for step in thinned(steps, 6 if narrow else 20):
        canvas.text(x(step), bottom + 20, str(step), "muted", "middle")
    canvas.text((left + right) / 2, height - 6, "time steps T", "muted", "middle")
    canvas.text(0, top - 18, "test accuracy, %", "muted")
    _accuracy_legend(canvas, curves, levels, narrow)
    for kind, ends in bands.items():
        _band(canvas, kind, ends, (left, right), x, y)
    for value, style, name in levels:
        canvas.line(left, y(value), right, y(value), style, name)
    for kind, curve in curves.items():
        canvas.path(((x(i), y(v)) for i, v in enumerate(curve, 1)), f"curve {kind}")
    labelled = thinned(steps, 5 if narrow else 12)
    for kind, curve in curves.items():
        for step, value in enumerate(curve, 1):
            if steps > 16 and step not in labelled:
                continue
            title = f"{short(kind)}, T = {step}: {percent(value)}"
            canvas.marker(SHAPES[kind], x(step), y(value), f"mark {kind}", title)
    for step in labelled:
        _accuracy_labels(canvas, curves, step, x(step), y)
    return canvas


def _levels(floors: Sequence[float], ann: ModelStage | None) -> list[tuple[float, str, str]]:
    """Accuracy, style and name of the lines across: shares of the largest class, and the ANN."""
    found = [(floor, FLOOR, f"largest class {percent(floor)}") for floor in floors]
    return found + (
        [(ann.test_accuracy, "curve ann dashed", f"ANN {percent(ann.test_accuracy)}")]
        if ann
        else []
    )


def _band(
    canvas: Canvas,
    kind: str,
    ends: Sequence[tuple[float, float] | None],
    sides: tuple[float, float],
    x: Callable[[float], float],
    y: Callable[[float], float],
) -> None:
    """The 95 % interval of a curve as a pale area, of the ANN's line from side to side."""
    known = [(x(step), *pair) for step, pair in enumerate(ends, 1) if pair]
    if kind == "ann":
        known = [(side, *pair) for side in sides for pair in ends[:1] if pair]
    elif len(known) == 1:
        known = [(place, *known[0][1:]) for place in (known[0][0] - 12, known[0][0] + 12)]
    if known:
        upper = [(place, y(high)) for place, _, high in known]
        lower = [(place, y(low)) for place, low, _ in reversed(known)]
        canvas.area([*upper, *lower], f"fill {kind}", 0.13)


def _accuracy_legend(
    canvas: Canvas,
    curves: Mapping[str, Sequence[float]],
    levels: Sequence[tuple[float, str, str]],
    narrow: bool,
) -> None:
    place = 0.0 if narrow else 130.0
    line = 14.0
    entries = [(kind, f"curve {kind}", short(kind)) for kind in curves]
    entries += [("", style, name) for _, style, name in reversed(levels)]
    for kind, style, name in entries:
        if place + 28 + text_width(name) > canvas.width:
            place, line = 0.0, line + 18
        canvas.line(place, line - 4, place + 22, line - 4, style)
        if kind in SHAPES:
            canvas.marker(SHAPES[kind], place + 11, line - 4, f"mark {kind}")
        canvas.text(place + 28, line, name)
        place += 28 + text_width(name) + 18


def _accuracy_labels(
    canvas: Canvas,
    curves: Mapping[str, Sequence[float]],
    step: int,
    x: float,
    y: Callable[[float], float],
) -> None:
    """Values at one step: the higher one above its point, the lower one below."""
    here = sorted(
        ((c[step - 1], kind) for kind, c in curves.items() if len(c) >= step), reverse=True
    )
    for rank, (value, kind) in enumerate(here):
        same = len(here) == 2 and abs(here[0][0] - here[1][0]) < 5e-4
        if same and rank == 1:
            return
        style = "value halo" if same else f"value halo {kind}"
        canvas.text(x, y(value) + (20 if rank else -11), f"{100 * value:.1f}", style, "middle")


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
