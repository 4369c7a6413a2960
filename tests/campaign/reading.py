"""What opens a file of each kind, as the commands do it: given a folder of them all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from snnconvert.checked_json import read_value
from snnconvert.typed_json import from_json

Read = Callable[[Path], object]


def results(run: Path) -> None:
    from snnconvert.pipelines.run_folder.run_folder import RunFolder

    folder = RunFolder(run)
    folder.models()
    folder.last_model()
    folder.stamp("snn", {})


def config(run: Path) -> None:
    from snnconvert.pipelines.run_folder.again import command_for
    from snnconvert.pipelines.run_folder.run_folder import RunFolder

    folder = RunFolder(run)
    config = folder.config()
    for stage in ("ann", "finetuned", "attack", "energy", "ann-adversarial", "teacher"):
        command_for(stage, run, config)


def recipe_again(run: Path) -> None:
    from snnconvert.pipelines.run_folder.again import command_for
    from snnconvert.pipelines.run_folder.run_folder import RunFolder

    command_for("snn", run, RunFolder(run).config())


def data_of_run(run: Path) -> None:
    from snnconvert.pipelines.data import load_run_data
    from snnconvert.pipelines.run_folder.run_folder import RunFolder

    load_run_data(RunFolder(run))


def model(stage: str) -> Read:
    def read(run: Path) -> None:
        from snnconvert.models.saving import load_code, load_model

        load_model(run / stage)
        if stage != "ann":
            load_code(run / stage)

    return read


def predict(run: Path) -> None:
    """Text stage and model without the hashes that a run has of them, on a text."""
    from snnconvert.engine.classifier import ModelClassifier
    from snnconvert.models.saving import load_model
    from snnconvert.text.stages.load import load_stage

    stage = load_stage(run / "text")
    ModelClassifier(stage, *load_model(run / "finetuned"), 2).predict(["a good film", ""])


def stage(run: Path) -> None:
    from snnconvert.text.stages.load import load_stage

    load_stage(run / "text").encode(["a good film, a bad one", ""])


def records(run: Path) -> None:
    from snnconvert.attacks.records import partial_records, read_records
    from snnconvert.attacks.statistics.scores import score

    partial_records(run / "attack")
    score(read_records(run / "attack" / "ann.deepwordbug.jsonl")[1])


def record(kind: str, stage: str, file: str) -> Read:
    def read(run: Path) -> None:
        from importlib import import_module

        module, _, name = kind.partition(":")
        cls: Any = getattr(import_module(f"snnconvert.{module}"), name)
        from_json(cls, read_value(run / stage / file, "a file of a run", "make it again"))

    return read


def report(run: Path) -> None:
    from snnconvert.pipelines.report.page import render
    from snnconvert.pipelines.report.read import Run

    render(Run(run))


def recipe(run: Path) -> None:
    from snnconvert.convert.recipes.options import from_options
    from snnconvert.convert.recipes.published import load_options

    from_options(load_options(str(run / "snn" / "recipe.yaml"))[1])


def settings(run: Path) -> None:
    from snnconvert.pipelines.cli.config_file import parse
    from snnconvert.pipelines.cli.entry import command_parser

    parse(command_parser("train"), ["--config", str(run / "train.yaml"), "--out", str(run / "x")])


def tables(run: Path) -> None:
    from snnconvert.energy.tables import all_tables

    all_tables(run / "prices.yaml")


def dataset(file: str) -> Read:
    def read(run: Path) -> None:
        from snnconvert.text.datasets.dataset import load_dataset

        load_dataset(run / file)

    return read


def vectors(file: str) -> Read:
    def read(run: Path) -> None:
        from snnconvert.text.vectors.load import load_vectors

        load_vectors(run / file, progress=False)

    return read


def dictionary(run: Path) -> None:
    from snnconvert.text.writing.dictionary import UserDictionary

    UserDictionary.read(run / "words.txt")


def checkpoint(run: Path) -> None:
    from snnconvert.pipelines.training.checkpoint import read_checkpoint

    read_checkpoint(run / "train.checkpoint.safetensors", "stamp")


def log(run: Path) -> None:
    from snnconvert.pipelines.report.sections.learning.log import read_log

    read_log(run / "ann" / "train.csv")


def texts(run: Path) -> None:
    from snnconvert.pipelines.streams.texts import TextSource

    for name in ("rows.jsonl", "rows.csv", "rows.txt"):
        with TextSource(str(run / name)).batches() as batches:
            for _ in batches:
                pass


def sweep(run: Path) -> None:
    from snnconvert.pipelines.run_folder.records.sweep import read_sweep

    read_sweep(run / "snn" / "sweep.json")


def seeds(run: Path) -> None:
    from snnconvert.pipelines.run_folder.seed_folders import runs_in
    from snnconvert.pipelines.statistics.summary import read_summary

    runs_in(run / "seeds")
    read_summary(run / "seeds")


def bert(run: Path) -> None:
    from snnconvert.models.saving import load_model

    load_model(run / "bert")


def bert_stage(run: Path) -> None:
    from snnconvert.text.stages.load import load_stage

    load_stage(run / "bert" / "text").encode(["a good film, a bad one", ""])


def bert_says(run: Path) -> None:
    """Stage and network without the hashes that a run has of them, on a text."""
    from snnconvert.engine.classifier import ModelClassifier
    from snnconvert.models.saving import load_model
    from snnconvert.text.stages.load import load_stage

    stage = load_stage(run / "bert" / "text")
    ModelClassifier(stage, *load_model(run / "bert"), 2).predict(["a good film", ""])


def hub(run: Path) -> None:
    from snnconvert.interop.hf.folder import read_folder

    read_folder(run / "hub")


def further(run: Path) -> None:
    from snnconvert.pipelines.teach.read import read_further

    read_further(run / "teacher" / "extra.jsonl")


def npz(run: Path) -> None:
    from snnconvert.interop.npz import read_npz

    read_npz(run / "exported" / "model.npz")


def nir(run: Path) -> None:
    from snnconvert.interop.nir.reading import read

    read(run / "exported" / "network.nir")
