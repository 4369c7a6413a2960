"""The tests that every simulator passes: 40 built-in texts, and SST-2."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from torch.nn.functional import cross_entropy

from snnconvert import TextClassifier
from snnconvert.interop import nir
from snnconvert.interop.nir.dialects import DIALECTS
from snnconvert.interop.nir.foreign import foreign_of
from snnconvert.pipelines.cli import main
from snnconvert.tests.helpers.nir import (
    builtin_texts,
    differences,
    exported,
    random_snn,
    random_texts,
)


def check_builtin(
    classifier: TextClassifier, simulator: str, folder: Path, bits: str = "auto"
) -> None:
    """Export, load by the simulator's own importer, and compare every spike and output."""
    texts = builtin_texts(40)
    network = nir.export(classifier, simulator=simulator, positions=20, bits=bits)
    network.save(folder / "out", texts[:3])
    foreign = nir.load(folder / "out", simulator)
    sequences = classifier.stage.encode(texts)
    assert differences(network, foreign, sequences) == [0, 0, 0]
    # again, and in another order and number: nothing is left of the texts before
    assert differences(network, foreign, sequences[7::-1]) == [0, 0, 0]


def check_leak(simulator: str, leak: float, soft: bool) -> None:
    """A leak whose products are exact: every spike and output."""
    network = exported(random_snn((2, 3), leak=leak, soft=soft, steps=4), simulator)
    foreign = foreign_of(network.graph, DIALECTS[simulator], network.note)
    assert differences(network, foreign, random_texts([3, 5, 8, 6])) == [0, 0, 0]


def check_rounded_leak(simulator: str, soft: bool) -> None:
    """A leak whose products round: predictions."""
    model = random_snn((2, 3), leak=0.1, channels=16, soft=soft)
    network = exported(model, simulator, bits="float")
    foreign = foreign_of(network.graph, DIALECTS[simulator], network.note)
    expected = network.expected(random_texts([3, 5, 8, 6] * 5))
    outputs = foreign.run(expected.frames)
    assert outputs.mean(0).argmax(1).tolist() == expected.predictions.tolist()


def check_trainable(simulator: str) -> None:
    """Weights are parameters there, and a loss reaches them through the spikes."""
    network = exported(random_snn((2, 3)), simulator)
    foreign = foreign_of(network.graph, DIALECTS[simulator], network.note)
    expected = network.expected(random_texts([3, 5, 8, 6]))
    outputs = foreign.outputs(expected.frames)  # (T, n, K)
    cross_entropy(outputs.mean(dim=0), expected.predictions).backward()
    layers = [foreign.module.get_submodule(name) for name in ("conv", "readout")]
    assert all(layer.weight.grad.isfinite().all() for layer in layers)
    assert all(layer.weight.grad.any() and layer.bias.grad.any() for layer in layers)


def check_sst2(run: Path, simulator: str, capsys: pytest.CaptureFixture[str]) -> None:
    """All 1,821 test texts, soft and hard reset: every spike and output.

    Without a grid all predictions, and all but one in ten million of what neurons do at a step.
    """
    for model, bits in (("snn", "auto"), ("snn@hard", "auto"), ("snn", "float")):
        words = ["export", str(run), "--format", "nir", "--for", simulator, "--model", model]
        words += ["--bits", bits, "--texts", "1821", "--check", simulator, "--json", "--force"]
        assert main(words) == 0
        found = json.loads(capsys.readouterr().out)
        (check,) = found["checks"]
        assert check["texts"] == 1821 and found["test"]["kept"] >= 1800
        assert check["predictions"] == 0
        if bits == "float":
            assert check["spikes"] <= 1e-7 * check["neurons"]
        else:
            assert check["spikes"] == check["pooled"] == check["outputs"] == 0
