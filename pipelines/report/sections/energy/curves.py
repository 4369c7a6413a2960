"""Accuracy against energy over t, one panel an energy model."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from ....display.names import title
from ....run_folder.records.energy import CurvePoint, EnergyRow, EnergyStage
from ...drawing.files import Figure, figure
from ...drawing.frames import Axis, columns, rows
from ...drawing.svg import Canvas, nice_ticks, shape_of, spread, style_of
from ...format import joules, percent

WIDTH, HEIGHT = 306.0, 290.0
Row = dict[str, Any]


def curves(energy: EnergyStage, model: str) -> dict[str, list[CurvePoint]]:
    """Points of every victim by one model, in the order of the steps."""
    points = [point for point in energy.curves if point.model == model and point.joules > 0]
    victims = dict.fromkeys(point.victim for point in points)
    return {
        victim: sorted((p for p in points if p.victim == victim), key=lambda p: p.steps)
        for victim in victims
    }


def curve_figure(energy: EnergyStage, model: str, baselines: Sequence[EnergyRow]) -> Figure:
    """Accuracy against energy over t by one model, as `curve_panel`, with its values."""
    found = curves(energy, model)
    bases = [energy.of(row.victim, row.setting, model) for row in baselines]
    lines = {n: row for n, row in enumerate(bases, 1) if row and row.joules}
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
        for r in [*early, *lines.values()]
    ]  # fmt: skip
    markup = curve_panel(model, found, early, lines)
    return figure(f"energy-{model}", f"accuracy against energy by {model}", markup, values)


def curve_panel(
    model: str,
    found: dict[str, list[CurvePoint]],
    early: Sequence[EnergyRow],
    lines: dict[int, EnergyRow],
) -> Markup:
    """Accuracy against energy a sentence, on a logarithmic axis.

    Args:
        model: that prices
        found: points of every SNN, by victim
        early: rows of those that exit early
        lines: what ANNs cost, by number
    """
    said = "; ".join(
        f"{title(v)} {joules(own[-1].joules)} and {percent(own[-1].accuracy)} "
        f"at t = {own[-1].steps}"
        for v, own in found.items()
    )
    canvas = Canvas(WIDTH, HEIGHT, f"Projected by {model}, accuracy and energy: {said}", "small")
    points = [point for own in found.values() for point in own]
    prices = [*early, *lines.values()]
    spent = [p.joules for p in points] + [row.joules or 0.0 for row in prices]
    shares = [p.accuracy for p in points] + [r.accuracy for r in prices if r.accuracy is not None]
    x, y = _axes(canvas, spent, shares)
    _baselines(canvas, lines, x)
    for victim, own in found.items():
        _curve(canvas, victim, own, x, y)
    for row in early:
        if row.accuracy is not None and row.joules is not None:
            label = f"{title(row.victim)}, early exit after {row.steps:.3g} steps: "
            label += f"{joules(row.joules)}, {percent(row.accuracy)}"
            place = x(math.log10(row.joules)), y(100 * row.accuracy)
            canvas.marker("diamond", *place, f"mark {style_of(row.victim)}", label)
    return canvas.markup()


def _axes(canvas: Canvas, spent: Sequence[float], shares: Sequence[float]) -> tuple[Axis, Axis]:
    """Draw the axes; places by the logarithm of joules, and by accuracy in percent."""
    left, right, top, bottom = 34.0, WIDTH - 8, 40.0, HEIGHT - 40
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


def _curve(canvas: Canvas, victim: str, own: Sequence[CurvePoint], x: Axis, y: Axis) -> None:
    """The points of one SNN, in the order of the steps."""
    places = [(x(math.log10(p.joules)), y(100 * p.accuracy)) for p in own]
    canvas.path(places, f"curve thin {style_of(victim)}" + " dashed" * ("@" in victim))
    for p, place in zip(own, places, strict=True):
        label = f"{title(victim)}, t = {p.steps}: {joules(p.joules)}, {percent(p.accuracy)}"
        canvas.marker(shape_of(victim), *place, f"mark {style_of(victim)}", label)


def _baselines(canvas: Canvas, lines: dict[int, EnergyRow], x: Axis) -> None:
    """A line down for what each ANN costs, its number above."""
    top, bottom = 40.0, canvas.height - 40
    costs = {number: row.joules for number, row in lines.items() if row.joules}
    at = {number: x(math.log10(value)) for number, value in costs.items()}
    places = spread(list(at.values()), 13, 40, canvas.width - 8)
    for (number, value), place in zip(costs.items(), places, strict=True):
        row, line = lines[number], at[number]
        label = f"{number}: {title(row.victim)}, {row.setting}: "
        label += f"{joules(value)}, {percent(row.accuracy)}"
        canvas.line(line, top + 2, line, bottom, "curve ann dashed hair")
        canvas.line(place, top - 8, line, top + 2, "curve ann hair")
        canvas.text(place, top - 12, str(number), "small value", "middle")
        canvas.rect(line - 3, top, 6, bottom - top, "touch", label, opacity=0.01)


def log_ticks(low: float, high: float) -> list[float]:
    """Round values for a logarithmic axis: powers of ten, or 1, 2 and 5 of them where few fit."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    tens = [10.0**e for e in range(first, last + 1)]
    found = [value for value in tens if low <= value <= high]
    if len(found) > 1:
        return found[:: max(1, math.ceil(len(found) / 4))]
    parts = [m * value for value in tens for m in (1, 2, 5)]
    return [value for value in parts if low <= value <= high]
