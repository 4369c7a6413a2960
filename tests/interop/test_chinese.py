"""Chinese leaves the package as English does: ONNX, the hub's folder, and NeuroBench's harness.

NIR and scikit-learn have their Chinese among their own tests.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from snnconvert import TextClassifier
from snnconvert.pipelines.cli import main
from snnconvert.tests.helpers.nir import builtin_texts

TEXTS = builtin_texts(8, "zh")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("zh") / "run"
    words = ["--dataset", "builtin-zh", "--limit", "60", "--dim", "8", "--widths", "2,3"]
    words += ["--channels", "6", "--epochs", "2", "--no-tensorboard", "--quiet"]
    assert main(["train", "--out", str(path), *words]) == 0
    assert main(["convert", str(path), "--steps", "3", "--quiet"]) == 0
    return path


def export(run: Path, kind: str, *words: str) -> Path:
    folder = run.parent / kind
    command = ["export", str(run), "--format", kind, "--model", "snn", "--out", str(folder)]
    assert main([*command, *words, "--quiet"]) == 0
    return folder


def test_onnx(run: Path) -> None:
    for package in ("onnx", "onnxruntime"):
        pytest.importorskip(package, reason=f"{package} is not installed")
    folder = export(run, "onnx", "--texts", "30")
    words = [sys.executable, str(folder / "run.py")]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.startswith("30 of 30 predictions"), done.stderr
    assert done.stdout.endswith("logits differ by 0\n")
    known = (folder / "vocabulary.txt").read_text("utf-8").split("\n")
    assert known[:-1] == list(TextClassifier.load(run, "snn").stage.words)


def test_the_hub(run: Path) -> None:
    hub = pytest.importorskip("huggingface_hub", reason="huggingface_hub is not installed")
    from snnconvert.interop.hub import HubClassifier

    folder = export(run, "hf", "--license", "mit")
    ours, theirs = TextClassifier.load(run, "snn"), HubClassifier.from_pretrained(folder)
    assert theirs.classes == ours.classes
    assert (theirs.predict_proba(TEXTS) == ours.predict_proba(TEXTS)).all()
    assert hub.ModelCard.load(folder / "README.md").data.language == "zh"


def test_neurobench(run: Path) -> None:
    for package in ("neurobench", "snntorch"):
        pytest.importorskip(package, reason=f"{package} is not installed")
    from snnconvert.engine.evaluate import snn_outputs
    from snnconvert.interop import neurobench

    classifier = TextClassifier.load(run, "snn")
    found = neurobench.benchmark(classifier, TEXTS, [0] * len(TEXTS))
    _, counted = snn_outputs(classifier.model, classifier.stage.encode(TEXTS))
    assert found["SynapticOperations"]["Effective_ACs"] == sum(counted["sops_by_layer"].values())
