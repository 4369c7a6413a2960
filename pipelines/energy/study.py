"""All measurements of one run: work on real texts, priced by every table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from ...energy.breakeven import break_even
from ...energy.layers import Layer, total
from ...energy.peers import SOURCES, TITLES, neuromc_joules, spikesim_joules
from ...energy.price_table import EnergyTable
from ...energy.training import training_rows
from ...engine.engines import make_engine
from ...models.memory import give_back
from ...models.snn import SpikingTextModel
from ...models.text_model import TextModel
from ...seeds import generator
from ...typed_json import made
from ..data import load_run_model
from ..measure import TABLE_BYTES
from ..run_folder.records.energy import (
    BreakEven,
    CurvePoint,
    EnergyFile,
    EnergyRow,
    Exit,
    Source,
    TrainingRow,
)
from ..run_folder.run_folder import RunFolder
from ..run_folder.stages import is_spiking
from ..settings.energy import EnergySettings
from ..settings.engine import DEVICE, DeviceSettings
from ..training.texts import Texts
from .measure import (
    DIRECT,
    SPARSE,
    Measured,
    SpikingRun,
    measure_ann,
    measure_direct,
    measure_exits,
    measure_quantised,
    measure_snn,
    quantised_note,
    run_snn,
)
from .pricing import curve, peer_row, priced

Row = dict[str, Any]
LABEL = (
    "Every figure is a projection: work counted on real texts, priced by published figures of the "
    "named model. Nothing was measured on a chip."
)

MADE_BEFORE = (
    "The vector of a text is made before the network, by the same work for an ANN and for an SNN; "
    "that work is not counted, only the fetching of its components"
)


OF_TWIN = (
    "The ANN of the same matrices as the directly trained SNN was not trained: its multiply-"
    "accumulates alone are counted, so synapses alone are what to compare it with; train --model "
    "bert makes one that is"
)


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
        self.measured: list[Measured] = []
        self.notes = [MADE_BEFORE] if texts.stage.hands_on == "vectors" else []

    def result(self, models: Sequence[str]) -> EnergyFile:
        """All figures; see docs/energy.md."""
        ann = self._network("ann")
        runs = {name: self._run(name) for name in models}
        self.measured = [] if ann is None else self._anns(ann, runs)
        exits, curves = self._snns(runs)
        self._direct()
        give_back()
        # before the peers, whose libraries stay in memory
        training = [] if ann is None else self._training(ann, runs)
        give_back()
        rows = priced(self.measured, self.tables)
        rows += [] if ann is None else self._peers(ann, runs)
        dataset = self.texts.dataset.name
        return EnergyFile(
            label=LABEL,
            dataset=dataset,
            seed=self.seed,
            split=self.settings.split,
            sentences=len(self.sequences),
            rows=[replace(row, dataset=dataset, seed=self.seed) for row in rows],
            layers=layer_rows(self.measured),
            break_even=self._break_even(),
            curves=curves,
            exits=exits,
            training=training,
            tables=self._sources(),
            shown=[table.name for table in self.tables if table.shown],
            notes=self.notes,
        )

    def _network(self, name: str) -> TextModel | None:
        """A trained network of the run; None where there is none of that name."""
        if name not in self.run.results():
            return None
        return load_run_model(self.run, name, TextModel, self.where)[0]

    def _direct(self) -> None:
        """Measure a network that was trained as a spiking one."""
        model = self._network(DIRECT)
        if model is not None:
            self.notes.append(OF_TWIN)
            self.measured += measure_direct(model, self.sequences, self.labels)

    def _snns(self, runs: dict[str, SpikingRun]) -> tuple[list[Exit], list[CurvePoint]]:
        """Measure every SNN, whole and with early exits; also what it costs step by step."""
        exits: list[Exit] = []
        curves: list[CurvePoint] = []
        for name, spiking in runs.items():
            self.measured.append(measure_snn(spiking, name, "all steps", self.labels))
            curves += curve(spiking, name, self.labels, self.tables)
            early = self._exits(spiking, name)
            if early is not None:
                self.measured.append(early[0])
                exits.append(early[1])
        return exits, curves

    def texts_rows(self) -> list[Row]:
        """What every text costs, for a file of its own."""
        words = [len(sequence) for sequence in self.sequences]
        if self.texts.stage.hands_on == "vectors":
            split = self.texts.dataset.split(self.settings.split)
            words = [len(self.texts.stage.segment(split.texts[i])) for i in self.chosen]
        return texts_rows(self.chosen, words, self.measured, self.tables)

    def _anns(self, ann: TextModel, runs: dict[str, SpikingRun]) -> list[Measured]:
        """The ANN, and where it was trained with QCFS as a quantised one."""
        measured = measure_ann(ann, self.sequences, self.labels)
        steps = max((r.model.steps for r in runs.values()), default=4)
        levels, note = quantised_note(ann, steps)
        self.notes += [note] if note else []
        if levels is None:
            return measured
        return measured + measure_quantised(ann, self.sequences, self.labels, levels)

    def _run(self, name: str) -> SpikingRun:
        model, _ = load_run_model(self.run, name, SpikingTextModel, self.where)
        ran = run_snn(model, self.sequences, self.seed, f"energy of {name}")
        give_back()
        return ran

    def _exits(self, spiking: SpikingRun, name: str) -> tuple[Measured, Exit] | None:
        texts = len(self.dev[1])
        runner = make_engine(spiking.model, "auto", "fast", texts, table_bytes=TABLE_BYTES)
        running = runner.running_logits(self.dev[0], self.seed)
        del runner  # and its tables
        give_back()
        tolerance = self.settings.exit_tolerance / 100
        return measure_exits(spiking, name, self.labels, (running, self.dev[1]), tolerance)

    @property
    def _sparse(self) -> Measured:
        return next(m for m in self.measured if m.victim == SPARSE)

    def _peers(self, ann: TextModel, runs: dict[str, SpikingRun]) -> list[EnergyRow]:
        """The rows of spikingjelly's models."""
        few = [self.sequences[i] for i in range(min(self.settings.sampled, len(self.sequences)))]
        if not few:
            return []
        base = neuromc_joules(ann, self.sequences)
        right = self._sparse.accuracy
        rows = [peer_row("neuromc", "ann", "padding skipped", 1, base, base, right)]
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

    def _break_even(self) -> list[BreakEven]:
        """Where each layer stands, for every SNN and table, against the sparse ANN."""
        return [
            made(BreakEven, {"victim": m.victim, **row})
            for m in self.measured
            if is_spiking(m.victim) and m.setting == "all steps"
            for table in self.tables
            if "mac" in table.pj  # a chip for spikes has no ANN to compare with
            for row in break_even(self._sparse.layers, m.layers, table)
        ]

    def _training(self, ann: TextModel, runs: dict[str, SpikingRun]) -> list[TrainingRow]:
        """One epoch over the training texts, estimated on some of them."""
        train = self.texts.sequences["train"]
        some = [train[i] for i in drawn(len(train), self.settings.training_texts, self.seed)]
        base = next(
            m for m in measure_ann(ann, some, [0] * len(some)) if m.setting == "padding skipped"
        )
        rows: list[TrainingRow] = []
        for name, spiking in runs.items():
            give_back()
            network = spiking.model.network
            first = {n for n, inputs in network.inputs.items() if inputs[0] == "input"}
            layers = run_snn(spiking.model, some, self.seed).layers()
            for table in self.tables:
                if "mac" in table.pj and not table.memory:  # defined for operations alone
                    found = training_rows(base.layers, layers, table, len(train), first)
                    rows += [made(TrainingRow, {"victim": name, **row}) for row in found]
        return rows

    def _sources(self) -> list[Source]:
        own = [Source(model=t.name, title=t.title, source=t.source) for t in self.tables]
        return own + [
            Source(model=name, title=TITLES[name], source=SOURCES[name]) for name in TITLES
        ]


