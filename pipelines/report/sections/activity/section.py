"""The section of firing rates: every layer of every SNN."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .....checked_json import Value
from .....typed_json import from_json
from ....run_folder.records.models import ModelStage
from ....run_folder.records.spikes import Activity
from ...drawing.looks import Looks
from ...read import Run
from ...section import Section
from .rates import histograms, rates_figure


@dataclass(frozen=True)
class ActivityFigures:
    """Firing statistics of every layer by SNN, the last one, figures and looks of the models."""

    layers: Mapping[str, list[Activity]]
    last: str
    models: Mapping[str, ModelStage]
    looks: Looks


class FiringRates(Section[ActivityFigures]):
    """How often the neurons of each layer fire."""

    title = "Firing rates"
    stage = "snn"
    missing = "There is no spiking network yet."
    template = "activity.html"

    def read(self, run: Run) -> ActivityFigures | None:
        """The rates that the conversion and fine-tuning have written down."""
        layers: dict[str, list[Activity]] = {}
        if run.conversion is not None:
            layers[run.of_last("snn")] = run.conversion.activity
        tuned = run.of_last("finetuned")
        if tuned in run.models:
            layers[tuned] = run.file(tuned, "activity.json", "firing rates").each(_activity)
        layers = {kind: rows for kind, rows in layers.items() if rows}
        if not layers or run.last is None:
            return None
        return ActivityFigures(layers, run.last, run.models, run.looks)

    def context(self, figures: ActivityFigures) -> dict[str, Any]:
        """Bars of all models, and histograms of the last one."""
        last = figures.last
        return {
            "rates": rates_figure(figures.layers, figures.looks),
            "histograms": histograms(figures.layers.get(last, []), figures.looks.style(last)),
        }


def _activity(value: Value) -> Activity:
    return from_json(Activity, value)


SECTION = FiringRates()
