"""One sentence on its way through a network: its panels, each with the rows of its CSV file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ....display.names import title
from ....run_folder.records.spikes import Raster
from ...drawing.files import figure
from .panels import MOST_WORDS, logit_panel, neuron_panel, word_panel

Row = dict[str, Any]


def sentence(
    raster: Raster,
    kind: str,
    number: int,
    classes: Sequence[str],
    language: str,
    spiking: bool,
    style: str,
) -> Row:
    """The panels of one sentence.

    Args:
        raster: its spikes
        kind: of the model
        number: of the sentence, from 1
        classes: names of the classes
        language: of the text
        spiking: whether the input is spikes
        style: of the model, for the colour

    Returns:
        ``raster``, ``spiking``, ``predicted`` (a class), and the figures ``words``, ``layers`` (of
        each its name, neurons, how many fire, and figure) and ``logits``.
    """
    last = raster.logits[-1]
    names = [classes[k] if k < len(classes) else f"class {k}" for k in range(len(last))]
    stem, of = f"sentence-{number}-{kind}", f"of sentence {number}, {title(kind)}"
    panels = {
        "input": word_panel(raster, language, style, spiking),
        "logits": logit_panel(raster, classes, style),
    }
    return {
        "raster": raster,
        "spiking": spiking,
        "predicted": names[max(range(len(last)), key=last.__getitem__)],
        "words": figure(f"{stem}-input", f"input {of}", panels["input"], _words(raster)),
        "layers": [_layer(name, spikes, style, stem, of) for name, spikes in raster.layers.items()],
        "logits": figure(
            f"{stem}-logits", f"logits {of}", panels["logits"], _logits(raster, names)
        ),
    }


def _words(raster: Raster) -> list[Row]:
    """The shown words, each with its value at every step."""
    steps = range(1, raster.steps + 1)
    return [
        {"word": word, **{f"step {t}": value for t, value in zip(steps, row, strict=True)}}
        for word, row in zip(raster.words[:MOST_WORDS], raster.input, strict=False)
    ]


def _logits(raster: Raster, names: Sequence[str]) -> list[Row]:
    """Every step with the running logit of each class."""
    return [
        {"step": t, **dict(zip(names, row, strict=True))} for t, row in enumerate(raster.logits, 1)
    ]


def _layer(name: str, spikes: Sequence[Sequence[int]], style: str, stem: str, of: str) -> Row:
    """One layer: its neurons, how many of them fire, and its figure."""
    trains = list(zip(*spikes, strict=True))
    rows = [
        {"neuron": c, **{f"step {t}": s for t, s in enumerate(train, 1)}}
        for c, train in enumerate(trains)
    ]
    panel = neuron_panel(name, spikes, style)
    return {
        "name": name,
        "neurons": len(trains),
        "firing": sum(any(train) for train in trains),
        "figure": figure(f"{stem}-{name}", f"spikes of {name} {of}", panel, rows),
    }
