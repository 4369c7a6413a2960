"""`snnconvert export --format onnx`: the folder, and its program without snnconvert."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from snnconvert import TextClassifier
from snnconvert.pipelines.cli import main

onnx = pytest.importorskip("onnx", reason="onnx is not installed")
ort = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")


@pytest.fixture(scope="module")
def run(tiny_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shutil.copytree(tiny_run, tmp_path_factory.mktemp("onnx") / "run")


def program(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """``run.py`` in a process in which snnconvert and torch cannot be imported."""
    code = (
        "import runpy, sys; sys.modules.update(dict.fromkeys(('snnconvert', 'torch', 'onnx')));"
        "path = sys.argv[1]; sys.argv = sys.argv[1:]; runpy.run_path(path, run_name='__main__')"
    )
    words = (sys.executable, "-c", code, str(folder / "run.py"), *words)
    return subprocess.run(words, capture_output=True, text=True)


@pytest.mark.parametrize("which", ["ann", "snn", "finetuned"])
def test_the_program_gives_what_the_package_gives(run: Path, which: str) -> None:
    words = ["export", str(run), "--format", "onnx", "--model", which, "--texts", "30", "--quiet"]
    assert main(words) == 0
    folder = run / "export" / f"onnx-{which}"
    done = program(folder)
    assert done.returncode == 0 and done.stdout.startswith("30 of 30 predictions"), done.stderr
    if which != "ann":
        assert done.stdout.endswith("logits differ by 0\n")
    examples = np.load(folder / "examples.npz")
    classifier = TextClassifier.load(run, which)
    logits = classifier.logits_by_step(examples["texts"].tolist()).numpy()
    logits = logits[0] if which == "ann" else logits
    assert np.abs(examples["logits"] - logits).max() <= (1e-6 if which == "ann" else 0)
    answer = program(folder, *["good", "food", "and", "a", "kind", "waiter"]).stdout.strip()
    assert [answer] == classifier.predict("good food and a kind waiter").tolist()


def test_a_program_that_finds_other_results_says_so(run: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    assert main(["export", str(run), "--format", "onnx", "--out", str(folder), "--quiet"]) == 0
    examples = dict(np.load(folder / "examples.npz"))
    examples["logits"] += np.float32(1e-6)
    np.savez(folder / "examples.npz", **examples)
    done = program(folder)
    assert done.returncode == 1 and "logits differ by 1" in done.stdout


def test_the_same_files_every_time(run: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        words = ["export", str(run), "--format", "onnx", "--model", "snn", "--bits", "10"]
        assert main([*words, "--out", str(tmp_path / name), "--quiet"]) == 0
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes(), path.name
    said = json.loads((tmp_path / "one" / "export.json").read_text())
    assert said["bits"] == "10" and said["steps"] == 3 and said["opset"] == 17
    words = (tmp_path / "one" / "vocabulary.txt").read_text("utf-8").split("\n")[:-1]
    assert words == list(TextClassifier.load(run, "snn").stage.words)


def test_the_vectors_as_inputs(run: Path) -> None:
    words = ["export", str(run), "--format", "onnx", "--inputs", "vectors", "--model", "snn"]
    assert main([*words, "--out", str(run / "v"), "--quiet"]) == 0
    assert program(run / "v").stdout.endswith("logits differ by 0\n")


def test_the_quantised_ann_is_that_of_energy(run: Path) -> None:
    """Vectors rounded to 4 levels by NumPy and given to the plain graph: the same answers."""
    words = ["export", str(run), "--format", "onnx", "--model", "ann", "--quiet"]
    assert main([*words, "--quantised", "--out", str(run / "q")]) == 0
    assert main([*words, "--inputs", "vectors", "--out", str(run / "plain")]) == 0
    assert "logits differ by" in program(run / "q").stdout
    ann = TextClassifier.load(run, "ann").model
    vectors = ann.embedding.weight.detach().numpy()
    rounded = np.sign(vectors) * np.floor(np.abs(vectors) * 4 + 0.5) / 4
    assert not np.array_equal(rounded, vectors)
    examples = np.load(run / "q" / "examples.npz")
    ids, lengths = examples["ids"], examples["lengths"]
    given = {"vectors": rounded[ids].astype(np.float32), "lengths": lengths}
    (logits,) = ort.InferenceSession(run / "plain" / "model.onnx").run(None, given)
    np.testing.assert_allclose(examples["logits"], logits, atol=1e-5)
    assert json.loads((run / "q" / "export.json").read_text())["quantised"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--quantised", "--model", "snn"], "expected an ANN on words with the activation qcfs"),
        (["--bits", "many"], "expected --bits to be a whole number, auto or float, but got 'many'"),
        (["--texts", "0"], "expected --texts to be a number of at least 1, but got '0'"),
        (["--inputs", "frames", "--model", "ann"], "an ANN has no frames"),
        (["--inputs", "sound"], "invalid choice"),
        (["--bits", "8", "--model", "ann"], "expected no --bits for an ANN"),
    ],
)
def test_bad_options(
    run: Path, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["export", str(run), "--format", "onnx", "--out", str(run / "bad"), *words]
    assert main(command) == 2
    lines = capsys.readouterr().err.strip().split("\n")
    assert len(lines) == 1 and (said in lines[0] or "expected" in lines[0])
    assert not (run / "bad").exists()


def test_without_onnx(
    run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import importlib.util

    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == "onnx" else find(name)
    )
    assert main(["export", str(run), "--format", "onnx", "--out", str(run / "none")]) == 2
    said = capsys.readouterr().err
    assert "expected the package onnx" in said and "[onnx]" in said
