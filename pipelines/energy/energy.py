"""`snnconvert energy`: count the work of a run's models on real texts, and price it by tables."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ...energy.breakeven import break_even
from ...energy.layers import Layer
from ...energy.peers import SOURCES, TITLES, neuromc_joules, spikesim_joules
from ...energy.price_table import EnergyTable
from ...energy.tables import all_tables
from ...energy.training import training_rows
from ...engine.engines import make_engine
from ...files import sha256
from ...models.devices import find_device
from ...models.snn import SpikingTextModel
from ...models.text_model import TextModel
from ...seeds import generator
from ..data import load_run_model, load_run_texts
from ..quality.chance import warn_of
from ..run_folder.run_folder import RunFolder, settings_dict
from ..settings.energy import EnergySettings
from ..settings.engine import DEVICE, DeviceSettings
from ..training.texts import Texts
from .measure import (
    SPARSE,
    Measured,
    SpikingRun,
    curve,
    measure_ann,
    measure_exits,
    measure_quantised,
    measure_snn,
    priced,
    quantised_note,
    run_snn,
)
from .outputs import texts_rows, write_outputs

SPIKING = ("snn", "finetuned")
Row = dict[str, Any]
LABEL = (
    "Every figure is a projection: work counted on real texts, priced by published figures of the "
    "named model. Nothing was measured on a chip."
)


def energy(
    out: Path | str,
    settings: EnergySettings,
    seed: int = 0,
    force: bool = False,
    where: DeviceSettings = DEVICE,
) -> RunFolder:
    """Count and price what the models of a run folder cost a sentence.

    Writes RUN/energy/ (energy.json, energy.md, layers.csv, texts.csv, curves.csv, two SVG plots)
    and the flat rows to results.json.

    Raises:
        InputError: no trained ANN, damaged energy tables, no such device, or done with other
            settings.
    """
    find_device(where.device)
    run = RunFolder(out)
    with run.locked():
        run.require("ann")
        tables = list(all_tables(settings.tables).values())
        models = [name for name in SPIKING if name in run.results()]
        resolved = settings_dict(settings, seed=seed, models=_stamps(run, models))
        resolved["tables"] = _digest(settings.tables)
        if run.is_done("energy", resolved, force):
            warn_of(run.path, "energy", ("ann", *models))
            return run
        started = time.monotonic()
        texts = load_run_texts(run)
        warn_of(run.path, "energy", ("ann", *models))
        found = Study(run, texts, settings, tables, seed, where).result(models)
        run.begin("energy", resolved, force)
        rows_of_texts = found.pop("texts")
        found = {"label": LABEL, "dataset": texts.dataset.name, "seed": seed} | found
        write_outputs(run.path / "energy", found, rows_of_texts)
        shown = {key: value for key, value in found.items() if key not in ("layers", "tables")}
        figures = shown | {"seconds": round(time.monotonic() - started, 1)}
        run.finish("energy", resolved, figures)
    return run


def _stamps(run: RunFolder, models: Sequence[str]) -> dict[str, str]:
    """The fingerprints of the models that are priced."""
    results = run.results()
    return {name: str(results[name].get("fingerprint")) for name in ("ann", *models)}


def _digest(path: str | None) -> str | None:
    """What tells one file of tables from another, wherever it lies."""
    return None if path is None else sha256(Path(path).read_bytes())[:16]


class Study:
    """All measurements of one run.

    Args:
        run: the run folder
        texts: its texts
        settings: of the command
        tables: prices
        seed: of the choice of texts, and of the noise of a stochastic encoder
        where: the device on which networks run
    """

    def __init__(
        self,
        run: RunFolder,
        texts: Texts,
        settings: EnergySettings,
        tables: Sequence[EnergyTable],
        seed: int,
        where: DeviceSettings = DEVICE,
    ) -> None:
        self.run, self.texts, self.settings = run, texts, settings
        self.tables, self.seed, self.where = tables, seed, where
        self.chosen = drawn(len(texts.sequences[settings.split]), settings.texts, seed)
        self.sequences = [texts.sequences[settings.split][i] for i in self.chosen]
        self.labels = [texts.labels[settings.split][i] for i in self.chosen]
        self.dev = (texts.sequences["dev"], texts.labels["dev"])
        self.notes: list[str] = []

    def result(self, models: Sequence[str]) -> Row:
        """Rows by kind; see docs/energy.md."""
        ann, _ = load_run_model(self.run, "ann", TextModel, self.where)
        measured = measure_ann(ann, self.sequences, self.labels)
        runs = {name: self._run(name) for name in models}
        steps = max((r.model.steps for r in runs.values()), default=4)
        levels, note = quantised_note(ann, steps)
        if levels is not None:
            measured += measure_quantised(ann, self.sequences, self.labels, levels)
        self.notes += [note] if note else []
        exits: list[Row] = []
        curves: list[Row] = []
        for name, spiking in runs.items():
            measured.append(measure_snn(spiking, name, "all steps", self.labels))
            curves += curve(spiking, name, self.labels, self.tables)
            early = self._exits(spiking, name)
            if early is not None:
                measured.append(early[0])
                exits.append(early[1])
        rows = priced(measured, self.tables) + self._peers(ann, runs, measured)
        named = {"dataset": self.texts.dataset.name, "seed": self.seed}
        return {
            "split": self.settings.split,
            "sentences": len(self.sequences),
            "rows": [named | row for row in rows],
            "layers": layer_rows(measured),
            "break_even": self._break_even(measured),
            "curves": curves,
            "exits": exits,
            "training": self._training(ann, runs),
            "tables": self._sources(),
            "notes": self.notes,
            "texts": texts_rows(self.chosen, self.sequences, measured, self.tables),
        }

    def _run(self, name: str) -> SpikingRun:
        model, _ = load_run_model(self.run, name, SpikingTextModel, self.where)
        return run_snn(model, self.sequences, self.seed, f"energy of {name}")

    def _exits(self, spiking: SpikingRun, name: str) -> tuple[Measured, Row] | None:
        runner = make_engine(spiking.model, "auto", "fast", len(self.dev[1]))
        running = runner.running_logits(self.dev[0], self.seed)
        tolerance = self.settings.exit_tolerance / 100
        return measure_exits(spiking, name, self.labels, (running, self.dev[1]), tolerance)

    def _peers(
        self, ann: TextModel, runs: dict[str, SpikingRun], measured: Sequence[Measured]
    ) -> list[Row]:
        """The rows of spikingjelly's models."""
        few = [self.sequences[i] for i in range(min(self.settings.sampled, len(self.sequences)))]
        if not few:
            return []
        base = neuromc_joules(ann, self.sequences)
        sparse = next(m for m in measured if m.victim == SPARSE)
        rows = [peer_row("neuromc", "ann", "padding skipped", 1, base, base, sparse.accuracy)]
        for name, spiking in runs.items():
            model, right = spiking.model, spiking.accuracy(self.labels)
            whole = neuromc_joules(model, self.sequences)
            by_event = spikesim_joules(model, few, self.seed)
            steps = model.latency
            rows += [
                peer_row("neuromc", name, "all steps", steps, whole, base, right),
                peer_row("spikesim", name, f"{len(few)} texts", steps, by_event, None, right),
            ]
        return rows

    def _break_even(self, measured: Sequence[Measured]) -> list[Row]:
        """Where each layer stands, for every SNN and table, against the sparse ANN."""
        sparse = next(m for m in measured if m.victim == SPARSE)
        return [
            {"victim": m.victim, **row}
            for m in measured
            if m.victim in SPIKING and m.setting == "all steps"
            for table in self.tables
            if "mac" in table.pj  # a chip for spikes has no ANN to compare with
            for row in break_even(sparse.layers, m.layers, table)
        ]

    def _training(self, ann: TextModel, runs: dict[str, SpikingRun]) -> list[Row]:
        """One epoch over the training texts, estimated on some of them."""
        train = self.texts.sequences["train"]
        some = [train[i] for i in drawn(len(train), self.settings.training_texts, self.seed)]
        base = next(
            m for m in measure_ann(ann, some, [0] * len(some)) if m.setting == "padding skipped"
        )
        rows: list[Row] = []
        for name, spiking in runs.items():
            network = spiking.model.network
            first = {n for n, inputs in network.inputs.items() if inputs[0] == "input"}
            layers = run_snn(spiking.model, some, self.seed).layers()
            for table in self.tables:
                if "mac" in table.pj and not table.memory:  # defined for operations alone
                    found = training_rows(base.layers, layers, table, len(train), first)
                    rows += [{"victim": name, **row} for row in found]
        return rows

    def _sources(self) -> list[Row]:
        own = [{"model": t.name, "title": t.title, "source": t.source} for t in self.tables]
        return own + [
            {"model": name, "title": TITLES[name], "source": SOURCES[name]} for name in TITLES
        ]


