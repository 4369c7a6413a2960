"""Accuracy of several runs against T in one drawing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from ...display.names import title
from ...run_folder.records.models import ModelStage
from ...run_folder.stages import conversion_of, conversions, last_spiking
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


Style = tuple[str, str, str]
"""Colour, marker and pattern of a line."""


@dataclass(frozen=True)
class Series:
    """One line of the drawing: the last SNN of a conversion of a run.

    Attributes:
        run: the name of the run on the page
        kind: the model in the run
        model: its figures
        style: of the line
    """

    run: str
    kind: str
    model: ModelStage
    style: Style

    @property
    def name(self) -> str:
        """What it is called beside the others."""
        return f"{self.run} ({title(self.kind)})"


def series(runs: Mapping[str, Run]) -> list[Series]:
    """The lines: of every run its last SNN, then those of its other conversions.

    So the colour of a run is that of its place, whatever conversions come; a further conversion of
    any run has the next colour, and a line that is broken by its place in its run.
    """
    looks = styles(len(runs) + sum(len(_others(run)) for run in runs.values()))
    own = dict(zip(runs, looks, strict=False))
    found = [
        Series(name, run.last, run.models[run.last], (*own[name], "d0"))
        for name, run in runs.items()
        if run.last
    ]
    more = [(name, run, kind) for name, run in runs.items() for kind in _others(run)]
    for (name, run, kind), look in zip(more, looks[len(runs) :], strict=True):
        pattern = run.looks.pattern(kind) if run.looks.place(kind) else "d5"
        found.append(Series(name, kind, run.models[kind], (*look, pattern)))
    return found


def _others(run: Run) -> list[str]:
    """The last SNN of each conversion of a run but of the one that its last model is of."""
    last = [last_spiking(k for k in run.models if conversion_of(k) == name)
            for name in conversions(run.models)]  # fmt: skip
    return [kind for kind in last if kind and kind != run.last]


def overlay(runs: Mapping[str, Run]) -> Figure | None:
    """Test accuracy of every run's SNNs against T, and its ANN; None without any SNN."""
    found = series(runs)
    if not found:
        return None
    rows: list[Row] = []
    for own in found:
        for step, value in enumerate(own.model.accuracy_by_step, 1):
            low, high = interval(value, runs[own.run].tested) or (None, None)
            row: Row = {"run": own.run, "model": own.kind, "step": step, "test_accuracy": value}
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
    markup = both_widths(lambda width, shape: _overlay(found, _anns(runs), width, shape))
    return figure("accuracy-of-runs", "accuracy of every run against time steps", markup, rows)


def _anns(runs: Mapping[str, Run]) -> list[tuple[str, float, str]]:
    """Name, test accuracy of the ANN and colour of every run that has one."""
    return [
        (name, run.models["ann"].test_accuracy, colour)
        for (name, run), (colour, _) in zip(runs.items(), styles(len(runs)), strict=True)
        if "ann" in run.models
    ]


def _overlay(
    found: Sequence[Series],
    anns: Sequence[tuple[str, float, str]],
    width: float,
    shape: str,
) -> Canvas:
    """The lines of the runs, and the accuracies of their ANNs across."""
    curves = {own.name: own.model.accuracy_by_step for own in found}
    values = [v for curve in curves.values() for v in curve] + [share for _, share, _ in anns]
    ticks = nice_ticks(100 * min(values) - 0.5, 100 * max(values) + 0.5)
    said = ", ".join(f"{name} {percent(c[-1])} at T = {len(c)}" for name, c in curves.items() if c)
    canvas = Canvas(width, 330, f"Test accuracy of every run against time steps: {said}", shape)
    steps, ends = max(map(len, curves.values())), (34.0, canvas.height - 44)
    frame = StepFrame(canvas, steps, ticks, (46.0, width - 14.0), ends, 20)
    narrow = shape == "narrow"
    frame.draw(14, 6 if narrow else 20)
    marked = thinned(steps, 5 if narrow else 16)
    for name, share, colour in anns:
        height, said = frame.y(share), f"{name}, ANN: {percent(share)}"
        dashed = f"curve dashed thin {colour}"
        canvas.line(frame.sides[0], height, frame.sides[1], height, dashed, said)
    for own in found:
        _curve(frame, own, marked)
    return canvas


def _curve(frame: StepFrame, own: Series, marked: Sequence[int]) -> None:
    """The line of one model, with a marker at the steps ``marked``."""
    (colour, kind, pattern), curve = own.style, own.model.accuracy_by_step
    if curve:
        places = ((frame.x(i), frame.y(v)) for i, v in enumerate(curve, 1))
        frame.canvas.path(places, f"curve {colour} {pattern}")
    for step, value in enumerate(curve, 1):
        if step in marked:
            said = f"{own.name}, T = {step}: {percent(value)}"
            frame.canvas.marker(kind, frame.x(step), frame.y(value), f"mark {colour}", said)


def run_key(style: tuple[str, str], pattern: str = "d0") -> Markup:
    """A short piece of a run's line with its marker, for a legend."""
    canvas = Canvas(34, 16, "", "swatch")
    canvas.line(1, 8, 33, 8, f"curve {style[0]} {pattern}")
    canvas.marker(style[1], 17, 8, f"mark {style[0]}")
    return canvas.markup(hidden=True)
