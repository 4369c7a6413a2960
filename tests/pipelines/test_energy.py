"""`snnconvert energy` as a user runs it, on the tiny run."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from snnconvert.convert.conversion import convert_model
from snnconvert.convert.recipes.options import from_options
from snnconvert.energy.ann import count_ann
from snnconvert.energy.layers import stored_weights, total
from snnconvert.energy.peers import neuromc_joules, spikesim_joules
from snnconvert.energy.tables import own_tables
from snnconvert.engine.evaluate import evaluate_snn
from snnconvert.models.batches import by_length
from snnconvert.models.nodes.layers import Conv1d
from snnconvert.models.snn import SpikingTextModel
from snnconvert.models.text_model import TextModel
from snnconvert.pipelines.cli import main
from snnconvert.pipelines.data import load_run_model, load_run_texts
from snnconvert.pipelines.energy.measure import measure_ann, measure_snn, run_snn
from snnconvert.pipelines.energy.pricing import priced, steps_shown
from snnconvert.pipelines.energy.study import drawn
from snnconvert.pipelines.run_folder.run_folder import RunFolder

pytestmark = pytest.mark.usefixtures("one_thread")

Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def done(tiny_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose energy is counted, with a table of the user's."""
    run = tmp_path_factory.mktemp("energy") / "run"
    shutil.copytree(tiny_run, run)
    tables = run.parent / "mine.yaml"
    tables.write_text("mine: {source: my lab, pj: {mac: 2.0, sop: 1.0}}", "utf-8")
    words = ["--tables", str(tables), "--sampled", "2", "--training-texts", "10"]
    assert main(["energy", str(run), *words]) == 0
    return run


def stage(run: Path) -> dict[str, Any]:
    return dict(json.loads((run / "results.json").read_text("utf-8"))["energy"])


def test_every_victim_is_priced_by_every_table(done: Path):
    found = stage(done)
    rows = found["rows"]
    victims = {(r["victim"], r["setting"].split(", ")[-1]) for r in rows}
    assert {("ann", "dense"), ("ann", "padding skipped"), ("snn", "all steps")} <= victims
    assert {("quantised-ann", "padding and zeros skipped"), ("finetuned", "all steps")} <= victims
    models = {r["model"] for r in rows}
    assert {"compute-fp32", "lemaire2022", "legacy", "loihi", "mine", "neuromc"} <= models
    assert all(r["projection"] for r in rows) and "projection" in found["label"]
    for r in rows:
        if r["victim"] == "sparse-ann" and r["model"] == "compute-fp32":
            assert r["ratio_to_sparse_ann"] == 1
        if r["model"] == "mine" and r["victim"] == "snn" and r["setting"] == "all steps":
            sops = json.loads((done / "results.json").read_text())["snn"]["sops_per_sample"]
            assert r["joules_per_sentence"] == pytest.approx(sops * 1e-12)


def test_files_hold_the_same_figures(done: Path):
    folder = done / "energy"
    names = {path.name for path in folder.iterdir()}
    assert {"energy.json", "energy.md", "energy.svg", "curves.svg", "layers.csv"} <= names
    whole = json.loads((folder / "energy.json").read_text("utf-8"))
    with (folder / "texts.csv").open(encoding="utf-8") as file:
        texts = [r for r in csv.DictReader(file) if r["victim"] == "snn"]
    mean = np.mean([float(r["lemaire2022 joules"]) for r in texts if r["setting"] == "all steps"])
    row = next(
        r for r in whole["rows"]
        if (r["victim"], r["setting"], r["model"]) == ("snn", "all steps", "lemaire2022")
    )  # fmt: skip
    assert row["joules_per_sentence"] == pytest.approx(float(mean))
    assert "projection" in (folder / "energy.md").read_text("utf-8")
    svg = (folder / "curves.svg").read_text("utf-8")
    assert "projection, compute-fp32" in svg and "Sparse ANN" in svg
    assert str(done.parent) not in "".join(p.read_text("utf-8") for p in folder.iterdir())


