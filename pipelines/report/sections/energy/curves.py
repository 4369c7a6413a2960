"""Accuracy against energy over t, one panel an energy model."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from markupsafe import Markup

from ....display.names import title
from ....run_folder.records.energy import CurvePoint, EnergyRow, EnergyStage
from ...drawing.files import Figure, figure
from ...drawing.svg import SHAPES, Canvas, nice_ticks, spread
from ...format import joules, percent

WIDTH, HEIGHT = 306.0, 290.0
Row = dict[str, Any]


def curves(energy: EnergyStage, model: str) -> dict[str, list[CurvePoint]]:
    """Points of every victim by one model, in the order of the steps."""
    points = [point for point in energy.curves if point.model == model and point.joules > 0]
    victims = [victim for victim in SHAPES if any(point.victim == victim for point in points)]
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
    rows: list[Row] = [
        {"victim": p.victim, "setting": "read at t", "steps": p.steps, "model": model,
         "joules_per_sentence": p.joules, "accuracy": p.accuracy}
        for points in found.values()
        for p in points
    ]  # fmt: skip
    rows += [
        {"victim": r.victim, "setting": r.setting, "steps": r.steps, "model": model,
         "joules_per_sentence": r.joules, "accuracy": r.accuracy}
        for r in [*early, *lines.values()]
    ]  # fmt: skip
    markup = curve_panel(model, found, early, lines)
    return figure(f"energy-{model}", f"accuracy against energy by {model}", markup, rows)


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
    points = [point for own in found.values() for point in own]
    spent = [p.joules for p in points] + [r.joules or 0.0 for r in (*early, *lines.values())]
    right_share = [r.accuracy for r in (*early, *lines.values()) if r.accuracy is not None]
    shares = [100 * a for a in [*(p.accuracy for p in points), *right_share]]
    said = "; ".join(
        f"{title(v)} {joules(own[-1].joules)} and {percent(own[-1].accuracy)} "
        f"at t = {own[-1].steps}"
        for v, own in found.items()
    )
    canvas = Canvas(WIDTH, HEIGHT, f"Projected by {model}, accuracy and energy: {said}", "small")
    left, right, top, bottom = 34.0, WIDTH - 8, 40.0, HEIGHT - 40
    ticks = nice_ticks(min(shares) - 0.5, max(shares) + 0.5)
    low, high = math.log10(min(spent)) - 0.1, math.log10(max(spent)) + 0.1

    def x(value: float) -> float:
        return left + (right - left) * (math.log10(value) - low) / (high - low)

    def y(share: float) -> float:
        return bottom - (bottom - top) * (100 * share - ticks[0]) / (ticks[-1] - ticks[0])

    canvas.text(0, 10, "accuracy, %", "muted")
    for tick in ticks:
        canvas.line(left, y(tick / 100), right, y(tick / 100), "grid")
        canvas.text(left - 6, y(tick / 100) + 4, f"{tick:g}", "muted", "end")
    for value in log_ticks(10**low, 10**high):
        canvas.line(x(value), top, x(value), bottom, "grid")
        canvas.text(x(value), bottom + 16, joules(value), "muted", "middle")
    canvas.text((left + right) / 2, HEIGHT - 4, "energy a sentence, projected", "muted", "middle")
    _baselines(canvas, lines, x, (top, bottom))
    for victim, own in found.items():
        places = [(x(p.joules), y(p.accuracy)) for p in own]
        canvas.path(places, f"curve thin {victim}")
        for p, (px, py) in zip(own, places, strict=True):
            label = f"{title(victim)}, t = {p.steps}: {joules(p.joules)}, "
            style = f"mark {victim}"
            canvas.marker(SHAPES[victim], px, py, style, label + percent(p.accuracy))
    for row in early:
        if row.accuracy is not None and row.joules is not None:
            label = f"{title(row.victim)}, early exit after {row.steps:.3g} steps: "
            label += f"{joules(row.joules)}, {percent(row.accuracy)}"
            canvas.marker("diamond", x(row.joules), y(row.accuracy), f"mark {row.victim}", label)
    return canvas.markup()


def _baselines(
    canvas: Canvas,
    lines: dict[int, EnergyRow],
    x: Callable[[float], float],
    sides: tuple[float, float],
) -> None:
    """A line down for what each ANN costs, its number above."""
    costs = {number: row.joules for number, row in lines.items() if row.joules}
    places = spread([x(value) for value in costs.values()], 13, 40, canvas.width - 8)
    for (number, value), place in zip(costs.items(), places, strict=True):
        row = lines[number]
        label = f"{number}: {title(row.victim)}, {row.setting}: "
        canvas.line(x(value), sides[0] + 2, x(value), sides[1], "curve ann dashed hair")
        canvas.line(place, sides[0] - 8, x(value), sides[0] + 2, "curve ann hair")
        canvas.text(place, sides[0] - 12, str(number), "small value", "middle")
        label += f"{joules(value)}, {percent(row.accuracy)}"
        canvas.rect(x(value) - 3, sides[0], 6, sides[1] - sides[0], "touch", label, opacity=0.01)


def log_ticks(low: float, high: float) -> list[float]:
    """Round values for a logarithmic axis: powers of ten, or 1, 2 and 5 of them where few fit."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    tens = [10.0**e for e in range(first, last + 1)]
    found = [value for value in tens if low <= value <= high]
    if len(found) > 1:
        return found[:: max(1, math.ceil(len(found) / 4))]
    parts = [m * value for value in tens for m in (1, 2, 5)]
    return [value for value in parts if low <= value <= high]
