"""The plots of `snnconvert energy`: energy of every victim, and accuracy against energy over t."""

from __future__ import annotations

from typing import Any

from ...formatting import joules
from ..display.names import title
from ..display.plots import LINES, OTHER, colours, new_figure
from ..run_folder.records.energy import EnergyRow, EnergyStage
from ..run_folder.stages import conversion_of, conversions, is_spiking, kind_of
from .measure import SPIKING

STYLES = ("-", "--", ":", "-.", (0, (1, 4)))


def victim_colours(found: EnergyStage) -> dict[str, str]:
    """A colour for each SNN; those of the first conversion have the same in every plot."""
    return colours(filter(is_spiking, (row.victim for row in found.rows)), SPIKING)


def victim_lines(found: EnergyStage) -> dict[str, dict[str, Any]]:
    """Colour, line and marker of each SNN: a line a conversion, a square where fine-tuned."""
    names = conversions(row.victim for row in found.rows)
    return {
        victim: {
            "color": colour,
            "ls": LINES[names.index(conversion_of(victim)) % len(LINES)],
            "marker": "s" if kind_of(victim) == "finetuned" else "o",
        }
        for victim, colour in victim_colours(found).items()
    }


def overview(found: EnergyStage) -> Any:
    """Energy of every victim as points, one panel a model: on a logarithmic axis bars would lie."""
    models = [m for m in found.shown if any(r.model == m for r in found.rows)]
    chosen = victim_colours(found)
    figure = new_figure(3.4 * len(models) + 1.6, 3.4)
    panels = figure.subplots(1, len(models), squeeze=False, sharey=True)[0]
    for axes, model in zip(panels, models, strict=True):
        for row in found.rows:
            if row.model == model and row.joules:
                _point(axes, row, row.joules, chosen)
        axes.margins(0.18, 0.08)
        _log_axis(axes, f"projection, {model}", "joules a sentence")
    panels[0].invert_yaxis()
    return figure


def _point(axes: Any, row: EnergyRow, cost: float, chosen: dict[str, str]) -> None:
    """What a victim costs, with its value above."""
    label = f"{title(row.victim)}: {row.setting}"
    axes.plot(cost, label, "o", color=chosen.get(row.victim, OTHER))
    axes.annotate(joules(cost), (cost, label), fontsize=6.5, xytext=(0, 5),
                  textcoords="offset points", ha="center")  # fmt: skip


def curves_figure(found: EnergyStage) -> Any:
    """Accuracy against energy over t, with the ANN's baselines as lines, one panel a model."""
    models = [m for m in found.shown if any(p.model == m for p in found.curves)]
    figure = new_figure(4.2 * len(models), 4.2)
    panels = figure.subplots(1, len(models), squeeze=False, sharey=True)[0]
    for axes, model in zip(panels, models, strict=True):
        for victim in dict.fromkeys(p.victim for p in found.curves):
            _curve(axes, found, victim, model)
        for number, row in enumerate(baselines(found, model)):
            name = f"{title(row.victim)}, {row.setting}"
            style = STYLES[number % len(STYLES)]
            axes.axvline(row.joules, color="#555555", ls=style, lw=1, label=name)
        right = next(r.accuracy for r in found.rows if r.victim == "ann") or 0.0
        axes.axhline(100 * right, color="#bbbbbb", lw=0.8)
        _log_axis(axes, f"projection, {model}", "joules a sentence (at the points: steps t)")
    panels[0].set_ylabel("accuracy, %", fontsize=8)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, fontsize=7)
    return figure


def _curve(axes: Any, found: EnergyStage, victim: str, model: str) -> None:
    """One SNN over t, and a star where it exits early."""
    points = [p for p in found.curves if (p.victim, p.model) == (victim, model)]
    look = victim_lines(found)[victim]
    xs = [p.joules for p in points]
    ys = [100 * p.accuracy for p in points]
    axes.plot(xs, ys, ms=4, label=title(victim), **look)
    for point, x, y in zip(points, xs, ys, strict=True):
        axes.annotate(str(point.steps), (x, y), fontsize=6.5, xytext=(3, -8),
                      textcoords="offset points")  # fmt: skip
    early = found.of(victim, "early exit", model)
    if early is not None and early.joules and early.accuracy is not None:
        name = f"{title(victim)}, early exit"
        at = (early.joules, 100 * early.accuracy)
        axes.plot(*at, "*", ms=10, color=look["color"], label=name)


def baselines(found: EnergyStage, model: str) -> list[EnergyRow]:
    """The rows of the ANN, dense or not, that have an energy by ``model``."""
    return [
        row
        for row in found.rows
        if row.model == model and not is_spiking(row.victim) and row.joules
    ]


def _log_axis(axes: Any, title: str, label: str) -> None:
    """A logarithmic axis of energy, its powers of ten labelled."""
    from matplotlib.ticker import NullFormatter

    axes.set_xscale("log")
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_title(title, fontsize=9)
    axes.set_xlabel(label, fontsize=8)
    axes.tick_params(labelsize=7)
    axes.grid(axis="x", color="#dddddd", lw=0.6)
