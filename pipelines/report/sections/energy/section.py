"""The energy section: tables by energy model, break-even, accuracy against energy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .....typed_json import from_json
from ....quality.chance import while_used
from ....run_folder.records.energy import BreakEven, EnergyRow, EnergyStage, Source, Tables
from ....run_folder.stages import is_spiking
from ...cells import ABSENT, Cell, Groups
from ...drawing.files import rows_link
from ...drawing.looks import Looks
from ...format import joules, ratio
from ...read import Run
from ...section import Section
from .curves import curve_figure, curves

Row = dict[str, Any]
GROUP = "Energy a sentence, projected"


@dataclass(frozen=True)
class EnergyFigures:
    """The stage, what its models are, the run's last SNN, what to warn of, and looks."""

    stage: EnergyStage
    sources: list[Source]
    last: str | None
    warning: str | None
    looks: Looks

    @property
    def priced(self) -> list[str]:
        """The models that price anything."""
        rows = self.stage.rows
        return list(dict.fromkeys(r.model for r in rows if r.joules is not None))

    @property
    def main(self) -> list[str]:
        """Names of the models beside one another in the first table."""
        shown = [model for model in self.stage.shown if model in self.priced]
        return shown or self.priced[:3]

    @property
    def headline(self) -> list[EnergyRow]:
        """Rows of the last SNN's whole run by the shown models that name a ratio.

        Those that price memory come first: most of the energy goes there, and a model that leaves
        it out favours spikes.
        """
        found = [self.stage.of(self.last or "", "all steps", model) for model in self.stage.shown]
        named = [row for row in found if row is not None and row.ratio is not None]
        return sorted(named, key=lambda row: not row.memory_joules)


class Energy(Section[EnergyFigures]):
    """What a sentence costs, by published prices."""

    title = "Energy"
    stage = "energy"
    missing = "The energy of a sentence has not been projected yet."
    template = "energy.html"
    lead = "energy/lead.html"
    card = "energy/card.html"
    rank = 2

    def read(self, run: Run) -> EnergyFigures | None:
        """The stage ``energy``, and of energy.json what its models are."""
        stage = run.stage("energy", EnergyStage)
        if stage is None:
            return None
        sources = from_json(Tables, run.file("energy", "energy.json", "energy of a run")).tables
        warning = while_used(run.models, "energy")
        return EnergyFigures(stage, sources, run.last, warning, run.looks)

    def heading(self, figures: EnergyFigures | None) -> str:
        """What the section shows."""
        return self.title if figures is None else "Energy, projected"

    def context(self, figures: EnergyFigures) -> Row:
        """What the templates show.

        Returns:
            ``cases``: (victim, setting, steps, accuracy) in the order of the rows; ``rest``: rows
            that the first table has no place for; ``cells``: rows by (victim, setting, model);
            ``limits``: break-even by victim and layer; ``panels``: figures; ``baselines``: those of
            the ANN; ``files``: tables as links.
        """
        energy, main = figures.stage, figures.main
        # models of spikingjelly's have settings of their own, which the first table has no rows for
        cases = [row for row in energy.rows if row.model in main[:1]]
        own = {(row.victim, row.setting) for row in cases}
        leading = [row.model for row in figures.headline if row.memory_joules]
        drawn = [m for m in main if curves(energy, m)]
        drawn.sort(key=lambda model: model not in leading)
        alone = drawn[0] if len(drawn) % 2 else ""  # in the first row
        baselines = [r for r in cases if not is_spiking(r.victim) and r.joules is not None]
        return {
            "energy": energy,
            "titles": {source.model: source.title for source in figures.sources},
            "cases": cases,
            "rest": [
                row for row in energy.rows if (row.victim, row.setting) not in own and row.joules
            ],
            "cells": {(row.victim, row.setting, row.model): row for row in energy.rows},
            "limits": limits(energy.break_even, main),
            "limit_models": [m for m in main if any(r.model == m for r in energy.break_even)],
            "baselines": baselines,
            "panels": [
                (model, curve_figure(energy, model, baselines, figures.looks, model == alone))
                for model in drawn
            ],
            "victims": list(dict.fromkeys(point.victim for point in energy.curves)),
            "headline": figures.headline,
            "files": _files(energy),
        }

    def row(self, figures: EnergyFigures) -> Groups:
        """What a sentence costs the last SNN by the shown models."""
        cells: dict[str, Cell] = {}
        for model in figures.stage.shown:
            row = figures.stage.of(figures.last or "", "all steps", model)
            cells[model] = ABSENT
            if row is not None and row.joules is not None:
                times = row.ratio
                small = "" if times is None else f"{ratio(times)} of the sparse ANN"
                cells[model] = Cell(joules(row.joules), small, row.joules)
        return {GROUP: cells}


def limits(rows: Sequence[BreakEven], models: Sequence[str]) -> list[Row]:
    """One row for every victim and layer: what it carries, and its break-even by model."""
    found: dict[tuple[str, str], Row] = {}
    for row in rows:
        if row.model in models:
            carried = row.spikes_per_synapse
            new: Row = {"victim": row.victim, "layer": row.layer, "carried": carried, "models": {}}
            found.setdefault((row.victim, row.layer), new)["models"][row.model] = row
    return list(found.values())


# columns of the tables that can be saved, by the field that each is of
_ROWS = {"victim": "victim", "setting": "setting", "steps": "steps", "model": "model"}
_ROWS |= {"joules": "joules", "ratio": "ratio", "accuracy": "accuracy"}
_LIMITS = {"victim": "victim", "layer": "layer", "model": "model"}
_LIMITS |= {"carried": "spikes_per_synapse", "limit": "break_even", "pays": "pays"}
_TRAINING = {"victim": "victim", "definition": "definition", "model": "model"}
_TRAINING |= {name: name for name in ("ann_operations", "snn_operations", "ratio")}


def _files(energy: EnergyStage) -> dict[str, str]:
    """Links that hold a table as CSV, by name."""
    tables: dict[str, tuple[Sequence[object], dict[str, str]]] = {
        "rows": (energy.rows, _ROWS),
        "break_even": (energy.break_even, _LIMITS),
        "training": (energy.training, _TRAINING),
    }
    return {
        name: rows_link(
            [{key: getattr(row, field) for key, field in columns.items()} for row in rows]
        )
        for name, (rows, columns) in tables.items()
    }


SECTION = Energy()
