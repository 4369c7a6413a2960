"""Every file that a run or a user gives, and what reads it: all of them, by name."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass

from snnconvert.tests.campaign import reading
from snnconvert.tests.campaign.given import FILES, SAMPLE
from snnconvert.tests.campaign.hdf5 import hdf5
from snnconvert.tests.campaign.mutations import (
    Mutation,
    json_lines,
    json_tree,
    lines,
    raw,
    safetensors,
    yaml_tree,
)
from snnconvert.tests.campaign.reading import Read


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


HAS_NIR = importlib.util.find_spec("nir") is not None
_RECORDS = "pipelines.run_folder.records"
READERS: tuple[Reader, ...] = (
    Reader("results", "results.json", json_tree, reading.results, 20),
    Reader("results in a report", "results.json", json_tree, reading.report, 1),
    Reader("config", "config.yaml", yaml_tree, reading.config, 20),
    Reader("config, recipe", "config.yaml", yaml_tree, reading.recipe_again, 2),
    Reader("config in a report", "config.yaml", yaml_tree, reading.report, 1),
    Reader("config, data", "config.yaml", yaml_tree, reading.data_of_run, 2),
    Reader("spec of an ANN", "ann/spec.json", json_tree, reading.model("ann"), 60),
    Reader("spec of an SNN", "snn/spec.json", json_tree, reading.model("snn"), 60),
    Reader("spec, predict", "finetuned/spec.json", json_tree, reading.predict, 4),
    Reader("weights", "snn/weights.safetensors", safetensors, reading.model("snn"), 60),
    Reader("text stage", "text/stage.json", json_tree, reading.stage),
    Reader("text stage, predict", "text/stage.json", json_tree, reading.predict, 2),
    Reader("vocabulary", "text/vocabulary.txt", lines, reading.stage),
    Reader("records", "attack/ann.deepwordbug.jsonl", json_lines, reading.records, 60),
    Reader(
        "records in a report",
        "attack/ann.deepwordbug.jsonl",
        json_lines,
        reading.report,
        1,
    ),
    Reader(
        "conversion",
        "snn/conversion.json",
        json_tree,
        reading.record(f"{_RECORDS}.conversion:ConversionReport", "snn", "conversion.json"),
    ),
    Reader("conversion in a report", "snn/conversion.json", json_tree, reading.report, 1),
    Reader(
        "rasters",
        "finetuned/raster.json",
        json_tree,
        reading.record(f"{_RECORDS}.spikes:Rasters", "finetuned", "raster.json"),
    ),
    Reader("rasters in a report", "finetuned/raster.json", json_tree, reading.report, 1),
    Reader("activity in a report", "finetuned/activity.json", json_tree, reading.report, 1),
    Reader(
        "energy",
        "energy/energy.json",
        json_tree,
        reading.record(f"{_RECORDS}.energy:EnergyFile", "energy", "energy.json"),
        2,
    ),
    Reader(
        "explained",
        "explain/texts.json",
        json_tree,
        reading.record(f"{_RECORDS}.explained:ExplainedTexts", "explain", "texts.json"),
    ),
    Reader("explained in a report", "explain/texts.json", json_tree, reading.report, 1),
    Reader("recipe", "snn/recipe.yaml", yaml_tree, reading.recipe, 20),
    Reader("settings", "train.yaml", yaml_tree, reading.settings, 20),
    Reader("prices", "prices.yaml", yaml_tree, reading.tables),
    Reader("TSV", "rows.tsv", lines, reading.dataset("rows.tsv")),
    Reader("CSV", "rows.csv", lines, reading.dataset("rows.csv")),
    Reader("JSONL", "rows.jsonl", json_lines, reading.dataset("rows.jsonl")),
    Reader("JSON", "rows.json", json_tree, reading.dataset("rows.json")),
    Reader("TSV, compressed", "rows.tsv.gz", raw, reading.dataset("rows.tsv.gz")),
    Reader("vectors, text", "vectors.txt", lines, reading.vectors("vectors.txt")),
    Reader("vectors, binary", "vectors.bin", raw, reading.vectors("vectors.bin")),
    Reader("vectors, compressed", "vectors.txt.gz", raw, reading.vectors("vectors.txt.gz")),
    Reader("dictionary", "words.txt", lines, reading.dictionary),
    Reader("checkpoint", "train.checkpoint.safetensors", safetensors, reading.checkpoint),
    Reader("training log", "ann/train.csv", lines, reading.log),
    Reader("texts, JSONL", "rows.jsonl", json_lines, reading.texts),
    Reader("texts, CSV", "rows.csv", lines, reading.texts),
    Reader("rows of a sweep", "snn/sweep.json", json_tree, reading.sweep),
    Reader("summary of seeds", "seeds/summary.json", json_tree, reading.seeds),
    Reader("spec of a BERT", "bert/spec.json", json_tree, reading.bert),
    Reader("weights of a BERT", "bert/weights.safetensors", safetensors, reading.bert),
    Reader("spec of a BERT, predict", "bert/spec.json", json_tree, reading.bert_says, 4),
    Reader("word pieces", "bert/text/vocabulary.txt", lines, reading.bert_stage),
    Reader("stage of pieces", "bert/text/stage.json", json_tree, reading.bert_stage),
    Reader("hub", "hub/config.json", json_tree, reading.hub),
    Reader("a teacher's texts", "teacher/extra.jsonl", json_lines, reading.further),
    Reader("NPZ", "exported/model.npz", raw, reading.npz),
    *([Reader("NIR", "exported/network.nir", hdf5, reading.nir, 4)] if HAS_NIR else []),
)
