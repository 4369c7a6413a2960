"""What the energy reproduction measures: networks trained, tuned and priced, resumable."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from snnconvert.benchmarks.conversion.networks import vectors_of
from snnconvert.benchmarks.reproduce.energy_outputs import SNNS
from snnconvert.benchmarks.shared.fixed_training import OPTIMISER, TRAIN
from snnconvert.energy.ann import with_quantised_inputs
from snnconvert.energy.exits import exit_accuracy, exit_steps, margin_for_budget
from snnconvert.energy.layers import Layer
from snnconvert.energy.peers import neuromc_joules, spikesim_joules
from snnconvert.energy.price_table import EnergyTable
from snnconvert.energy.tables import own_tables
from snnconvert.engine.engines import make_engine
from snnconvert.engine.evaluate import accuracy
from snnconvert.engine.reference import ann_logits
from snnconvert.models.snn import SpikingTextModel
from snnconvert.models.text_model import TextModel
from snnconvert.pipelines.convert.convert import convert
from snnconvert.pipelines.data import load_run_model, load_run_texts
from snnconvert.pipelines.energy.measure import (
    Measured,
    SpikingRun,
    measure_ann,
    measure_quantised,
    run_snn,
)
from snnconvert.pipelines.energy.pricing import peer_row, priced
from snnconvert.pipelines.energy.study import drawn
from snnconvert.pipelines.finetune.finetune import finetune
from snnconvert.pipelines.run_folder.records.energy import EnergyRow
from snnconvert.pipelines.run_folder.run_folder import RunFolder
from snnconvert.pipelines.settings.convert import ConvertSettings
from snnconvert.pipelines.settings.data import DataSettings
from snnconvert.pipelines.settings.finetune import FinetuneSettings
from snnconvert.pipelines.settings.train import TrainSettings
from snnconvert.pipelines.train import train
from snnconvert.pipelines.training.texts import Texts
from snnconvert.typed_json import to_json

DATASETS = ("sst2", "waimai")


LEVELS = 4


WORDS = 25  # of a text in the published code (sentence_length), cut or filled with zeros


PEER_TEXTS = 32  # that spikingjelly's models are given


COUNTED = 300  # texts of a split whose work is counted; accuracy is that of all


PUBLISHED_ACCURACY = 600  # test texts on which its accuracy is measured


PUBLISHED_TEXTS = 100  # of them, on which its work is counted


FINETUNE = FinetuneSettings(
    epochs=8, patience=2, lr=1e-3, dropout=0.5, tied=True, tensorboard=False, **OPTIMISER
)


Row = dict[str, Any]


@dataclass(frozen=True)
class Variant:
    """A conversion that is fine-tuned: T steps, soft threshold of words."""

    steps: int
    soft_threshold: float

    @property
    def name(self) -> str:
        """As run folders and rows call it."""
        level = f", soft threshold={self.soft_threshold:g}" if self.soft_threshold else ""
        return f"T={self.steps}{level}"


TABLED = Variant(4, 0.0)


VARIANTS = (TABLED,)


class Study:
    """Everything that is measured, resumable.

    Args:
        work: folder of run folders and of measurements
        data: where texts are; embeddings: where word vectors are
    """

    def __init__(self, work: Path, data: str | None, embeddings: Path) -> None:
        self.work, self.data, self.embeddings = work, data, embeddings
        self.lines = work / "parts.jsonl"
        self.tables: list[EnergyTable] = list(own_tables().values())
        self.parts: dict[str, Any] = {}
        self.known: dict[str, Texts] = {}
        if self.lines.exists():
            for line in self.lines.read_text("utf-8").splitlines():
                part = json.loads(line)
                self.parts[part["key"]] = part["value"]

    def part(self, key: str, compute: Callable[[], Any]) -> Any:
        """A measurement by name: that of the file, or computed and written there."""
        if key not in self.parts:
            print(key, flush=True)
            self.parts[key] = compute()
            self.lines.parent.mkdir(parents=True, exist_ok=True)
            with self.lines.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"key": key, "value": self.parts[key]}) + "\n")
        return self.parts[key]

    def trained(self, dataset: str, seed: int, activation: str, pooling: str) -> RunFolder:
        """The run folder of a trained network."""
        settings = TrainSettings(
            activation=activation, pooling=pooling, levels=LEVELS, tensorboard=False, **TRAIN
        )
        data = DataSettings(
            dataset=dataset, data_dir=self.data, vectors=vectors_of(dataset, self.embeddings)
        )
        folder = self.work / "trained" / f"{dataset}-{pooling}-{activation}-{seed}"
        return train(folder, data, settings, seed)

    def tuned(self, dataset: str, seed: int, variant: Variant) -> RunFolder:
        """The run folder of a converted and fine-tuned network, the ANN in it a copy."""
        folder = self.work / f"{dataset}-{seed}-{variant.name.replace(', ', '-')}"
        if not (folder / "results.json").exists():
            source = self.trained(dataset, seed, "qcfs", "max").path
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(source, folder)
        convert(
            folder,
            ConvertSettings(steps=variant.steps, soft_threshold=variant.soft_threshold, gain=1.0),
            seed,
        )
        return finetune(folder, FINETUNE, seed)

    def texts(self, run: RunFolder) -> Texts:
        """The texts of a run; runs of one data set share theirs, whatever the seed."""
        key = str(run.require("data")["text_stage"])
        if key not in self.known:
            self.known[key] = load_run_texts(run)
        return self.known[key]

    def tuned_rows(self, dataset: str, seed: int, variant: Variant) -> dict[str, list[Row]]:
        """Rows on dev and on test: ANN, quantised ANN, both SNNs with and without early exits."""
        run = self.tuned(dataset, seed, variant)
        texts = self.texts(run)
        ann, _ = load_run_model(run, "ann", TextModel)
        snns = {name: load_run_model(run, name, SpikingTextModel)[0] for name in SNNS}
        running = {
            (name, split): make_engine(model).running_logits(texts.sequences[split], seed)
            for name, model in snns.items()
            for split in ("dev", "test")
        }
        found: dict[str, list[Row]] = {}
        margins: dict[str, dict[float, float]] = {}
        for split in ("dev", "test"):  # margins of early exits are found on dev
            sequences, labels = texts.sequences[split], texts.labels[split]
            few = drawn(len(labels), COUNTED, seed)
            measured = self.ann_measured(ann, sequences, labels, few)
            for name, model in snns.items():
                whole = Whole(sequences, labels, few, running[name, split])
                spiking = run_snn(model, [sequences[i] for i in few], seed)
                if split == "dev":
                    margins[name] = self.margins(spiking, measured, whole.running)
                measured += snn_measured(spiking, name, variant, whole, margins[name])
            peers = self.peer_rows(ann, snns, variant, sequences, measured, seed)
            found[split] = self.rows(measured, dataset, seed, peers if split == "test" else [])
        return found

    def margins(
        self, spiking: SpikingRun, measured: Sequence[Measured], on_dev: Tensor
    ) -> dict[float, float]:
        """The margin of early exits for each budget that can be kept, on dev."""
        table = own_tables()["compute-fp32"]
        base = next(m for m in measured if (m.victim, m.setting) == ("ann", "padding skipped"))
        whole = mean_joules(table, base.layers)
        steps = range(1, spiking.model.steps + 1)
        cost = [mean_joules(table, spiking.layers(t)) / whole for t in steps]
        found = {budget: margin_for_budget(on_dev, cost, budget) for budget in BUDGETS}
        return {budget: margin for budget, margin in found.items() if margin is not None}

    def ann_measured(
        self,
        ann: TextModel,
        sequences: Sequence[np.ndarray],
        labels: Sequence[int],
        few: Sequence[int],
    ) -> list[Measured]:
        """The ANN and the quantised ANN: work on ``few`` texts, accuracy on all."""
        some, ones = [sequences[i] for i in few], [labels[i] for i in few]
        quantised = with_quantised_inputs(ann, LEVELS)
        right = {
            "quantised-ann": accuracy(ann_logits(quantised, sequences), labels),
            "ann": accuracy(ann_logits(ann, sequences), labels),
        }
        counted = measure_ann(ann, some, ones) + measure_quantised(ann, some, ones, LEVELS)
        return [replace(m, accuracy=right.get(m.victim, right["ann"])) for m in counted]

    def peer_rows(
        self,
        ann: TextModel,
        snns: dict[str, SpikingTextModel],
        variant: Variant,
        sequences: Sequence[np.ndarray],
        measured: Sequence[Measured],
        seed: int,
    ) -> list[EnergyRow]:
        """Rows of spikingjelly's models, on a few texts."""
        few = [sequences[i] for i in drawn(len(sequences), PEER_TEXTS, seed)]
        right = {(m.victim, m.setting): m.accuracy for m in measured}
        base, skipped = neuromc_joules(ann, few), "padding skipped"
        rows = [peer_row("neuromc", "ann", skipped, 1, base, base, right["ann", skipped])]
        for name, model in snns.items():
            for peer, joules, to in (
                ("neuromc", neuromc_joules(model, few), base),
                ("spikesim", spikesim_joules(model, few, seed), None),
            ):
                known = right[name, variant.name]
                rows.append(peer_row(peer, name, variant.name, model.latency, joules, to, known))
        return rows

    def published_rows(self, dataset: str, seed: int) -> list[Row]:
        """Rows of the published setting: mean pooling and ReLU, recipe lv2023, 25 words."""
        folder = self.work / f"{dataset}-{seed}-published"
        if not (folder / "results.json").exists():
            source = self.trained(dataset, seed, "relu", "mean").path
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(source, folder)
        run = RunFolder(folder)
        texts = self.texts(run)
        model = self._published(run, texts, seed)
        those = drawn(len(texts.labels["test"]), PUBLISHED_ACCURACY, seed)
        sequences = [texts.sequences["test"][i][:WORDS] for i in those]
        labels = [texts.labels["test"][i] for i in those]
        running = make_engine(model, "auto", "fast").running_logits(sequences, seed)
        right = accuracy(running[-1], labels)
        few = drawn(len(sequences), PUBLISHED_TEXTS, seed)
        some, right_ones = [sequences[i] for i in few], [labels[i] for i in few]
        ann, _ = load_run_model(run, "ann", TextModel)
        whole = measure_ann(ann, sequences, labels)[0].accuracy
        measured = [
            Measured(m.victim, f"published, {m.setting}", m.steps, m.layers, whole)
            for m in measure_ann(ann, some, right_ones)
        ]
        spiking = run_snn(model, some, seed)
        name = f"published, T={model.steps}, Poisson, shift"
        measured.append(Measured("snn", name, model.steps, spiking.layers(), right))
        return self.rows(measured, dataset, seed)

    def _published(self, run: RunFolder, texts: Texts, seed: int) -> SpikingTextModel:
        """The ANN of ``run`` converted as published; nothing is stored."""
        from snnconvert.convert.conversion import convert_model
        from snnconvert.pipelines.convert.choices import recipe_from
        from snnconvert.pipelines.data import calibration_texts

        settings = ConvertSettings(recipe="lv2023", allow_inexact=True)
        ann, _ = load_run_model(run, "ann", TextModel)
        chosen = calibration_texts(texts, settings.calibration, seed)
        return convert_model(ann, recipe_from(settings), chosen, seed).snn

    def rows(
        self, measured: Sequence[Measured], dataset: str, seed: int, more: Sequence[EnergyRow] = ()
    ) -> list[Row]:
        """Priced rows with the columns of the table, and ``more``."""
        found = [*priced(measured, self.tables), *more]
        return [{"dataset": dataset, **to_json(row), "seed": seed} for row in found]


