"""The figures of the models in a report, each with the rows of its CSV file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ....attacks.statistics.scores import wilson
from ..drawing.files import Figure, figure
from ..format import MODEL_NAMES
from ..read import Activity, Model, Raster, RunFigures
from .accuracy import accuracy_plot, rate_bars, rate_histogram
from .raster import MOST_WORDS, logit_panel, neuron_panel, word_panel

Row = dict[str, Any]


def interval(share: float, texts: int) -> tuple[float, float] | None:
    """The 95 % Wilson interval of a share of ``texts``; None where it cannot be one of them."""
    right = round(share * texts)
    return wilson(right, texts) if 0 <= right <= texts else None


def texts_tested(run: RunFigures) -> int:
    """How many texts accuracies are of; 0 where that is not known."""
    return run.data.sizes.get("test", 0) if run.data else 0


def intervals(run: RunFigures) -> dict[str, tuple[float, float]]:
    """95 % interval of every model's test accuracy, where the number of texts is known."""
    texts = texts_tested(run)
    found = {kind: interval(model.test, texts) for kind, model in run.models.items()}
    return {kind: ends for kind, ends in found.items() if ends}


def accuracy_figure(models: Mapping[str, Model], texts: int) -> Figure:
    """Test accuracy after every step, with 95 % intervals over ``texts``."""
    bands = {
        kind: [interval(value, texts) for value in model.test_by_step or [model.test]]
        for kind, model in models.items()
    }
    rows: list[Row] = []
    for kind, model in models.items():
        for step, value in enumerate(model.test_by_step or [model.test], 1):
            low, high = bands[kind][step - 1] or (None, None)
            row: Row = {"model": kind, "step": step if model.steps else None}
            rows.append(row | {"test_accuracy": value, "low": low, "high": high})
    title = "accuracy against time steps"
    shares = [model.classes.largest_share for model in models.values() if model.classes]
    return figure("accuracy", title, accuracy_plot(models, bands, min(shares, default=None)), rows)


def rates_figure(activity: Mapping[str, Sequence[Activity]]) -> Figure:
    """Firing rate of every layer, by kind of model."""
    rows = [
        {"model": kind, "layer": row.name, "channels": row.channels, "rate": row.rate,
         "silent": row.silent, "saturated": row.saturated}
        for kind, layers in activity.items()
        for row in layers
    ]  # fmt: skip
    return figure("firing-rates", "firing rates", rate_bars(activity), rows)


def histograms(model: Model) -> list[Row]:
    """One histogram a layer: ``row`` and ``figure``."""
    return [{"row": row, "figure": _histogram(row, model.kind)} for row in model.activity]


def _histogram(row: Activity, kind: str) -> Figure:
    bins = len(row.histogram)
    values = [
        {"from": i / bins, "to": (i + 1) / bins, "channels": number}
        for i, number in enumerate(row.histogram)
    ]
    title = f"rates of the channels of {row.name}"
    return figure(f"rates-{row.name}", title, rate_histogram(row, kind), values)


def rasters(run: RunFigures, classes: Sequence[str]) -> list[Row]:
    """The sentences of every spiking model, the last model first."""
    spiking = run.conversion is None or run.conversion.encoder != "direct"
    found = []
    for kind in ("finetuned", "snn"):
        model = run.models.get(kind)
        if model is not None and model.rasters:
            sentences = [
                sentence(raster, kind, number, classes, run.language, spiking)
                for number, raster in enumerate(model.rasters, 1)
            ]
            found.append({"kind": kind, "sentences": sentences})
    return found


def sentence(
    raster: Raster, kind: str, number: int, classes: Sequence[str], language: str, spiking: bool
) -> Row:
    """The panels of one sentence: its words, its layers, its logits."""
    names = [classes[k] if k < len(classes) else f"class {k}" for k in range(len(raster.logits[0]))]
    winners = [max(range(len(row)), key=row.__getitem__) for row in raster.logits]
    stem, of = f"sentence-{number}-{kind}", f"of sentence {number}, {MODEL_NAMES[kind]}"
    steps = range(1, raster.steps + 1)
    words = [
        {"word": word, **{f"step {t}": value for t, value in zip(steps, row, strict=True)}}
        for word, row in zip(raster.words[:MOST_WORDS], raster.input, strict=False)
    ]
    logits = [
        {"step": t, **dict(zip(names, row, strict=True))} for t, row in enumerate(raster.logits, 1)
    ]
    layers = []
    for name, spikes in raster.layers.items():
        trains = list(zip(*spikes, strict=True))
        rows = [
            {"neuron": c, **{f"step {t}": s for t, s in enumerate(train, 1)}}
            for c, train in enumerate(trains)
        ]
        panel = neuron_panel(name, spikes, kind)
        layers.append(
            {
                "name": name,
                "neurons": len(trains),
                "firing": sum(any(train) for train in trains),
                "figure": figure(f"{stem}-{name}", f"spikes of {name} {of}", panel, rows),
            }
        )
    return {
        "raster": raster,
        "spiking": spiking,
        "predicted": names[winners[-1]],
        "words": figure(
            f"{stem}-input", f"input {of}", word_panel(raster, language, kind, spiking), words
        ),
        "layers": layers,
        "logits": figure(
            f"{stem}-logits", f"logits {of}", logit_panel(raster, classes, kind), logits
        ),
    }
