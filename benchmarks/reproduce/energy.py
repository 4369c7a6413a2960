"""Energy of ANN and SNN on two data sets, three seeds: the tables of docs/reproduction/energy.*.

For each data set and seed a QCFS network is trained, converted and fine-tuned in several settings,
and every model's work is counted on the test texts and priced by every table. The published
setting (T = 50, Poisson input, shifted vectors, texts of 25 words) is counted beside it. Then the
operating point: the cheapest setting that keeps dev accuracy is chosen on dev, and shown on test.

Stopped, it goes on where it was: trained networks are run folders, measurements lines of a file.

    python benchmarks/reproduce/energy.py --data-dir DATA --embeddings VECTORS
"""

from __future__ import annotations

import argparse
import json
import logging
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from snnconvert.benchmarks.conversion.networks import vectors_of
from snnconvert.benchmarks.reproduce.energy_outputs import SNNS, Point, markdown, plot
from snnconvert.benchmarks.shared.common import content
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
from snnconvert.files import write_json, write_text
from snnconvert.models.snn import SpikingTextModel
from snnconvert.models.text_model import TextModel
from snnconvert.pipelines.convert.convert import convert
from snnconvert.pipelines.data import Texts, load_run_model, load_run_texts
from snnconvert.pipelines.energy.energy import drawn, peer_row
from snnconvert.pipelines.energy.measure import (
    Measured,
    SpikingRun,
    measure_ann,
    measure_quantised,
    priced,
    run_snn,
)
from snnconvert.pipelines.finetune.finetune import finetune
from snnconvert.pipelines.run_folder.run_folder import RunFolder
from snnconvert.pipelines.settings.convert import ConvertSettings
from snnconvert.pipelines.settings.data import DataSettings
from snnconvert.pipelines.settings.finetune import FinetuneSettings
from snnconvert.pipelines.settings.train import TrainSettings
from snnconvert.pipelines.train import train

ROOT = Path(__file__).resolve().parents[2]
DATASETS = ("sst2", "waimai")
SEEDS = (0, 1, 2)
LEVELS = 4
WORDS = 25  # of a text in the published code (sentence_length), cut or filled with zeros
PEER_TEXTS = 32  # that spikingjelly's models are given
COUNTED = 300  # texts of a split whose work is counted; accuracy is that of all
PUBLISHED_SEEDS = (0,)  # T = 50 is slow, and random draws change its work little
PUBLISHED_ACCURACY = 600  # test texts on which its accuracy is measured
PUBLISHED_TEXTS = 100  # of them, on which its work is counted
# early exits: what a text may cost on dev by compute alone, of the padding-skipping fp32 ANN
BUDGETS = (0.05, 0.06, 0.07, 0.08)
WITHIN = 1.0  # points below the ANN's accuracy that the operating point may be
MOST = 1 / 12  # of the padding-skipping fp32 ANN's energy, by compute alone
FINETUNE = FinetuneSettings(
    epochs=8, patience=2, lr=1e-3, dropout=0.5, tied=True, tensorboard=False, **OPTIMISER
)
Row = dict[str, Any]


@dataclass(frozen=True)
class Variant:
    """A conversion that is fine-tuned: T steps, soft threshold tau."""

    steps: int
    tau: float

    @property
    def name(self) -> str:
        """As run folders and rows call it."""
        return f"T={self.steps}" + (f", tau={self.tau:g}" if self.tau else "")


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
        convert(folder, ConvertSettings(steps=variant.steps, tau=variant.tau), seed)
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
    ) -> list[Row]:
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

        settings = ConvertSettings(recipe="lv2023", insist=True)
        ann, _ = load_run_model(run, "ann", TextModel)
        chosen = calibration_texts(texts, settings.calibration, seed)
        return convert_model(ann, recipe_from(settings), chosen, seed).snn

    def rows(
        self, measured: Sequence[Measured], dataset: str, seed: int, more: Sequence[Row] = ()
    ) -> list[Row]:
        """Priced rows with the columns of the table, and ``more``."""
        found = [*priced(measured, self.tables), *more]
        return [{"dataset": dataset, **row, "seed": seed} for row in found]


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


