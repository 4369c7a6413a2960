"""Accuracy of several runs against T in one drawing."""

from __future__ import annotations

from collections.abc import Mapping

from markupsafe import Markup

from ...run_folder.records.models import ModelStage
from ..drawing.files import Figure, figure
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
    markup = both_widths(lambda width, shape: _overlay(runs, found, width, shape))
    return figure("accuracy-of-runs", "accuracy of every run against time steps", markup, rows)


def _anns(runs: Mapping[str, Run]) -> dict[str, float]:
    """Test accuracy of the ANN of every run that has one."""
    return {
        name: run.models["ann"].test_accuracy for name, run in runs.items() if "ann" in run.models
    }


def _overlay(
    runs: Mapping[str, Run], found: Mapping[str, ModelStage], width: float, shape: str
) -> Canvas:
    anns = {
        name: run.models["ann"].test_accuracy for name, run in runs.items() if "ann" in run.models
    }
    steps = max(len(model.accuracy_by_step) for model in found.values())
    values = [v for model in found.values() for v in model.accuracy_by_step] + list(anns.values())
    ticks = nice_ticks(100 * min(values) - 0.5, 100 * max(values) + 0.5)
    said = ", ".join(
        f"{name} {percent(m.accuracy_by_step[-1])} at T = {len(m.accuracy_by_step)}"
        for name, m in found.items()
    )
    narrow = shape == "narrow"
    canvas = Canvas(width, 330, f"Test accuracy of every run against time steps: {said}", shape)
    left, right, top, bottom = 46.0, width - 14.0, 34.0, canvas.height - 44

    def x(step: float) -> float:
        first, last = left + 20, right - 20
        return (
            (first + last) / 2 if steps == 1 else first + (last - first) * (step - 1) / (steps - 1)
        )

    def y(share: float) -> float:
        return bottom - (bottom - top) * (100 * share - ticks[0]) / (ticks[-1] - ticks[0])

    for tick in ticks:
        canvas.line(left, y(tick / 100), right, y(tick / 100), "grid")
        canvas.text(left - 8, y(tick / 100) + 4, f"{tick:g}", "muted", "end")
    for step in thinned(steps, 6 if narrow else 20):
        canvas.text(x(step), bottom + 20, str(step), "muted", "middle")
    canvas.text((left + right) / 2, canvas.height - 6, "time steps T", "muted", "middle")
    canvas.text(0, 14, "test accuracy, %", "muted")
    marked = thinned(steps, 5 if narrow else 16)
    for (name, run), (colour, kind) in zip(runs.items(), styles(len(runs)), strict=True):
        if name in anns:
            title = f"{name}, ANN: {percent(anns[name])}"
            height = y(anns[name])
            canvas.line(left, height, right, height, f"curve dashed thin {colour}", title)
        curve = found[name].accuracy_by_step if name in found else []
        if run.models and curve:
            canvas.path(((x(i), y(v)) for i, v in enumerate(curve, 1)), f"curve {colour}")
        for step, value in enumerate(curve, 1):
            if step in marked:
                title = f"{name}, T = {step}: {percent(value)}"
                canvas.marker(kind, x(step), y(value), f"mark {colour}", title)
    return canvas


def run_key(style: tuple[str, str]) -> Markup:
    """A short piece of a run's line with its marker, for a legend."""
    canvas = Canvas(34, 16, "", "swatch")
    canvas.line(1, 8, 33, 8, f"curve {style[0]}")
    canvas.marker(style[1], 17, 8, f"mark {style[0]}")
    return canvas.markup(hidden=True)
