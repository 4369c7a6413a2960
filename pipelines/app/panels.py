"""Drawings of one text: its spikes by word and step, and the logits on their way."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

from ...engine.explanation.text import Explanation
from ..report.drawing.svg import Canvas, shortened, text_width, thinned
from ..report.sections.raster.panels import logit_panel
from ..run_folder.records.spikes import Raster

MOST_WORDS = 60
TOP, FOOT, ROW = 8.0, 38.0, 25.0


def spikes_panel(
    words: Sequence[str], counts: np.ndarray, language: str, kind: str, label: str
) -> Markup:
    """Words as rows, steps as columns: the darker a cell, the more spikes.

    Args:
        words: n words
        counts: (T, n) spikes
        language: of the words
        kind: of the model, for the colour
        label: what is counted
    """
    words, steps = words[:MOST_WORDS], len(counts)
    gutter = min(max((text_width(word, 13) for word in words), default=0) + 12, 120.0)
    cell = max(1.0, min(44.0, 230 / steps))
    canvas = Canvas(
        max(gutter + cell * steps + 4, 150.0), TOP + ROW * len(words) + FOOT, label, "small"
    )
    peak = float(np.abs(counts).max(initial=0.0)) or 1.0
    digits = 0 if float(np.abs(counts - counts.round()).max(initial=0.0)) < 1e-9 else 1
    for i, word in enumerate(words):
        y = TOP + ROW * i
        canvas.text(gutter - 8, y + 17, shortened(word, gutter - 8, 13), "word", "end", language)
        for t in range(steps):
            x, value = gutter + cell * t, float(counts[t, i])
            canvas.rect(x, y, cell - (cell > 4), ROW - 1, "cell")
            opacity = min(0.04 + 0.66 * abs(value) / peak, 0.99)
            canvas.rect(x, y, cell - (cell > 4), ROW - 1, f"fill {kind}", "", opacity)
            if cell >= 30:
                shown = f"{value:.{digits}f}"
                canvas.text(x + cell / 2, y + 16.5, shown, "value small", "middle")
    for step in thinned(steps, int(cell * steps / 18)):
        canvas.text(gutter + cell * (step - 0.5), canvas.height - 23, str(step), "muted", "middle")
    canvas.text(gutter + cell * steps / 2, canvas.height - 5, "time step", "muted", "middle")
    return canvas.markup()


def logits_panel(found: Explanation, kind: str) -> Markup:
    """The running logits of every class over time."""
    parts = found.parts
    raster = Raster(
        text="",
        label="",
        words=[],
        steps=len(parts.running),
        input=[],
        layers={},
        logits=parts.running.tolist(),
    )
    return logit_panel(raster, found.classes, kind)