def test_curves_end_at_the_whole_run_and_grow(done: Path):
    found = stage(done)
    for victim in ("snn", "finetuned"):
        curve = [
            r for r in found["curves"] if (r["victim"], r["model"]) == (victim, "compute-fp32")
        ]
        assert [r["steps"] for r in curve] == [1, 2, 3]
        joules = [r["joules_per_sentence"] for r in curve]
        assert joules == sorted(joules)
        end = next(
            r for r in found["rows"]
            if (r["victim"], r["setting"], r["model"]) == (victim, "all steps", "compute-fp32")
        )  # fmt: skip
        assert curve[-1]["joules_per_sentence"] == pytest.approx(end["joules_per_sentence"])
        assert curve[-1]["accuracy"] == end["accuracy"]


def test_a_second_call_shows_what_is_there_and_other_settings_are_refused(
    done: Path, capsys: Capture
):
    before = (done / "results.json").read_text("utf-8")
    words = ["--tables", str(done.parent / "mine.yaml"), "--sampled", "2"]
    assert main(["energy", str(done), *words, "--training-texts", "10"]) == 0
    assert "Projected energy a sentence" in capsys.readouterr().out
    assert (done / "results.json").read_text("utf-8") == before
    assert main(["energy", str(done), *words, "--training-texts", "11"]) == 2
    assert "--force" in capsys.readouterr().err


def test_bad_input_is_one_line(tiny_run: Path, tmp_path: Path, capsys: Capture):
    run = tmp_path / "run"
    shutil.copytree(tiny_run, run)
    for words in (
        ["--tables", str(tmp_path / "none.yaml")],
        ["--split", "validation"],
        ["--texts", "0"],
    ):
        assert main(["energy", str(run), *words]) == 2
        assert capsys.readouterr().err.count("\n") == 1
    assert "energy" not in json.loads((run / "results.json").read_text("utf-8"))


def loaded(run: Path) -> tuple[TextModel, SpikingTextModel, list[np.ndarray], list[int]]:
    folder = RunFolder(run)
    texts = load_run_texts(folder)
    ann, _ = load_run_model(folder, "ann", TextModel)
    snn, _ = load_run_model(folder, "snn", SpikingTextModel)
    return ann, snn, texts.sequences["test"], texts.labels["test"]


def test_counts_do_not_depend_on_the_batches(tiny_run: Path):
    ann, snn, sequences, _ = loaded(tiny_run)
    together = run_snn(snn, sequences).layers()
    alone = [run_snn(snn, [s]).layers() for s in sequences]
    for n, layer in enumerate(together):
        for field, values in layer.counts.items():
            one = np.array([np.broadcast_to(a[n].get(field), (1,))[0] for a in alone])
            assert np.array_equal(np.broadcast_to(values, one.shape), one), (layer.name, field)
    whole = count_ann(ann, sequences, list(by_length(sequences, 8))).own
    each = [count_ann(ann, [s], [[0]]).own for s in sequences]
    for name, fields in whole.items():
        for field, values in fields.items():
            assert values.tolist() == [c[name][field][0] for c in each], (name, field)


def test_the_dense_ann_is_the_longest_text_every_time(tiny_run: Path):
    ann, _, sequences, labels = loaded(tiny_run)
    dense, skipped = measure_ann(ann, sequences, labels)[:2]
    longest = max(range(len(sequences)), key=lambda i: len(sequences[i]))
    for wide, own in zip(dense.layers, skipped.layers, strict=True):
        if wide.kind == "synapses":
            macs = np.asarray(wide.get("macs"))
            assert np.all(macs == np.asarray(own.get("macs"))[longest])


def test_spikingjellys_models_price_the_convolutions(tiny_run: Path):
    ann, snn, sequences, _ = loaded(tiny_run)
    few = sequences[:2]
    dense, spiking, by_event = (
        neuromc_joules(ann, few), neuromc_joules(snn, few), spikesim_joules(snn, few)
    )  # fmt: skip
    assert dense is not None and spiking is not None and by_event is not None
    # NeuroMC skips no zeros: more steps, and twice the inputs, can only cost more
    assert spiking > dense > 0 and by_event > 0


def test_small_things():
    assert drawn(5, None, 0) == drawn(5, 9, 0) == [0, 1, 2, 3, 4]
    assert drawn(100, 7, 1) == sorted(set(drawn(100, 7, 1))) and len(drawn(100, 7, 1)) == 7
    assert steps_shown(3) == [1, 2, 3] and steps_shown(50) == [1, 2, 4, 8, 16, 32, 50]


