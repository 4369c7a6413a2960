"""The section of sentences: the spikes of a few texts on their way through the SNNs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .....typed_json import from_json
from ....run_folder.records.spikes import Raster, Rasters
from ...read import Run
from ...section import Section
from .panels import MOST_WORDS
from .sentence import sentence


@dataclass(frozen=True)
class RasterFigures:
    """Sentences of every SNN, the last one first.

    spiking: whether its input is spikes, and not exact values; classes, language: of the texts;
    styles: of the models, for their colours.
    """

    sentences: Mapping[str, list[Raster]]
    spiking: Mapping[str, bool]
    classes: list[str]
    language: str
    styles: Mapping[str, str]


class SentenceSpikes(Section[RasterFigures]):
    """Words, neurons and logits of chosen test texts against time."""

    title = "Sentences"
    stage = "snn"
    missing = "There is no spiking network yet."
    template = "raster.html"

    def read(self, run: Run) -> RasterFigures | None:
        """The files raster.json."""
        sentences: dict[str, list[Raster]] = {}
        for kind in map(run.of_last, ("finetuned", "snn")):
            if kind in run.models:
                spikes = run.file(kind, "raster.json", "a sentence's spikes")
                sentences[kind] = from_json(Rasters, spikes).all
        if not sentences:
            return None
        spiking = {kind: not run.models[kind].has_exact_input for kind in sentences}
        styles = {kind: run.looks.style(kind) for kind in sentences}
        return RasterFigures(sentences, spiking, run.classes, run.language, styles)

    def heading(self, figures: RasterFigures | None) -> str:
        """How many sentences there are."""
        shown = next(iter(figures.sentences.values())) if figures else []
        return f"The spikes of {'chosen sentences' if len(shown) > 1 else 'one sentence'}"

    def context(self, figures: RasterFigures) -> dict[str, Any]:
        """The panels of every sentence."""
        classes, language = figures.classes, figures.language
        rasters = [
            {
                "kind": kind,
                "sentences": [
                    sentence(
                        *(raster, kind, number, classes, language, figures.spiking[kind]),
                        figures.styles[kind],
                    )
                    for number, raster in enumerate(own, 1)
                ],
            }
            for kind, own in figures.sentences.items()
        ]
        return {"rasters": rasters, "most_words": MOST_WORDS}


SECTION = SentenceSpikes()
