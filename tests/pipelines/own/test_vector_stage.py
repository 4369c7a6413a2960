"""One vector a text, of a user's own stage and of the package's, through every command."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

from snnconvert import TextClassifier
from snnconvert.attacks.victims import check_gradient
from snnconvert.errors import InputError
from snnconvert.files import read_json
from snnconvert.interop.npz import read_npz
from snnconvert.pipelines.cli import main
from snnconvert.tests.helpers.journey import command, journey, results
from snnconvert.text.stages import STAGES
from snnconvert.text.stages.vector_stage import VectorStage

SMALL = ("--hidden", "6,4", "--epochs", "2", "--tensorboard", "false")
FEW = ("--examples", "2", "--query-budget", "20", "--controls", "none")


class Characters(VectorStage):
    """The share of each character among those of a text, in D classes by their code."""

    kind = "shares"

    def vectors(self, texts: Sequence[str]) -> np.ndarray:
        codes = [np.array([ord(c) % self.dim for c in text], np.int64) for text in texts]
        counts = np.stack([np.bincount(each, minlength=self.dim) for each in codes])
        return counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)


@pytest.fixture
def stage():
    yield STAGES.add("shares", Characters)
    STAGES.remove("shares")


def said_by(capsys: pytest.CaptureFixture[str], *words: str, code: int = 2) -> str:
    """The one line of a command that is refused."""
    capsys.readouterr()
    assert main([*words, "--quiet"]) == code, words
    line = capsys.readouterr().err
    assert line.count("\n") == 1, line
    return line


@pytest.mark.long
def test_a_stage_of_ones_own_through_every_command(
    stage: type[VectorStage], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    found = journey(run, network=("--stage", "shares", "--model", "mlp", *SMALL))
    assert found["data"]["vocabulary"] == 0
    assert load_file(run / "ann" / "weights.safetensors")["embedding.weight"].shape == (0, 8)
    assert {"saf"} == {row["encoder"] for row in sweep_rows(run)}
    command("finetune", str(run), "--epochs", "1")
    command("attack", str(run), "--presets", "deepwordbug", *FEW)
    assert results(run)["attack"]["rows"]
    command("export", str(run), "--format", "npz", "--model", "snn")
    spec, arrays = read_npz(run / "export" / "snn.npz")
    assert spec["vectors"] == [0, 8] and arrays["words"].size == 0
    for model in ("ann", "snn", "finetuned"):
        command("evaluate", str(run), "--model", model)
        classifier = TextClassifier.load(run, model)
        rows = classifier.probabilities(["a good film", "", "bad"])
        np.testing.assert_allclose(rows.sum(axis=1), 1)
        np.testing.assert_array_equal(rows[2:], classifier.probabilities("bad"))
        with pytest.raises(InputError, match="which its text stage makes"):
            check_gradient(classifier, "hotflip-surrogate", "surrogate")
    said = said_by(capsys, "evaluate", str(run), "--model", "snn", "--engine", "torch")
    assert "it reads one vector a text" in said
    STAGES.remove("shares")
    try:
        assert "expected the text stage to be of words" in said_by(capsys, "predict", str(run), "a")
    finally:
        STAGES.add("shares", Characters)


def sweep_rows(run: Path) -> list[dict[str, Any]]:
    """The rows of a conversion sweep."""
    (path,) = run.glob("**/sweep*.json")
    rows: list[dict[str, Any]] = read_json(path, "a sweep")["rows"]
    return rows


@pytest.fixture(scope="module")
def mean_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole run on means of word vectors, made by one config file."""
    folder = tmp_path_factory.mktemp("mean")
    config = {
        "out": str(folder / "run"),
        "limit": 60,
        "dim": 8,
        "stage": "mean",
        "train": {"model": "mlp", "hidden": [6], "epochs": 2, "tensorboard": False},
        "convert": {"steps": 3, "encoder": "direct"},
        "finetune": {"epochs": 1},
        "attack": {
            "presets": ["deepwordbug"],
            "examples": 2,
            "query_budget": 20,
            "controls": "none",
        },
    }
    (folder / "run.yaml").write_text(json.dumps(config), "utf-8")
    command("run", "--config", str(folder / "run.yaml"))
    return folder / "run"


def test_means_through_a_config_file(mean_run: Path) -> None:
    found = results(mean_run)
    assert found["ann"]["baseline"]["reads"] == "vectors"
    assert found["snn"]["input_macs_per_sample"] <= 8 * 6
    report = (mean_run / "report.html").read_text("utf-8")
    assert "the whole text" in report
    names = {path.name for path in (mean_run / "text").iterdir()}
    assert names >= {"stage.json", "vocabulary.txt", "words.safetensors", "vectors.safetensors"}


@pytest.mark.parametrize("name", ["words.safetensors", "vocabulary.txt", "stage.json"])
def test_a_damaged_file_of_the_stage_is_named(
    mean_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    run = tmp_path / "run"
    shutil.copytree(mean_run, run)
    path = run / "text" / name
    path.write_bytes(path.read_bytes()[:-3])
    assert name in said_by(capsys, "predict", str(run), "good")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--stage", "mean"), "give --model mlp, or --stage words"),
        (("--model", "mlp"), "give --model textcnn or dpcnn or spiking-bert or bert, or --stage"),
        (("--stage", "mean", "--model", "mlp", "--train-vectors", "true"), "leave --train-vectors"),
        (("--stage", "mean", "--model", "mlp", "--word-dropout", "0.1"), "leave --train-vectors"),
        (("--stage", "mean", "--model", "mlp", "--hidden", "0"), "hidden"),
        (("--hidden", "3"), "expected hidden only with the model mlp"),
        (("--stage", "mean", "--model", "mlp", "--channels", "7"), "channels only with the model"),
    ],
)
def test_what_does_not_fit_is_refused_before_any_work(
    words: tuple[str, ...], says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert says in said_by(capsys, "train", "--out", str(tmp_path / "run"), *words)
    assert not (tmp_path / "run").exists()


def test_runs_of_words_know_nothing_of_it(tiny_run: Path) -> None:
    assert "hidden" not in (tiny_run / "config.yaml").read_text("utf-8")
    assert "reads" not in results(tiny_run)["ann"]["baseline"]
