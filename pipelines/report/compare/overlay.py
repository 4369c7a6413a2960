"""Accuracy of several runs against T in one drawing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from ...run_folder.records.models import ModelStage
from ..drawing.files import Figure, figure
from ..drawing.frames import StepFrame
from ..drawing.svg import Canvas, both_widths, nice_ticks, thinned
from ..format import percent
from ..intervals import interval
from ..read import Run
from .tables import Row

COLOURS = ("one", "two", "three", "four", "five", "six")


MARKERS = ("circle", "square", "diamond")


def styles(runs: int) -> list[tuple[str, str]]:
    """Colour and marker of each run; markers tell those of the same colour apart."""
    return [
        (COLOURS[i % len(COLOURS)], MARKERS[(i + i // len(COLOURS)) % len(MARKERS)])
        for i in range(runs)
    ]


def overlay(runs: Mapping[str, Run]) -> Figure | None:
    """Test accuracy of every run's last SNN against T, and its ANN; None without any SNN."""
    found = {name: run.models[run.last] for name, run in runs.items() if run.last}
    if not found:
        return None
    rows: list[Row] = []
    for name, model in found.items():
        for step, value in enumerate(model.accuracy_by_step, 1):
            low, high = interval(value, runs[name].tested) or (None, None)
            row: Row = {"run": name, "model": runs[name].last, "step": step, "test_accuracy": value}
            rows.append(row | {"low": low, "high": high})
    rows += [
        {
            "run": name,
            "model": "ann",
            "step": None,
            "test_accuracy": run.models["ann"].test_accuracy,
        }
        for name, run in runs.items()
        if "ann" in run.models
    ]
    anns = _anns(runs)
    markup = both_widths(lambda width, shape: _overlay(list(runs), found, anns, width, shape))
    return figure("accuracy-of-runs", "accuracy of every run against time steps", markup, rows)


def _anns(runs: Mapping[str, Run]) -> dict[str, float]:
    """Test accuracy of the ANN of every run that has one."""
    return {
        name: run.models["ann"].test_accuracy for name, run in runs.items() if "ann" in run.models
    }


def _overlay(
    names: Sequence[str],
    found: Mapping[str, ModelStage],
    anns: Mapping[str, float],
    width: float,
    shape: str,
) -> Canvas:
    """The runs by name, their SNNs and the accuracies of their ANNs."""
    curves = {name: model.accuracy_by_step for name, model in found.items()}
    values = [v for curve in curves.values() for v in curve] + list(anns.values())
    ticks = nice_ticks(100 * min(values) - 0.5, 100 * max(values) + 0.5)
    said = ", ".join(f"{name} {percent(c[-1])} at T = {len(c)}" for name, c in curves.items())
    canvas = Canvas(width, 330, f"Test accuracy of every run against time steps: {said}", shape)
    steps, ends = max(map(len, curves.values())), (34.0, canvas.height - 44)
    frame = StepFrame(canvas, steps, ticks, (46.0, width - 14.0), ends, 20)
    narrow = shape == "narrow"
    frame.draw(14, 6 if narrow else 20)
    marked = thinned(steps, 5 if narrow else 16)
    for name, style in zip(names, styles(len(names)), strict=True):
        if name in anns:
            height = frame.y(anns[name])
            title = f"{name}, ANN: {percent(anns[name])}"
            dashed = f"curve dashed thin {style[0]}"
            canvas.line(frame.sides[0], height, frame.sides[1], height, dashed, title)
        _curve(frame, name, curves.get(name, []), style, marked)
    return canvas


def _curve(
    frame: StepFrame,
    name: str,
    curve: Sequence[float],
    style: tuple[str, str],
    marked: Sequence[int],
) -> None:
    """The line of one run, with a marker at the steps ``marked``."""
    colour, kind = style
    if curve:
        places = ((frame.x(i), frame.y(v)) for i, v in enumerate(curve, 1))
        frame.canvas.path(places, f"curve {colour}")
    for step, value in enumerate(curve, 1):
        if step in marked:
            title = f"{name}, T = {step}: {percent(value)}"
            frame.canvas.marker(kind, frame.x(step), frame.y(value), f"mark {colour}", title)


def run_key(style: tuple[str, str]) -> Markup:
    """A short piece of a run's line with its marker, for a legend."""
    canvas = Canvas(34, 16, "", "swatch")
    canvas.line(1, 8, 33, 8, f"curve {style[0]}")
    canvas.marker(style[1], 17, 8, f"mark {style[0]}")
    return canvas.markup(hidden=True)