def test_tied_weights_stay_one_anothers_negative_and_are_stored_once(
    tiny_run: Path, tmp_path: Path, capsys: Capture
):
    run = tmp_path / "run"
    shutil.copytree(tiny_run, run)
    words = ["--epochs", "2", "--lr", "0.01", "--patience", "9", "--tensorboard", "false"]
    assert main(["finetune", str(run), "--force", "--tied", "true", *words]) == 0
    before, _ = load_run_model(RunFolder(run), "snn", SpikingTextModel)
    after, _ = load_run_model(RunFolder(run), "finetuned", SpikingTextModel)
    figures = json.loads((run / "results.json").read_text("utf-8"))["finetuned"]
    for name in ("conv2", "conv3"):
        node = after.network.node(name)
        assert isinstance(node, Conv1d)
        assert stored_weights(node) == node.weight.numel() // 2 + node.bias.numel()
        old = before.network.node(name)
        assert isinstance(old, Conv1d)
        moved = not torch.equal(node.weight, old.weight)
        assert moved == (figures["best_epoch"] > 0)
    assert main(["convert", str(run), "--force", "--encoder", "direct"]) == 0
    capsys.readouterr()
    assert main(["finetune", str(run), "--tied", "true"]) == 2
    assert "split" in capsys.readouterr().err


@pytest.mark.parametrize(
    "options",
    [
        {"encoder": "direct"},
        {"encoder": "bitplane"},
        {"encoder": "poisson", "pooling": "counts"},
        {"encoder": "poisson", "mapping": "shift", "pooling": "gated"},
        {"neuron": "burst", "burst": 2},
        {"neuron": "signed"},
        {"neuron": "lif", "leak": 0.1},
        {"srp_steps": 3},
        {"encoder": "ttfs", "neuron": "ttfs"},
        {"pooling": "currents", "allow_inexact": True},
    ],
    ids=str,
)
def test_operations_of_every_code_are_those_of_the_evaluation(tiny_run: Path, options: dict):
    ann, _, sequences, labels = loaded(tiny_run)
    recipe = from_options({"steps": 3, **options})
    snn = convert_model(ann, recipe, sequences).snn
    run = run_snn(snn, sequences, seed=3)
    layers = run.layers()
    figures = evaluate_snn(snn, sequences, labels, 3, engine="reference")
    assert float(np.mean(total(layers, "sops"))) == pytest.approx(figures["sops_per_sample"])
    assert float(np.mean(total(layers, "macs"))) == pytest.approx(figures["input_macs_per_sample"])
    assert run.accuracy(labels) == figures["accuracy"]
    neurons = [x for x in layers if x.kind == "neurons"]
    steps = 3 if options.get("encoder") == "ttfs" else figures["latency_steps"]
    for layer in neurons:
        assert np.array_equal(layer.get("updates"), np.asarray(layer.get("neurons")) * steps)
        assert bool(np.any(np.asarray(layer.get("leaks")))) == ("leak" in options)
        if options.get("neuron") == "ttfs":  # two windows: V and its ramp, added; V, compared
            each = {"bias_adds": 1, "reads_state": 3, "writes_state": 1}
            for name, times in each.items():
                assert np.array_equal(layer.get(name), times * np.asarray(layer.get("updates")))
    encoder = layers[0]
    if figures["input_spikes_per_sample"]:
        assert encoder.mean("spikes_out") == pytest.approx(figures["input_spikes_per_sample"])
    rows = priced(
        [*measure_ann(ann, sequences, labels), measure_snn(run, "snn", "all", labels)],
        list(own_tables().values()),
    )
    chip = next(r for r in rows if (r.victim, r.model) == ("snn", "loihi"))
    assert (chip.joules_per_sentence is None) == (options.get("encoder") == "direct")


def test_a_soft_threshold_makes_fewer_spikes(tiny_run: Path, tmp_path: Path):
    run = tmp_path / "run"
    shutil.copytree(tiny_run, run)
    spikes = []
    for tau in ("0", "0.05", "0.3"):
        assert main(["convert", str(run), "--force", "--steps", "2", "--tau", tau]) == 0
        figures = json.loads((run / "results.json").read_text("utf-8"))["snn"]
        spikes.append(figures["input_spikes_per_sample"])
        assert figures["recipe"]["soft_threshold"] == float(tau)
    assert spikes[0] > spikes[1] > spikes[2] > 0
    assert main(["convert", str(run), "--force", "--tau", "1"]) == 2
