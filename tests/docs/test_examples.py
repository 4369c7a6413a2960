"""The examples of docs/extending: short, shown on their page, and working."""

from __future__ import annotations

import importlib.util
import json
import math
import re
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from snnconvert.pipelines.cli import main

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = {path.name: path.read_text("utf-8") for path in sorted((DOCS / "extending").glob("*.md"))}


def example(name: str):
    """An example's file as a module."""
    name, file = f"example_{name}", name
    spec = importlib.util.spec_from_file_location(name, DOCS / "examples" / f"{file}.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # where dataclasses look for the types of their fields
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def trained(tiny_run):
    """ANN and texts of a tiny run."""
    from snnconvert.models.text_model import TextModel
    from snnconvert.pipelines.data import load_run_model, load_run_texts
    from snnconvert.pipelines.run_folder.run_folder import RunFolder

    run = RunFolder(tiny_run)
    return load_run_model(run, "ann", TextModel)[0], load_run_texts(run)


@pytest.mark.parametrize("path", sorted((DOCS / "examples").glob("*.py")), ids=lambda p: p.stem)
def test_examples_are_short_and_shown(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) < 40
    pages = PAGES.values()
    assert sum(f'--8<-- "examples/{path.name}"' in text for text in pages) == 1


def test_example_of_an_encoder(tiny_run, tmp_path):
    from snnconvert.models.encoders import CODES

    module = example("encoder")
    try:
        assert module.halves(4) == [0.5, 0.25, 0.75, 0.125]
        x = torch.linspace(0, 1, 101).reshape(1, 1, -1)
        frames = CODES["corput"].encode(x, 7)  # (T, 1, 1, 101)
        assert set(frames.unique().tolist()) == {0.0, 1.0} and frames[..., 0].sum() == 0
        # 7 steps are the thresholds 1/8 ... 7/8, so the count is the number of those below x
        below = (x[0, 0][:, None] > torch.arange(1, 8) / 8).sum(dim=1)
        assert torch.equal(frames.sum(dim=0)[0, 0].long(), below)
        run = str(shutil.copytree(tiny_run, tmp_path / "run"))
        assert main(["convert", run, "--encoder", "corput", "--steps", "7", "--force"]) == 0
    finally:
        CODES.remove("corput")


def test_example_of_a_book(tiny_run, tmp_path):
    from snnconvert.models.encoders.books import BOOKS
    from snnconvert.pipelines.data import load_classifier
    from snnconvert.pipelines.run_folder.run_folder import RunFolder

    run = shutil.copytree(tiny_run, tmp_path / "run")
    module = example("book")
    try:
        assert isinstance(BOOKS["hashing"], module.Hashing)
        (words,) = re.findall(r'^main\("(.+)"\.split', PAGES["book.md"], re.MULTILINE)
        assert main(words.replace("runs/en", str(run)).split()) == 0
    finally:
        BOOKS.remove("hashing")
    model = load_classifier(RunFolder(run), "snn").model  # without the book
    assert model.encoder.code == "hashing" and model.encoder.slices == 2
    assert model.embedding.embedding_dim == 2 * 65  # 64 bits and the presence, twice


def test_example_of_an_energy_table(tiny_run, tmp_path):
    from snnconvert.energy.tables import TABLES

    run = shutil.copytree(tiny_run, tmp_path / "run")
    module = example("energy_table")
    try:
        priced = module.price(run)
    finally:
        TABLES.remove("ours-22nm")
    assert {name.partition(",")[0] for name in priced} >= {"ann", "sparse-ann", "snn", "finetuned"}
    assert priced["ann, dense"] > max(v for k, v in priced.items() if k.startswith("sparse")) > 0


def test_example_of_a_text_stage(tmp_path):
    from snnconvert import TextClassifier
    from snnconvert.text.stages import STAGES

    module = example("text_stage")
    try:
        run = module.train_on_characters(tmp_path / "run")
        assert TextClassifier.load(run).segment("Ab c") == ["a", "b", "c"]
    finally:
        STAGES.remove("characters")


def test_example_of_a_vector_stage(tmp_path):
    from snnconvert import TextClassifier
    from snnconvert.text.stages import STAGES

    module = example("vector_stage")
    try:
        run = module.train_on_ngrams(tmp_path / "run")
        (vector,) = TextClassifier.load(run).stage.encode("a good film")
        assert vector.shape == (1, 64) and vector.any() and abs(vector).max() <= 1
    finally:
        STAGES.remove("ngrams")


def test_example_of_a_section(tiny_run, tmp_path):
    from snnconvert.pipelines.report.sections import SECTIONS

    run = shutil.copytree(tiny_run, tmp_path / "run")
    module = example("report_section")
    try:
        text = module.page_of(run).read_text(encoding="utf-8")
    finally:
        SECTIONS.remove("training")
    rows = (run / "ann" / "train.csv").read_text(encoding="utf-8").splitlines()[1:]
    section = text.split('<h2 id="training-h">Training</h2>')[1].split("</section>")[0]
    assert section.count('<tr><th scope="row">') == len(rows) > 0
    assert '<a href="#training">Training</a>' in text


def test_example_of_an_export(tiny_run, tmp_path):
    from snnconvert.interop import EXPORTS

    run = shutil.copytree(tiny_run, tmp_path / "run")
    try:
        path = example("export").table_of(run)
    finally:
        EXPORTS.remove("layers")
    lines = path.read_text(encoding="utf-8").splitlines()
    assert path == run / "export" / "finetuned.csv" and lines[0] == "node,type,reads,numbers"
    assert any(line.startswith("readout,Linear,concat,") for line in lines)


def test_example_of_a_threshold_rule(trained):
    from snnconvert.convert.conversion import balance, convert_model
    from snnconvert.convert.recipes.recipe import ConversionRecipe
    from snnconvert.convert.thresholds import RULES
    from snnconvert.convert.thresholds.spec import ThresholdRule

    ann, texts = trained
    sequences = texts.sequences["train"][:20]
    example("threshold")
    try:
        recipe = ConversionRecipe(steps=3, threshold=ThresholdRule("sigma"))
        thresholds, used = balance(ann, recipe, sequences)
        assert set(thresholds) == {"act2", "act3"} and set(used.values()) == {"sigma"}
        values = np.concatenate([active(ann, ids, "act2") for ids in sequences])
        expected = values.mean() + 3 * values.std(ddof=1)
        assert float(thresholds["act2"]) == pytest.approx(expected, rel=1e-4)
        snn = convert_model(ann, recipe, sequences).snn
    finally:
        RULES.remove("sigma")
    ids = torch.from_numpy(sequences[0]).unsqueeze(0)
    assert snn(ids, torch.tensor([ids.shape[1]])).shape == (3, 1, 2)


@torch.no_grad()
def active(ann, ids: np.ndarray, name: str) -> np.ndarray:
    """Activations above zero of one text, by itself: no padding that could count."""
    from snnconvert.models.network import Signal

    record: dict[str, Signal] = {}
    batch = torch.from_numpy(ids).unsqueeze(0)
    ann.network(Signal(ann.embed(batch), torch.tensor([len(ids)])), record)
    values = record[name].masked().numpy().ravel()
    return values[values > 0]


def test_example_of_a_loss(tiny_run, tmp_path):
    from snnconvert.pipelines.training.losses import LOSSES

    run = shutil.copytree(tiny_run, tmp_path / "run")
    module = example("loss")
    try:
        # gamma 0 is the cross entropy; at p = 1/2 a text counts (1/2)^gamma
        outputs, labels = torch.randn(5, 3), torch.tensor([0, 2, 1, 1, 0])
        weight = torch.tensor([1.0, 2.0, 0.5])
        for shares in (None, weight):
            expected = torch.nn.functional.cross_entropy(outputs, labels, shares)
            torch.testing.assert_close(module.Focal(0.0).loss(outputs, labels, shares), expected)
        even = torch.zeros(1, 2)
        found = module.Focal(3.0).loss(even, torch.tensor([1]))
        assert float(found) == pytest.approx(0.5**3 * math.log(2))
        words = ["finetune", str(run), "--epochs", "1", "--loss", "focal", "--gamma", "1"]
        assert main([*words, "--tensorboard", "false", "--force"]) == 0
        config = yaml.safe_load((run / "config.yaml").read_text("utf-8"))["finetuned"]
        assert (config["loss"], config["gamma"]) == ("focal", 1.0)
    finally:
        LOSSES.remove("focal")


def test_example_of_an_engine(tiny_run, capsys):
    from snnconvert.engine.engines import make_engine
    from snnconvert.engine.kinds import ENGINES
    from snnconvert.models.snn import SpikingTextModel
    from snnconvert.pipelines.data import load_run_model
    from snnconvert.pipelines.run_folder.run_folder import RunFolder

    module = example("engine")
    try:
        capsys.readouterr()
        words = ["evaluate", str(tiny_run), "--model", "snn", "--json", "--precision", "fast"]
        figures = []
        for name in ("double", "reference"):
            assert main([*words, "--engine", name]) == 0
            figures.append(json.loads(capsys.readouterr().out))
            del figures[-1]["cpu_seconds"]
        assert figures[0] == figures[1] and figures[0]["sops_per_sample"] > 0
        snn, _ = load_run_model(RunFolder(tiny_run), "snn", SpikingTextModel)
        engine = make_engine(snn, "double")
        assert isinstance(engine, module.DoubleEngine)
        assert engine.model.embedding.weight.dtype == torch.float64
        assert not isinstance(make_engine(snn), module.DoubleEngine)
    finally:
        ENGINES.remove("double")


def test_example_of_a_neuron(trained):
    from snnconvert.convert.conversion import convert_model
    from snnconvert.convert.recipes.recipe import ConversionRecipe
    from snnconvert.models.neurons import NEURONS
    from snnconvert.models.neurons.spec import NeuronSpec

    ann, texts = trained
    module = example("neuron")
    try:
        # by hand, floor 1, V(0) 0.5, I = -3, 2, 2: V = -1, 1*, 2*
        spikes = module.Floored().run(torch.tensor([[-3.0], [2.0], [2.0]]))
        assert spikes.flatten().tolist() == [0, 1, 1]
        recipe = ConversionRecipe(steps=8, neuron=NeuronSpec("floored", floor=0.5))
        snn = convert_model(ann, recipe, texts.sequences["train"][:20]).snn
        assert {n.floor for n in snn.network.nodes.values() if hasattr(n, "floor")} == {0.5}
    finally:
        NEURONS.remove("floored")


def test_example_of_a_family(tmp_path):
    from snnconvert.models.families import FAMILIES

    example("family")
    try:
        words = ["--limit", "40", "--dim", "4", "--epochs", "1", "--tensorboard", "false"]
        network = ["--model", "stack", "--depth", "2", "--channels", "3"]
        assert main(["train", "--out", str(tmp_path / "run"), *words, *network]) == 0
        spec = json.loads((tmp_path / "run" / "ann" / "spec.json").read_text(encoding="utf-8"))
        names = [node["name"] for node in spec["nodes"]]
        assert names == ["conv0", "act0", "conv1", "act1", "pool", "readout"]
        assert main(["convert", str(tmp_path / "run"), "--steps", "4"]) == 0
    finally:
        FAMILIES.remove("stack")


def test_example_of_a_data_set(tmp_path, capsys):
    module = example("dataset")
    rows = [
        ("good" if i % 2 else "bad", f"text number {i} is {'fine' if i % 2 else 'poor'}")
        for i in range(60)
    ]
    path = module.write(rows, tmp_path / "mine.jsonl")
    run = module.train_on(path, tmp_path / "run")
    assert run.results()["data"]["sizes"] == {"train": 48, "dev": 6, "test": 6}
    assert "en ('bad', 'good')" in capsys.readouterr().out