def drawn(count: int, wanted: int | None, seed: int) -> list[int]:
    """Indices of ``wanted`` of ``count`` texts, drawn by seed, in order; all without a number."""
    if wanted is None or wanted >= count:
        return list(range(count))
    order = torch.randperm(count, generator=generator(seed, "energy")).tolist()
    return sorted(order[:wanted])


def peer_row(
    model: str,
    victim: str,
    setting: str,
    steps: float,
    joules: float | None,
    base: float | None,
    right: float | None,
) -> Row:
    """A row of a model of spikingjelly's, with the fields of `priced`."""
    return {
        "victim": victim,
        "setting": setting,
        "steps": steps,
        "model": model,
        "joules_per_sentence": joules,
        "joules_std": None,
        "ratio_to_sparse_ann": joules / base if joules is not None and base else None,
        "accuracy": right,
        "projection": True,
        "compute_joules": None,
        "memory_joules": None,
        "addressing_joules": None,
    }


def layer_rows(measured: Sequence[Measured]) -> list[Row]:
    """Mean counts a text, one row for each layer of each victim and setting."""

    def rounded(layer: Layer) -> Row:
        return {
            key: float(np.round(value, 4)) if isinstance(value, float) else value
            for key, value in layer.row().items()
        }

    return [
        {"victim": m.victim, "setting": m.setting, "steps": m.steps, **rounded(layer)}
        for m in measured
        for layer in m.layers
    ]
