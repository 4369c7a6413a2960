"""A network that learns from a teacher's logits, as a user makes one by the command line."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from snnconvert.pipelines.cli import main
from snnconvert.pipelines.run_folder.run_folder import RunFolder
from snnconvert.pipelines.settings.teach import TeachSettings
from snnconvert.pipelines.teach.read import read_targets
from snnconvert.pipelines.teach.sources import auxiliary_texts
from snnconvert.tests.pipelines.teach.test_teach import VECTORS, rows, teach
from snnconvert.text.datasets.dataset import load_dataset

SHORT = ["--epochs", "2", "--tensorboard", "false", "--quiet"]
Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory, data: Path, encoder: Path) -> Path:
    """A run with a teacher that has labelled further texts."""
    folder = tmp_path_factory.mktemp("pupil")
    extra = folder / "extra.txt"
    extra.write_text("".join(f"{n} very fine food and warm room\n" for n in range(9)), "utf-8")
    assert teach(folder / "run", data, encoder, "--extra", str(extra), "--augment", "1") == 0
    return folder / "run"


def train(out: Path, data: Path, *more: str) -> int:
    words = ["train", "--out", str(out), "--dataset", str(data), *VECTORS, *SHORT]
    return main([*words, "--channels", "4", *more])


def test_ann_and_snn_learn_from_it(taught: Path, data: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    assert train(run, data, "--teacher", str(taught)) == 0
    targets = read_targets(taught, RunFolder(run), ("bad", "good"))
    assert len(targets.texts) == len(rows(taught)) and len(targets.logits) == 60
    made = RunFolder(run).config()["ann"]
    assert made["teacher"] == str(taught) and made["lessons"] == targets.digest
    assert main(["convert", str(run), "--steps", "2", "--quiet"]) == 0
    assert main(["finetune", str(run), *SHORT]) == 0  # by the teacher of the ANN
    assert RunFolder(run).config()["finetuned"]["lessons"] == targets.digest
    weights = (run / "ann" / "weights.safetensors").stat().st_mtime_ns
    moved = tmp_path / "moved"
    shutil.copytree(taught, moved)
    assert train(run, data, "--teacher", str(moved)) == 0  # the same lessons, wherever they lie
    assert (run / "ann" / "weights.safetensors").stat().st_mtime_ns == weights


def test_labels_are_smoothed_beside_a_teacher_too(taught: Path, data: Path, tmp_path: Path) -> None:
    """Where the teacher counts for all, labels and what is done to them count for nothing."""

    def weights(*more: str) -> bytes:
        assert train(tmp_path / "run", data, "--teacher", str(taught), "--force", *more) == 0
        return (tmp_path / "run" / "ann" / "weights.safetensors").read_bytes()

    smooth = ("--label-smoothing", "0.3")
    assert weights() != weights(*smooth)
    assert weights("--teacher-share", "1") == weights("--teacher-share", "1", *smooth)


@pytest.mark.slow
def test_a_network_that_spikes_already_learns_from_it(
    taught: Path, data: Path, tmp_path: Path
) -> None:
    """Beside the cost of its spikes; without the teacher it becomes another network."""
    small = ("--size", "8", "--layers", "1", "--heads", "2", "--expansion", "1", "--epochs", "2")
    words = ["train", "--dataset", str(data), "--vectors", "random", "--dim", "8", "--quiet"]
    words += ["--model", "spiking-bert", *small, "--tensorboard", "false"]
    weights = []
    for name, more in (("taught", ["--teacher", str(taught)]), ("alone", [])):
        out = tmp_path / name
        assert main([*words, "--out", str(out), *more]) == 0
        weights.append((out / "spiking" / "weights.safetensors").read_bytes())
    assert weights[0] != weights[1]
    assert "lessons" in (tmp_path / "taught" / "config.yaml").read_text()


def test_a_run_may_learn_from_its_own(taught: Path, data: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(taught, run)
    assert train(run, data, "--teacher", str(run)) == 0
    assert train(run, data, "--teacher", str(run), "--force") == 0
    assert (run / "teacher" / "logits.safetensors").exists()


def test_bad_teachers_are_one_line(
    taught: Path, data: Path, tmp_path: Path, capfd: Capture
) -> None:
    cut, bare = tmp_path / "cut", tmp_path / "bare"
    shutil.copytree(taught, cut)
    file = cut / "teacher" / "logits.safetensors"
    file.write_bytes(file.read_bytes()[:-40])
    assert train(bare, data) == 0
    for place, said in ((cut, "logits.safetensors"), (bare, "'teacher'"), (data, "run folder")):
        capfd.readouterr()
        assert train(tmp_path / "run", data, "--teacher", str(place)) == 2
        lines = capfd.readouterr().err.strip().splitlines()
        assert len(lines) == 1 and said in lines[0]
    words = ["train", "--out", str(tmp_path / "other"), "--dataset", "builtin-en", *SHORT]
    assert main([*words, "--limit", "30", *VECTORS, "--teacher", str(taught)]) == 2
    assert "on other data or another split" in capfd.readouterr().err


def test_texts_of_a_set_that_tells_the_classes_are_warned_of(
    data: Path, tmp_path: Path, capfd: Capture
) -> None:
    file = tmp_path / "mr.txt"
    file.write_text("one more text\nand another text\n", "utf-8")
    dataset = load_dataset(str(data))
    object.__setattr__(dataset, "name", "subj")
    found = auxiliary_texts(dataset, TeachSettings(teacher=("x",), extra=(str(file),)), 0)
    assert "looks like mr" in capfd.readouterr().err and len(found.texts) == 2
    assert json.dumps(found.counts())
