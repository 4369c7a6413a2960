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
    raster: Raster, kind: str, number: int, classes: Sequence[str], language: str, spiking: bool
) -> Row:
    """The panels of one sentence: its words, its layers, its logits."""
    names = [classes[k] if k < len(classes) else f"class {k}" for k in range(len(raster.logits[0]))]
    winners = [max(range(len(row)), key=row.__getitem__) for row in raster.logits]
    stem, of = f"sentence-{number}-{kind}", f"of sentence {number}, {title(kind)}"
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