def drawn(count: int, wanted: int | None, seed: int) -> list[int]:
    """Indices of ``wanted`` of ``count`` texts, drawn by seed, in order; all without a number."""
    if wanted is None or wanted >= count:
        return list(range(count))
    order = torch.randperm(count, generator=generator(seed, "energy")).tolist()
    return sorted(order[:wanted])


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


def texts_rows(
    chosen: Sequence[int],
    words: Sequence[int],
    measured: Sequence[Measured],
    tables: Sequence[EnergyTable],
) -> list[Row]:
    """One row for every text and SNN: words, steps, spikes, operations and joules by table."""
    rows: list[Row] = []
    for m in measured:
        if not is_spiking(m.victim) and m.victim != DIRECT:
            continue
        columns = {
            name: np.broadcast_to(total(m.layers, name), (len(words),))
            for name in ("spikes_out", "sops", "macs", "updates")
        }
        joules = {t.name: t.joules(m.layers) for t in tables}
        steps = np.broadcast_to(m.layers[0].steps, (len(words),))
        for n, (index, length) in enumerate(zip(chosen, words, strict=True)):
            row: Row = {"victim": m.victim, "setting": m.setting, "text": index}
            row |= {"words": length, "steps": int(steps[n])}
            row |= {name: float(values[n]) for name, values in columns.items()}
            row |= {f"{k} joules": float(v[n]) for k, v in joules.items() if v is not None}
            rows.append(row)
    return rows
