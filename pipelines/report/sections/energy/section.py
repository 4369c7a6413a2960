"""The energy section of a report: tables by model, break-even, accuracy against energy."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from markupsafe import Markup

from ...drawing.files import Figure, figure, rows_link
from ...drawing.svg import SHAPES, Canvas, nice_ticks, spread
from ...format import MODEL_NAMES, joules, percent
from ...reading.energy import BreakEven, CurvePoint, Energy, EnergyRow

MAIN = ("compute-fp32", "compute-int8", "lemaire2022")
ENERGY_NAMES = MODEL_NAMES | {"sparse-ann": "Sparse ANN", "quantised-ann": "Quantised ANN"}
WIDTH, HEIGHT = 306.0, 290.0
Row = dict[str, Any]


def energy_context(energy: Energy | None) -> Row | None:
    """What the template of the section shows; None where nothing was counted.

    Returns:
        ``main``: names of the models beside one another in the first table; ``all``: those that
        price anything; ``cases``: (victim, setting, steps, accuracy) in the order of the rows;
        ``cells``: rows by (victim, setting, model); ``limits``: break-even by victim and layer;
        ``panels``: figures; ``baselines``: those of the ANN, numbered from 1 in the figures.
    """
    if energy is None:
        return None
    priced = list(dict.fromkeys(row.model for row in energy.rows if row.joules is not None))
    main = [model for model in MAIN if model in priced] or priced[:3]
    # models of spikingjelly's have settings of their own, which the first table has no rows for
    cases = [row for row in energy.rows if row.model in main[:1]]
    own = {(row.victim, row.setting) for row in cases}
    rest = [row for row in energy.rows if (row.victim, row.setting) not in own and row.joules]
    baselines = [row for row in cases if row.victim not in SHAPES and row.joules is not None]
    return {
        "figures": energy,
        "titles": {source.model: source.title for source in energy.sources},
        "main": main,
        "all": priced,
        "cases": cases,
        "rest": rest,
        "cells": {(row.victim, row.setting, row.model): row for row in energy.rows},
        "limits": limits(energy.break_even, main),
        "limit_models": [m for m in main if any(r.model == m for r in energy.break_even)],
        "baselines": baselines,
        "panels": [
            curve_figure(energy, model, baselines) for model in main if curves(energy, model)
        ],
        "victims": [v for v in SHAPES if any(point.victim == v for point in energy.curves)],
        "names": ENERGY_NAMES,
        "files": {
            "rows": rows_link([vars(row) for row in energy.rows]),
            "break_even": rows_link([vars(row) for row in energy.break_even]),
            "training": rows_link([vars(row) for row in energy.training]),
        },
    }


def limits(rows: Sequence[BreakEven], models: Sequence[str]) -> list[Row]:
    """One row for every victim and layer: what it carries, and its break-even by model."""
    found: dict[tuple[str, str], Row] = {}
    for row in rows:
        if row.model in models:
            key = row.victim, row.layer
            new = {"victim": row.victim, "layer": row.layer, "carried": row.carried, "models": {}}
            found.setdefault(key, new)["models"][row.model] = row
    return list(found.values())


def headline(energy: Energy | None, victim: str) -> list[EnergyRow]:
    """Rows of a victim's whole run by the models that name a ratio, the main ones first."""
    if energy is None:
        return []
    found = [energy.of(victim, "all steps", model) for model in MAIN]
    return [row for row in found if row is not None and row.ratio is not None]


def curves(energy: Energy, model: str) -> dict[str, list[CurvePoint]]:
    """Points of every victim by one model, in the order of the steps."""
    points = [point for point in energy.curves if point.model == model and point.joules > 0]
    victims = [victim for victim in SHAPES if any(point.victim == victim for point in points)]
    return {
        victim: sorted((p for p in points if p.victim == victim), key=lambda p: p.steps)
        for victim in victims
    }


def curve_figure(energy: Energy, model: str, baselines: Sequence[EnergyRow]) -> Figure:
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
        f"{MODEL_NAMES[v]} {joules(own[-1].joules)} and {percent(own[-1].accuracy)} "
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
            title = f"{MODEL_NAMES[victim]}, t = {p.steps}: {joules(p.joules)}, "
            style = f"mark {victim}"
            canvas.marker(SHAPES[victim], px, py, style, title + percent(p.accuracy))
    for row in early:
        if row.accuracy is not None and row.joules is not None:
            title = f"{MODEL_NAMES[row.victim]}, early exit after {row.steps:.3g} steps: "
            title += f"{joules(row.joules)}, {percent(row.accuracy)}"
            canvas.marker("diamond", x(row.joules), y(row.accuracy), f"mark {row.victim}", title)
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
        title = f"{number}: {ENERGY_NAMES.get(row.victim, row.victim)}, {row.setting}: "
        canvas.line(x(value), sides[0] + 2, x(value), sides[1], "curve ann dashed hair")
        canvas.line(place, sides[0] - 8, x(value), sides[0] + 2, "curve ann hair")
        canvas.text(place, sides[0] - 12, str(number), "small value", "middle")
        title += f"{joules(value)}, {percent(row.accuracy)}"
        canvas.rect(x(value) - 3, sides[0], 6, sides[1] - sides[0], "touch", title, opacity=0.01)


def log_ticks(low: float, high: float) -> list[float]:
    """Round values for a logarithmic axis: powers of ten, or 1, 2 and 5 of them where few fit."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    tens = [10.0**e for e in range(first, last + 1)]
    found = [value for value in tens if low <= value <= high]
    if len(found) > 1:
        return found[:: max(1, math.ceil(len(found) / 4))]
    parts = [m * value for value in tens for m in (1, 2, 5)]
    return [value for value in parts if low <= value <= high]
