"""The tests that every simulator passes: 40 built-in texts, SST-2, and its load.py."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from snnconvert import TextClassifier
from snnconvert.interop import nir
from snnconvert.pipelines.cli import main
from snnconvert.tests.helpers.nir import builtin_texts, differences, run_script


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


def check_load_script(run: Path, model: str, simulator: str, folder: Path, *options: str) -> None:
    """load.py runs without snnconvert, sees what it should, and notices a spike that is not."""
    import numpy as np

    words = ["export", str(run), "--format", "nir", "--for", simulator, "--model", model]
    assert main([*words, "--texts", "6", "--out", str(folder / "out"), "--quiet", *options]) == 0
    code, said = run_script(folder / "out" / "load.py")
    assert code == 0, said
    assert "6 texts: 0 spikes differ, 0 pooled spikes differ, 0 outputs differ" in said
    lines = (folder / "out" / "load.py").read_text("utf-8").splitlines()
    assert 20 <= sum(bool(line.strip()) for line in lines) <= 60
    path = folder / "out" / "examples.npz"
    with np.load(path) as file:
        arrays = dict(file)
    arrays["spikes"][1, 2, 3] ^= 16
    np.savez(path, **arrays)
    code, said = run_script(folder / "out" / "load.py")
    assert code == 1 and " 1 spikes differ, 0 pooled" in said


def check_sst2(run: Path, simulator: str, capsys: pytest.CaptureFixture[str]) -> None:
    """All 1,821 test texts, soft and hard reset: every spike and output."""
    for model in ("snn", "snn@hard"):
        words = ["export", str(run), "--format", "nir", "--for", simulator, "--model", model]
        words += ["--texts", "1821", "--check", simulator, "--json", "--force"]
        assert main(words) == 0
        found = json.loads(capsys.readouterr().out)
        (check,) = found["checks"]
        assert check["texts"] == 1821 and found["test"]["kept"] >= 1800
        names = ("spikes", "pooled", "outputs", "predictions")
        assert [check[name] for name in names] == [0, 0, 0, 0]
