"""Every file that a run or a user gives, and what reads it: all of them, by name."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from snnconvert.checked_json import read_value
from snnconvert.tests.campaign import mutations
from snnconvert.tests.campaign.mutations import Mutation
from snnconvert.typed_json import from_json

SAMPLE = Path(__file__).parent / "sample"
"""A small run with every stage, as commands have made it."""
Read = Callable[[Path], object]


@dataclass(frozen=True)
class Reader:
    """A kind of file.

    name: of the kind; file: in the folder that `read` is given, a copy of the sample with one file
    changed; mutate: makes it almost right; weight: how often its turn comes, by how fast it is
    """

    name: str
    file: str
    mutate: Mutation
    read: Read
    weight: int = 40

    def good(self) -> bytes:
        """The file as it should be."""
        return FILES[self.file]() if self.file in FILES else (SAMPLE / self.file).read_bytes()


def _results(run: Path) -> None:
    from snnconvert.pipelines.run_folder.run_folder import RunFolder

    folder = RunFolder(run)
    folder.models()
    folder.last_model()
    folder.stamp("snn", {})


def _config(run: Path) -> None:
    from snnconvert.pipelines.run_folder.again import command_for
    from snnconvert.pipelines.run_folder.run_folder import RunFolder

    folder = RunFolder(run)
    config = folder.config()
    for stage in ("ann", "finetuned", "attack", "energy", "ann-adversarial", "teacher"):
        command_for(stage, run, config)


def _recipe_again(run: Path) -> None:
    from snnconvert.pipelines.run_folder.again import command_for
    from snnconvert.pipelines.run_folder.run_folder import RunFolder

    command_for("snn", run, RunFolder(run).config())


def _data_of_run(run: Path) -> None:
    from snnconvert.pipelines.data import load_run_data
    from snnconvert.pipelines.run_folder.run_folder import RunFolder

    load_run_data(RunFolder(run))


def _model(stage: str) -> Read:
    def read(run: Path) -> None:
        from snnconvert.models.saving import load_code, load_model

        load_model(run / stage)
        if stage != "ann":
            load_code(run / stage)

    return read


def _predict(run: Path) -> None:
    """Text stage and model without the hashes that a run has of them, on a text."""
    from snnconvert.engine.classifier import ModelClassifier
    from snnconvert.models.saving import load_model
    from snnconvert.text.stages.load import load_stage

    stage = load_stage(run / "text")
    ModelClassifier(stage, *load_model(run / "finetuned"), 2).predict(["a good film", ""])


def _stage(run: Path) -> None:
    from snnconvert.text.stages.load import load_stage

    load_stage(run / "text").encode(["a good film, a bad one", ""])


def _records(run: Path) -> None:
    from snnconvert.attacks.records import partial_records, read_records
    from snnconvert.attacks.statistics.scores import score

    partial_records(run / "attack")
    score(read_records(run / "attack" / "ann.deepwordbug.jsonl")[1])


def _record(kind: str, stage: str, file: str) -> Read:
    def read(run: Path) -> None:
        from importlib import import_module

        module, _, name = kind.partition(":")
        cls: Any = getattr(import_module(f"snnconvert.{module}"), name)
        from_json(cls, read_value(run / stage / file, "a file of a run", "make it again"))

    return read


def _report(run: Path) -> None:
    from snnconvert.pipelines.report.page import render
    from snnconvert.pipelines.report.read import Run

    render(Run(run))


def _recipe(run: Path) -> None:
    from snnconvert.convert.recipes.options import from_options
    from snnconvert.convert.recipes.published import load_options

    from_options(load_options(str(run / "snn" / "recipe.yaml"))[1])


def _settings(run: Path) -> None:
    from snnconvert.pipelines.cli.config_file import parse
    from snnconvert.pipelines.cli.entry import command_parser

    parse(command_parser("train"), ["--config", str(run / "train.yaml"), "--out", str(run / "x")])


def _tables(run: Path) -> None:
    from snnconvert.energy.tables import all_tables

    all_tables(run / "prices.yaml")


def _dataset(file: str) -> Read:
    def read(run: Path) -> None:
        from snnconvert.text.datasets.dataset import load_dataset

        load_dataset(run / file)

    return read


def _vectors(file: str) -> Read:
    def read(run: Path) -> None:
        from snnconvert.text.vectors.load import load_vectors

        load_vectors(run / file, progress=False)

    return read


def _dictionary(run: Path) -> None:
    from snnconvert.text.writing.dictionary import UserDictionary

    UserDictionary.read(run / "words.txt")


def _checkpoint(run: Path) -> None:
    from snnconvert.pipelines.training.checkpoint import read_checkpoint

    read_checkpoint(run / "train.checkpoint.safetensors", "stamp")


def _log(run: Path) -> None:
    from snnconvert.pipelines.report.sections.learning.log import read_log

    read_log(run / "ann" / "train.csv")


def _texts(run: Path) -> None:
    from snnconvert.pipelines.streams.texts import TextSource

    for name in ("rows.jsonl", "rows.csv", "rows.txt"):
        with TextSource(str(run / name)).batches() as batches:
            for _ in batches:
                pass


ROWS = [(k % 2, f"the film number {k} was {('bad', 'good')[k % 2]}, and long") for k in range(30)]
WORDS = ("film", "good", "bad", "the", "long", "and", "was", "number")


def _tsv() -> bytes:
    return "".join(f"{('neg', 'pos')[y]}\t{text}\n" for y, text in ROWS).encode()


def _csv() -> bytes:
    rows = (f'{("neg", "pos")[y]},"{text}"\n' for y, text in ROWS)
    return ("label,text\n" + "".join(rows)).encode()


def _jsonl() -> bytes:
    return "".join(f'{{"label": {y}, "text": "{text}"}}\n' for y, text in ROWS).encode()


def _json() -> bytes:
    return ("[" + ",".join(_jsonl().decode().splitlines()) + "]").encode()


def _text_vectors() -> bytes:
    rows = (
        f"{w} " + " ".join(f"{(i * k) % 7 / 7:.3f}" for k in range(5)) for i, w in enumerate(WORDS)
    )
    return (f"{len(WORDS)} 5\n" + "\n".join(rows) + "\n").encode()


def _binary_vectors() -> bytes:
    import numpy as np

    rows = (w.encode() + b" " + np.full(5, i / 9, "<f4").tobytes() for i, w in enumerate(WORDS))
    return f"{len(WORDS)} 5\n".encode() + b"\n".join(rows)


def _made_checkpoint() -> bytes:
    import json
    from dataclasses import asdict

    import torch
    from safetensors.torch import save

    from snnconvert.pipelines.training.checkpoint import State

    metadata = {"state": json.dumps(asdict(State(epoch=1))), "stamp": "stamp"}
    return bytes(save({"model.a": torch.zeros(2), "best.a": torch.zeros(2)}, metadata))


PRICES = b"mine:\n  title: Mine\n  pj: {mac: 4.6, add: 0.9}\n  memory: [[8192, 10], [32768, 20]]\n"
TRAIN = b"epochs: 3\nlr: 0.01\nwidths: [2, 3]\ntrain-vectors: true\nlimit: 60\nvectors: random\n"
FILES: dict[str, Callable[[], bytes]] = {
    "prices.yaml": lambda: PRICES,
    "train.yaml": lambda: TRAIN,
    "rows.tsv": _tsv,
    "rows.csv": _csv,
    "rows.jsonl": _jsonl,
    "rows.json": _json,
    "rows.txt": lambda: "\n".join(text for _, text in ROWS).encode(),
    "rows.tsv.gz": lambda: gzip.compress(_tsv(), mtime=0),
    "vectors.txt": _text_vectors,
    "vectors.bin": _binary_vectors,
    "vectors.txt.gz": lambda: gzip.compress(_text_vectors(), mtime=0),
    "words.txt": lambda: "云计算 5 n\n深度学习 3\n好看\n".encode(),
    "train.checkpoint.safetensors": _made_checkpoint,
}
"""What is no file of the sample."""
_RECORDS = "pipelines.run_folder.records"
READERS: tuple[Reader, ...] = (
    Reader("results", "results.json", mutations.json_tree, _results, 20),
    Reader("results in a report", "results.json", mutations.json_tree, _report, 1),
    Reader("config", "config.yaml", mutations.yaml_tree, _config, 20),
    Reader("config, recipe", "config.yaml", mutations.yaml_tree, _recipe_again, 2),
    Reader("config in a report", "config.yaml", mutations.yaml_tree, _report, 1),
    Reader("config, data", "config.yaml", mutations.yaml_tree, _data_of_run, 2),
    Reader("spec of an ANN", "ann/spec.json", mutations.json_tree, _model("ann"), 60),
    Reader("spec of an SNN", "snn/spec.json", mutations.json_tree, _model("snn"), 60),
    Reader("spec, predict", "finetuned/spec.json", mutations.json_tree, _predict, 4),
    Reader("weights", "snn/weights.safetensors", mutations.safetensors, _model("snn"), 60),
    Reader("text stage", "text/stage.json", mutations.json_tree, _stage),
    Reader("text stage, predict", "text/stage.json", mutations.json_tree, _predict, 2),
    Reader("vocabulary", "text/vocabulary.txt", mutations.lines, _stage),
    Reader("records", "attack/ann.deepwordbug.jsonl", mutations.json_lines, _records, 60),
    Reader("records in a report", "attack/ann.deepwordbug.jsonl", mutations.json_lines, _report, 1),
    Reader(
        "conversion",
        "snn/conversion.json",
        mutations.json_tree,
        _record(f"{_RECORDS}.conversion:ConversionReport", "snn", "conversion.json"),
    ),
    Reader("conversion in a report", "snn/conversion.json", mutations.json_tree, _report, 1),
    Reader(
        "rasters",
        "finetuned/raster.json",
        mutations.json_tree,
        _record(f"{_RECORDS}.spikes:Rasters", "finetuned", "raster.json"),
    ),
    Reader("rasters in a report", "finetuned/raster.json", mutations.json_tree, _report, 1),
    Reader("activity in a report", "finetuned/activity.json", mutations.json_tree, _report, 1),
    Reader(
        "energy",
        "energy/energy.json",
        mutations.json_tree,
        _record(f"{_RECORDS}.energy:EnergyFile", "energy", "energy.json"),
        2,
    ),
    Reader(
        "explained",
        "explain/texts.json",
        mutations.json_tree,
        _record(f"{_RECORDS}.explained:ExplainedTexts", "explain", "texts.json"),
    ),
    Reader("explained in a report", "explain/texts.json", mutations.json_tree, _report, 1),
    Reader("recipe", "snn/recipe.yaml", mutations.yaml_tree, _recipe, 20),
    Reader("settings", "train.yaml", mutations.yaml_tree, _settings, 20),
    Reader("prices", "prices.yaml", mutations.yaml_tree, _tables),
    Reader("TSV", "rows.tsv", mutations.lines, _dataset("rows.tsv")),
    Reader("CSV", "rows.csv", mutations.lines, _dataset("rows.csv")),
    Reader("JSONL", "rows.jsonl", mutations.json_lines, _dataset("rows.jsonl")),
    Reader("JSON", "rows.json", mutations.json_tree, _dataset("rows.json")),
    Reader("TSV, compressed", "rows.tsv.gz", mutations.raw, _dataset("rows.tsv.gz")),
    Reader("vectors, text", "vectors.txt", mutations.lines, _vectors("vectors.txt")),
    Reader("vectors, binary", "vectors.bin", mutations.raw, _vectors("vectors.bin")),
    Reader("vectors, compressed", "vectors.txt.gz", mutations.raw, _vectors("vectors.txt.gz")),
    Reader("dictionary", "words.txt", mutations.lines, _dictionary),
    Reader("checkpoint", "train.checkpoint.safetensors", mutations.safetensors, _checkpoint),
    Reader("training log", "ann/train.csv", mutations.lines, _log),
    Reader("texts, JSONL", "rows.jsonl", mutations.json_lines, _texts),
    Reader("texts, CSV", "rows.csv", mutations.lines, _texts),
)
