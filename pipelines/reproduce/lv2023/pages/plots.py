"""Accuracy against energy and against parameters, every published system a point."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ....display.plots import MARKERS, OTHER, PALETTE, new_figure
from ....settings.reproduce import MODELS
from ..data.published import DATASETS, SYSTEMS
from ..data.records import Record
from .tables import main_records

COLOURS = dict(zip(MODELS, PALETTE, strict=False))
LEAST = 0.035
"""Between the names of two lines, of the height of a panel."""
NEAR = 1.25
"""Points whose energies differ by less than this factor are beside each other."""
MIDDLE = 1e7
"""Parameters in the middle of a panel: names stand towards it."""
NARROW = 0.12
"""Left free on either side of a panel, of its width, so that a label ends in it."""


def figure(records: Sequence[Record]) -> Any:
    """A line of two panels for each data set: by energy, and by parameters.

    The legend stands above all of them: in a panel it would hide points, as those of T = 50.
    """
    drawn = new_figure(12, 3.6 * len(DATASETS))
    panels = drawn.subplots(len(DATASETS), 2, squeeze=False)
    shown: dict[str, Any] = {}  # what a model looks like, by its name
    for dataset, (energy, size) in zip(DATASETS, panels, strict=True):
        own = [r for r in main_records(records) if r.dataset == dataset]
        _by_energy(energy, own, dataset)
        _by_size(size, own, dataset)
        handles, labels = energy.get_legend_handles_labels()
        shown |= dict(zip(labels, handles, strict=True))
    if shown:
        named = [model for model in MODELS if model in shown]
        handles = [shown[model] for model in named]
        drawn.legend(handles, named, loc="outside upper center", ncols=len(named), fontsize=8)
    return drawn


def _by_energy(axes: Any, records: Sequence[Record], dataset: str) -> None:
    """Ours by projected energy; published systems as lines, since theirs is not known."""
    priced = [r for r in records if r.joules_per_sentence]
    for model in dict.fromkeys(r.model for r in records):
        own = [r for r in priced if r.model == model]
        own.sort(key=lambda r: r.steps)
        x = [1e6 * (r.joules_per_sentence or 0.0) for r in own]
        line = "-" if len({r.system for r in own}) == 1 else ""
        axes.plot(x, [r.percent for r in own], line, **_look(model))
        for place, record in zip(x, own, strict=True):
            label = f"T={record.steps}" if record.steps else "ANN"
            at = (place, record.percent)
            away = (3, -8) if _is_lower(record, priced) else (3, 3)
            axes.annotate(label, at, away, textcoords="offset points", fontsize=6)
    lines = [(v, k.name) for k in SYSTEMS.values() if (v := k.of(dataset)) is not None]
    for value, _ in lines:
        axes.axhline(value, color=OTHER, linewidth=0.6, linestyle=":")
    low, high = axes.get_ylim()
    place = axes.get_yaxis_transform()
    heights = apart([value for value, _ in lines], LEAST * (high - low))
    for height, (_, name) in zip(heights, lines, strict=True):
        axes.text(1.0, height, f" {name}", transform=place, fontsize=6, va="center")
    _finished(axes, dataset, "energy a text, microjoules (projected, 45 nm)")


def _is_lower(record: Record, others: Sequence[Record]) -> bool:
    """Whether another point of about the same energy is above: the label goes below then."""
    energy = record.joules_per_sentence or 0.0
    beside = [r for r in others if 1 / NEAR < (r.joules_per_sentence or 0.0) / energy < NEAR]
    return any(r.percent > record.percent for r in beside)


def apart(values: Sequence[float], least: float) -> list[float]:
    """Where names of lines at ``values`` stand: as near as they can with ``least`` between them.

    Names that would meet are shifted as one, about the mean of their values.

    >>> apart([3.0, 1.0, 1.5], 1.0)
    [3.0, 0.75, 1.75]
    """
    order = sorted(range(len(values)), key=lambda i: values[i])
    groups: list[list[int]] = []
    for i in order:
        groups.append([i])
        while len(groups) > 1 and _bottom(groups[-1], values, least) < least + (
            _bottom(groups[-2], values, least) + least * (len(groups[-2]) - 1)
        ):
            last = groups.pop()
            groups[-1] += last
    found = [0.0] * len(values)
    for group in groups:
        for number, i in enumerate(group):
            found[i] = _bottom(group, values, least) + number * least
    return found


def _bottom(group: Sequence[int], values: Sequence[float], least: float) -> float:
    """Where the lowest name of a group stands whose names are ``least`` apart."""
    mean = sum(values[i] for i in group) / len(group)
    return mean - least * (len(group) - 1) / 2


def _by_size(axes: Any, records: Sequence[Record], dataset: str) -> None:
    """Each model at the T that is best on dev, by parameters; published systems are hollow."""
    for model in dict.fromkeys(r.model for r in records):
        best = max((r for r in records if r.model == model), key=lambda r: r.dev_mean)
        axes.plot([best.parameters], [best.percent], "", **_look(model))
    for marker, known in zip(MARKERS, SYSTEMS.values(), strict=False):
        value = known.of(dataset)
        if value is not None:
            look = {"color": OTHER, "markersize": 5, "markerfacecolor": "none"}
            axes.plot([known.parameters], [value], marker, **look)
            steps = f", T={known.steps}" if known.steps else ""
            at = (known.parameters, value)
            name = f"{known.name}{steps}"
            large = known.parameters > MIDDLE
            away, side = ((-5, 2), "right") if large else ((5, 2), "left")
            axes.annotate(name, at, away, textcoords="offset points", fontsize=6, ha=side)
    axes.set_xlim(1e5, 1e9)
    _finished(axes, dataset, "parameters outside the word table")


def _look(model: str) -> dict[str, Any]:
    marker = MARKERS[MODELS.index(model)]
    return {"color": COLOURS[model], "marker": marker, "markersize": 5, "label": model}


def _finished(axes: Any, dataset: str, label: str) -> None:
    axes.set_xscale("log")
    axes.margins(x=NARROW)
    axes.set_xlabel(label, fontsize="small")
    axes.set_ylabel("accuracy on test, %", fontsize="small")
    axes.set_title(dataset, fontsize="medium")