@dataclass(frozen=True)
class Whole:
    """A split: its texts and labels, those whose work is counted, and running logits of all."""

    sequences: Sequence[np.ndarray]
    labels: Sequence[int]
    few: Sequence[int]
    running: Tensor


def mean_joules(table: EnergyTable, layers: Sequence[Layer]) -> float:
    """Mean joules a text by a table that prices everything."""
    joules = table.joules(layers)
    assert joules is not None
    return float(joules.mean())


def snn_measured(
    spiking: SpikingRun,
    victim: str,
    variant: Variant,
    whole: Whole,
    margins: dict[float, float],
) -> list[Measured]:
    """An SNN that runs all its steps, and with early exits: work on few texts, accuracy on all."""
    right = accuracy(whole.running[-1], whole.labels)
    found = [Measured(victim, variant.name, spiking.model.steps, spiking.layers(), right)]
    for budget, margin in margins.items():
        steps = exit_steps(whole.running, margin)
        found.append(
            Measured(
                victim,
                f"{variant.name}, early exit, budget {budget:g}",
                float(steps.mean()),
                spiking.layers(steps[list(whole.few)]),
                exit_accuracy(whole.running, steps, whole.labels),
            )
        )
    return found


def means(rows: Sequence[Row], model: str, what: str) -> dict[tuple[str, str, str], float]:
    """Mean over seeds of ``what``, by data set, victim and setting."""
    found: dict[tuple[str, str, str], list[float]] = {}
    for row in rows:
        if row["model"] == model and row[what] is not None:
            found.setdefault((row["dataset"], row["victim"], row["setting"]), []).append(row[what])
    return {key: float(np.mean(values)) for key, values in found.items()}


# early exits: what a text may cost on dev by compute alone, of the padding-skipping fp32 ANN
BUDGETS = (0.05, 0.06, 0.07, 0.08)
