"""Accuracy against energy over t, one panel an energy model."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from ....display.names import title
from ....run_folder.records.energy import CurvePoint, EnergyRow, EnergyStage
from ...drawing.files import Figure, figure
from ...drawing.frames import Axis, columns, rows
from ...drawing.looks import PLAIN, Looks, shape_of
from ...drawing.svg import Canvas, both_widths, halves, nice_ticks, shortened, text_width
from ...format import joules, percent

HEIGHT = 256.0  # without the names of baselines, which have a line each above the drawing
ROW = 16.0  # of such a name
Row = dict[str, Any]


def curves(energy: EnergyStage, model: str) -> dict[str, list[CurvePoint]]:
    """Points of every victim by one model, in the order of the steps."""
    points = [point for point in energy.curves if point.model == model and point.joules > 0]
    victims = dict.fromkeys(point.victim for point in points)
    return {
        victim: sorted((p for p in points if p.victim == victim), key=lambda p: p.steps)
        for victim in victims
    }


def curve_figure(
    energy: EnergyStage,
    model: str,
    baselines: Sequence[EnergyRow],
    looks: Looks,
    is_wide: bool = False,
) -> Figure:
    """Accuracy against energy over t by one model, as `curve_panel`, with its values."""
    found = curves(energy, model)
    bases = [energy.of(row.victim, row.setting, model) for row in baselines]
    lines = [row for row in bases if row and row.joules]
    early = [row for v in found if (row := energy.of(v, "early exit", model)) and row.joules]
    values: list[Row] = [
        {"victim": p.victim, "setting": "read at t", "steps": p.steps, "model": model,
         "joules_per_sentence": p.joules, "accuracy": p.accuracy}
        for points in found.values()
        for p in points
    ]  # fmt: skip
    values += [
        {"victim": r.victim, "setting": r.setting, "steps": r.steps, "model": model,
         "joules_per_sentence": r.joules, "accuracy": r.accuracy}
        for r in [*early, *lines]
    ]  # fmt: skip
    markup = curve_panel(model, found, early, lines, looks, is_wide)
    return figure(f"energy-{model}", f"accuracy against energy by {model}", markup, values)


def curve_panel(
    model: str,
    found: dict[str, list[CurvePoint]],
    early: Sequence[EnergyRow],
    lines: Sequence[EnergyRow],
    looks: Looks = PLAIN,
    is_wide: bool = False,
) -> Markup:
    """Accuracy against energy a sentence, on a logarithmic axis; every line has its name.

    Args:
        model: that prices
        found: points of every SNN, by victim
        early: rows of those that exit early
        lines: what ANNs cost
        looks: of the run's models
        is_wide: as wide as the page; else two of them stand side by side
    """
    said = "; ".join(
        f"{title(v)} {joules(own[-1].joules)} and {percent(own[-1].accuracy)} "
        f"at t = {own[-1].steps}"
        for v, own in found.items()
    )
    points = [point for own in found.values() for point in own]
    prices = [*early, *lines]
    spent = [p.joules for p in points] + [row.joules or 0.0 for row in prices]
    shares = [p.accuracy for p in points] + [r.accuracy for r in prices if r.accuracy is not None]

    def draw(width: float, shape: str) -> Canvas:
        top = 34.0 + ROW * (len(lines) + len(found))
        label = f"Projected by {model}, accuracy and energy: {said}"
        canvas = Canvas(width, HEIGHT + top, label, shape)
        x, y = _axes(canvas, spent, shares, top)
        bottom, middle = canvas.height - 40, (x.start + x.end) / 2
        _flags(canvas, _lines_down(lines, found, looks, x, y, bottom), middle)
        for victim, own in found.items():
            _curve(canvas, victim, own, looks, x, y)
        for row in early:
            if row.accuracy is not None and row.joules is not None:
                label = f"{title(row.victim)}, early exit after {row.steps:.3g} steps: "
                label += f"{joules(row.joules)}, {percent(row.accuracy)}"
                place = x(math.log10(row.joules)), y(100 * row.accuracy)
                canvas.marker("diamond", *place, f"mark {looks.style(row.victim)}", label)
        return canvas

    return both_widths(draw) if is_wide else halves(draw)


def _axes(
    canvas: Canvas, spent: Sequence[float], shares: Sequence[float], top: float
) -> tuple[Axis, Axis]:
    """Draw the axes; places by the logarithm of joules, and by accuracy in percent."""
    left, right, bottom = 34.0, canvas.width - 8, canvas.height - 40
    percents = [100 * share for share in shares]
    ticks = nice_ticks(min(percents) - 0.5, max(percents) + 0.5)
    low, high = math.log10(min(spent)) - 0.1, math.log10(max(spent)) + 0.1
    x, y = Axis(low, high, left, right), Axis(ticks[0], ticks[-1], bottom, top)
    canvas.text(0, 10, "accuracy, %", "muted")
    rows(canvas, ((y(100 * (tick / 100)), f"{tick:g}") for tick in ticks), (left, right), 6)
    values = [(x(math.log10(value)), joules(value)) for value in log_ticks(10**low, 10**high)]
    middle, name = (left + right) / 2, "energy a sentence, projected"
    columns(canvas, values, (top, bottom), bottom + 16, name, middle)
    return x, y


@dataclass(frozen=True)
class Flag:
    """A name above the drawing, with a line down from it.

    Attributes:
        place: of the line
        foot: where the line ends below
        name: what stands beside it
        style: the classes of its colour
        pattern: the class of the line's pattern, "" of one drawn through
        said: to who points at it
    """

    place: float
    foot: float
    name: str
    style: str
    pattern: str
    said: str


def _lines_down(
    lines: Sequence[EnergyRow],
    found: dict[str, list[CurvePoint]],
    looks: Looks,
    x: Axis,
    y: Axis,
    bottom: float,
) -> list[Flag]:
    """A flag for each ANN, down to ``bottom``, and for each curve, down to its last point."""
    flags = []
    for row in lines:
        name = f"{title(row.victim)}, {row.setting}"
        said = f"{name}: {joules(row.joules)}, {percent(row.accuracy)}"
        flags.append(Flag(x(math.log10(row.joules or 1.0)), bottom, name, "ann", "dashed ", said))
    for victim, own in found.items():
        end = own[-1]
        place, foot = x(math.log10(end.joules)), y(100 * end.accuracy)
        name = f"{title(victim)}, t = {end.steps}"
        style = looks.style(victim)
        flags.append(Flag(place, foot, name, style, "", f"{name}: {percent(end.accuracy)}"))
    return flags


def _flags(canvas: Canvas, flags: list[Flag], middle: float) -> None:
    """The names of ANNs and curves, each in a line of its own above what it is the name of.

    Those at the edges stand highest: their names run inwards over the heads of the others.
    """
    flags.sort(key=lambda flag: -abs(flag.place - middle))
    for number, flag in enumerate(flags):
        _flag(canvas, flag, 30.0 + ROW * number)
    for number, flag in enumerate(flags):  # over the lines of the others
        name = shortened(flag.name, canvas.width, 11.5)
        half = text_width(name, 11.5) / 2
        place = min(max(flag.place, half), canvas.width - half)
        style = f"value halo small {flag.style}"
        canvas.text(place, 30.0 + ROW * number, name, style, "middle")


def _flag(canvas: Canvas, flag: Flag, height: float) -> None:
    """The line down from a name at a height."""
    top = height + 4
    canvas.line(flag.place, top, flag.place, flag.foot, f"curve {flag.style} {flag.pattern}hair")
    canvas.rect(flag.place - 3, top, 6, flag.foot - top, "touch", flag.said, opacity=0.01)


def _curve(
    canvas: Canvas, victim: str, own: Sequence[CurvePoint], looks: Looks, x: Axis, y: Axis
) -> None:
    """The points of one SNN, in the order of the steps."""
    places = [(x(math.log10(p.joules)), y(100 * p.accuracy)) for p in own]
    canvas.path(places, f"curve thin {looks.style(victim)} {looks.pattern(victim)}")
    for p, place in zip(own, places, strict=True):
        label = f"{title(victim)}, t = {p.steps}: {joules(p.joules)}, {percent(p.accuracy)}"
        canvas.marker(shape_of(victim), *place, f"mark {looks.style(victim)}", label)


def log_ticks(low: float, high: float) -> list[float]:
    """Round values for a logarithmic axis: powers of ten, or 1, 2 and 5 of them where few fit."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    tens = [10.0**e for e in range(first, last + 1)]
    found = [value for value in tens if low <= value <= high]
    if len(found) > 1:
        return found[:: max(1, math.ceil(len(found) / 4))]
    parts = [m * value for value in tens for m in (1, 2, 5)]
    return [value for value in parts if low <= value <= high]