def choose(rows: Sequence[Row]) -> list[Row]:
    """The settings of both SNNs on dev, the cheapest that will do first.

    Cheap is by Lemaire's model, the mean of the data sets' ratios to the sparse ANN. A setting will
    do where on every data set its mean accuracy is within `WITHIN` points of the ANN's, and its
    energy by compute alone at most `MOST` of the padding-skipping ANN's.
    """
    right = means(rows, "compute-fp32", "accuracy")
    compute = means(rows, "compute-fp32", "joules_per_sentence")
    memory = means(rows, "lemaire2022", "ratio_to_sparse_ann")
    base = "padding skipped"
    found = []
    for victim, setting in dict.fromkeys((v, s) for _, v, s in right if v in SNNS):
        ours = [(d, victim, setting) for d in DATASETS]
        if not all(key in right for key in ours):
            continue
        losses = [100 * (right[(d, "ann", base)] - right[(d, v, s)]) for d, v, s in ours]
        shares = [compute[(d, v, s)] / compute[(d, "ann", base)] for d, v, s in ours]
        cost = float(np.mean([memory[key] for key in ours]))
        found.append(
            {
                "victim": victim,
                "setting": setting,
                "loss": max(losses),
                "compute": max(shares),
                "lemaire": cost,
                "will_do": max(losses) <= WITHIN and max(shares) <= MOST,
            }
        )
    return sorted(found, key=lambda row: (not row["will_do"], row["lemaire"]))


def main(words: Sequence[str] | None = None) -> int:
    """Measure what is missing, and write the three files."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--data-dir", help="folder of the data sets (or SNNCONVERT_DATA)")
    parser.add_argument("--embeddings", type=Path, default=ROOT.parent / "shared" / "embeddings")
    parser.add_argument("--work", type=Path, default=ROOT / "runs" / "energy")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "reproduction")
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS, help="seeds (0 1 2)")
    given = parser.parse_args(words)
    logging.getLogger("snnconvert").setLevel(logging.WARNING)
    study = Study(given.work, given.data_dir, given.embeddings)
    tuned = {
        (dataset, seed, variant): study.part(
            f"{dataset} {variant.name} {seed}",
            lambda d=dataset, s=seed, v=variant: study.tuned_rows(d, s, v),
        )
        for variant in VARIANTS
        for seed in given.seeds
        for dataset in DATASETS
    }
    dev = [row for found in tuned.values() for row in found["dev"]]
    choice = choose(dev)
    point = Point(choice[0]["victim"], choice[0]["setting"])
    rows = [
        row
        for (_, _, variant), found in tuned.items()
        for row in found["test"]
        if shown(row, variant, point)
    ]
    for dataset in DATASETS:
        for seed in PUBLISHED_SEEDS:
            rows += study.part(
                f"{dataset} published {seed}",
                lambda d=dataset, s=seed: study.published_rows(d, s),
            )
    settings = {
        "datasets": ", ".join(DATASETS),
        "seeds": ", ".join(map(str, given.seeds)),
        "levels": LEVELS,
        "counted": f"{COUNTED} test texts a seed; accuracy on all",
        "finetune": f"{FINETUNE.epochs} epochs at most, lr {FINETUNE.lr}, dropout 0.5",
        "published": f"lv2023, texts of {WORDS} words, counted on {PUBLISHED_TEXTS} texts, "
        f"accuracy on {PUBLISHED_ACCURACY}",
        "operating_point": str(point),
    }
    write_json(given.out / "energy.json", content(settings, rows) | {"choice_on_dev": choice})
    write_text(given.out / "energy.md", markdown(rows, settings, choice, point))
    plot(given.out / "energy.png", rows, point)
    return 0


def shown(row: Row, variant: Variant, point: Point) -> bool:
    """Whether a row of test belongs to the table: its variant's, or the operating point's."""
    at = Point(row["victim"], row["setting"])
    plain = variant == TABLED and (row["victim"] not in SNNS or row["setting"] == TABLED.name)
    return plain or at == point


if __name__ == "__main__":
    sys.exit(main())
