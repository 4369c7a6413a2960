"""NeuroBench's harness on our networks, beside our own counts of the same run."""

from __future__ import annotations

import csv
import importlib.util
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from snnconvert import TextClassifier
from snnconvert.engine.classifier import ModelClassifier
from snnconvert.engine.reference import ReferenceEngine
from snnconvert.errors import InputError
from snnconvert.interop import neurobench as ours
from snnconvert.models.nodes.fan_out import window_fan_out
from snnconvert.models.operations import SpikeCounter
from snnconvert.pipelines.cli import main
from snnconvert.text.datasets.dataset import load_dataset

pytest.importorskip("neurobench", reason="neurobench is not installed")
pytest.importorskip("snntorch", reason="snntorch is not installed")

TEST = load_dataset("builtin-en").test
# one text of one word, which is shorter than the filters, and one without words
TEXTS = [*TEST.texts[:8], "good", ""]
LABELS = [*TEST.labels[:8], 1, 0]
CODES = {
    "split": "--encoder saf --steps 4",
    "shift": "--encoder bitplane --mapping shift --steps 3 --pooling spikes",
    "hard": "--encoder poisson --reset hard --steps 3",
    "lif": "--neuron lif --leak 0.25 --steps 3",
}


@pytest.fixture(scope="module")
def run(tiny_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = shutil.copytree(tiny_run, tmp_path_factory.mktemp("bench") / "run")
    for name, words in CODES.items():
        command = ["convert", str(copy), "--name", name, "--quiet", *words.split()]
        assert main(command) == 0
    return copy


def counted(classifier: ModelClassifier) -> tuple[SpikeCounter, np.ndarray]:
    """Our own counts text by text, with the draws of `Frames`, and the classes."""
    model = ReferenceEngine(classifier.model, classifier.precision).model
    counter, classes = SpikeCounter(model.network, not model.encoder.spiking), []
    from snnconvert.models.network import Signal

    frames = ours.Frames(classifier, TEXTS, LABELS)
    for i in range(len(TEXTS)):
        one, record = frames[i][0].unsqueeze(1), {}  # (T, 1, D', L)
        with torch.no_grad():
            out = model.network(Signal(one, torch.tensor([one.shape[-1]])), record)
        counter.update(record)
        classes.append(int(out.mean(dim=0).argmax()))
    return counter, np.array(classes)


def dense(classifier: ModelClassifier) -> float:
    """Synapses times the windows that they are used in, times T, a text."""
    model, total = classifier.model, 0.0
    for ids in classifier.stage.encode(TEXTS):
        for name in model.network.inputs:
            node = model.network.node(name)
            if type(node).__name__ == "Conv1d":
                n = torch.tensor([len(ids)])
                reached = window_fan_out(n, len(ids), node.width, node.padding).sum()
                total += float(reached) * node.inputs * node.channels
            elif type(node).__name__ == "Linear":
                total += node.inputs * node.outputs
    return total * model.steps / len(TEXTS)


@pytest.mark.parametrize("name", CODES)
def test_its_operations_are_ours(run: Path, name: str) -> None:
    classifier = TextClassifier.load(run, f"snn@{name}")
    found = ours.benchmark(classifier, TEXTS, LABELS)
    counter, classes = counted(classifier)
    work = found["SynapticOperations"]
    assert work["Effective_ACs"] == sum(counter.sops.values()) / len(TEXTS) > 0
    assert work["Effective_MACs"] == 0
    assert work["Dense"] == dense(classifier)
    assert found["ClassificationAccuracy"] == pytest.approx((classes == LABELS).mean())
    sizes = [p.numel() for p in classifier.model.network.parameters()]
    assert found["ParameterCount"] == sum(sizes)
    assert 0 < found["ActivationSparsity"] < 1 and found["ConnectionSparsity"] == 0


def test_on_the_test_split_they_are_what_convert_recorded(run: Path) -> None:
    results = json.loads((run / "results.json").read_text("utf-8"))
    test = load_dataset("builtin-en", limit=60).test
    found = ours.benchmark(TextClassifier.load(run, "snn@split"), test.texts, test.labels)
    recorded = results["snn@split"]
    assert found["SynapticOperations"]["Effective_ACs"] == recorded["sops_per_sample"]
    assert found["ClassificationAccuracy"] == pytest.approx(recorded["test_accuracy"])


def test_on_the_test_split_they_are_what_energy_counted(run: Path) -> None:
    assert main(["energy", str(run), "--quiet"]) == 0
    test = load_dataset("builtin-en", limit=60).test
    found = ours.benchmark(TextClassifier.load(run, "snn@split"), test.texts, test.labels)
    with (run / "energy" / "layers.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["victim"] == "snn@split"]
    sops = [float(row["sops"]) for row in rows if row["setting"] == "all steps"]
    assert len(sops) > 3
    rounding = 5e-5 * len(sops)  # of the file, which has four decimals
    assert abs(found["SynapticOperations"]["Effective_ACs"] - sum(sops)) <= rounding


def test_sparsity_is_of_every_neuron_of_every_window_and_step(run: Path) -> None:
    classifier = TextClassifier.load(run, "snn@split")
    model = ReferenceEngine(classifier.model).model
    spikes = neurons = 0
    from snnconvert.models.batches import to_batch
    from snnconvert.models.neurons.base import Neurons

    for ids in classifier.stage.encode(TEXTS):
        record: dict = {}
        with torch.no_grad():
            model(*to_batch([ids], model), record=record)
        for name in model.network.inputs:
            if isinstance(model.network.node(name), Neurons):
                spikes += int(record[name].values.sum())
                neurons += record[name].values[..., : int(record[name].lengths[0])].numel()
    found = ours.benchmark(classifier, TEXTS, LABELS)["ActivationSparsity"]
    # the harness takes the mean of the texts, each with a weight of one
    per_text = [ours.benchmark(classifier, [t], [0])["ActivationSparsity"] for t in TEXTS[:2]]
    assert ours.benchmark(classifier, TEXTS[:2], [0, 0])["ActivationSparsity"] == pytest.approx(
        np.mean(per_text)
    )
    assert abs(found - (1 - spikes / neurons)) < 0.1


def test_weights_of_zero_are_no_synapses_for_either(run: Path) -> None:
    classifier = TextClassifier.load(run, "snn@split")
    conv = classifier.model.network.node("conv2")
    conv.weight.data[0] = 0.0  # one of its channels
    counter, _ = counted(classifier)
    found = ours.benchmark(classifier, TEXTS, LABELS)
    expected = sum(counter.sops.values()) / len(TEXTS)
    assert found["SynapticOperations"]["Effective_ACs"] == expected
    assert found["SynapticOperations"]["Dense"] == dense(classifier)
    assert found["ConnectionSparsity"] > 0


def test_analog_input_is_multiplied(run: Path) -> None:
    words = ["convert", str(run), "--name", "analog", "--encoder", "direct", "--steps", "2"]
    assert main([*words, "--quiet"]) == 0
    classifier = TextClassifier.load(run, "snn@analog")
    work = ours.benchmark(classifier, TEXTS[:4], LABELS[:4])["SynapticOperations"]
    assert work["Effective_MACs"] > 0 and work["Effective_ACs"] > 0


def test_what_is_refused(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    snn = TextClassifier.load(run, "snn@split")
    with pytest.raises(InputError, match="the model is an ANN"):
        ours.model(TextClassifier.load(run, "ann"))
    with pytest.raises(InputError, match="batches of one text"):
        ours.model(snn)(torch.zeros(2, 3, 4, 5))
    with pytest.raises(InputError, match="but got 1 for 10 texts"):
        ours.benchmark(snn, TEXTS, [0])
    with pytest.raises(InputError, match="class names of negative, positive .* holds 'fine'"):
        ours.benchmark(snn, TEXTS[:1], ["fine"])
    names = ours.class_numbers(snn, ["positive", "negative", 1], 3)
    assert names == [1, 0, 1]
    found = importlib.util.find_spec
    monkeypatch.setattr(ours, "find_spec", lambda n: None if n == "neurobench" else found(n))
    with pytest.raises(InputError, match="expected the package neurobench"):
        ours.model(snn)
