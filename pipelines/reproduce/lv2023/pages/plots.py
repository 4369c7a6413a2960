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


def figure(records: Sequence[Record]) -> Any:
    """A line of two panels for each data set: by energy, and by parameters."""
    drawn = new_figure(12, 3.6 * len(DATASETS))
    panels = drawn.subplots(len(DATASETS), 2, squeeze=False)
    for dataset, (energy, size) in zip(DATASETS, panels, strict=True):
        own = [r for r in main_records(records) if r.dataset == dataset]
        _by_energy(energy, own, dataset)
        _by_size(size, own, dataset)
    return drawn


def _by_energy(axes: Any, records: Sequence[Record], dataset: str) -> None:
    """Ours by projected energy; published systems as lines, since theirs is not known."""
    for model in dict.fromkeys(r.model for r in records):
        own = [r for r in records if r.model == model and r.joules_per_sentence]
        own.sort(key=lambda r: r.steps)
        x = [1e6 * (r.joules_per_sentence or 0.0) for r in own]
        line = "-" if len({r.system for r in own}) == 1 else ""
        axes.plot(x, [r.percent for r in own], line, **_look(model))
        for place, record in zip(x, own, strict=True):
            label = f"T={record.steps}" if record.steps else "ANN"
            at = (place, record.percent)
            axes.annotate(label, at, (3, 3), textcoords="offset points", fontsize=6)
    for known in SYSTEMS.values():
        value = known.of(dataset)
        if value is not None:
            axes.axhline(value, color=OTHER, linewidth=0.6, linestyle=":")
            place = axes.get_yaxis_transform()
            axes.text(1.0, value, f" {known.name}", transform=place, fontsize=6, va="center")
    _finished(axes, dataset, "energy a text, microjoules (projected, 45 nm)", bool(records))


def _by_size(axes: Any, records: Sequence[Record], dataset: str) -> None:
    """Each model at the T that is best on dev, by parameters, and every published system."""
    for model in dict.fromkeys(r.model for r in records):
        best = max((r for r in records if r.model == model), key=lambda r: r.dev_mean)
        axes.plot([best.parameters], [best.percent], "", **_look(model))
    for marker, known in zip(MARKERS, SYSTEMS.values(), strict=False):
        value = known.of(dataset)
        if value is not None:
            axes.plot([known.parameters], [value], marker, color=OTHER, markersize=5)
            steps = f", T={known.steps}" if known.steps else ""
            at = (known.parameters, value)
            name = f"{known.name}{steps}"
            axes.annotate(name, at, (4, 2), textcoords="offset points", fontsize=6)
    axes.set_xlim(1e5, 1e9)
    _finished(axes, dataset, "parameters outside the word table", bool(records))


def _look(model: str) -> dict[str, Any]:
    marker = MARKERS[MODELS.index(model)]
    return {"color": COLOURS[model], "marker": marker, "markersize": 5, "label": model}


def _finished(axes: Any, dataset: str, label: str, labelled: bool) -> None:
    axes.set_xscale("log")
    axes.set_xlabel(label, fontsize="small")
    axes.set_ylabel("accuracy on test, %", fontsize="small")
    axes.set_title(dataset, fontsize="medium")
    if labelled:
        axes.legend(fontsize=6, loc="lower right")
