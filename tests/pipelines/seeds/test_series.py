"""`snnconvert run --seeds`: one run folder a seed, and their summary, as a user gives it."""

from __future__ import annotations

import importlib.util
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from snnconvert.pipelines.cli import main
from snnconvert.pipelines.training import loop
from snnconvert.tests.helpers.chance import trouble, without_chance

SETTINGS = """
dataset: {data}
dim: 8
max_length: 24
steps: 2
seeds: [0, 1]
train: {{widths: [2], channels: 6, epochs: 2, tensorboard: false}}
finetune: {{epochs: 1, tensorboard: false}}
attack: {{presets: deepwordbug, examples: 3, query_budget: 30, controls: [none]}}
"""
Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of settings for a run on few texts."""
    folder = tmp_path_factory.mktemp("settings")
    words = {"yes": "a good and quiet room", "no": "a bad and loud hall"}
    rows = [f"{label}\t{text} on day {i}" for i in range(60) for label, text in words.items()]
    (folder / "own.tsv").write_text("\n".join(rows) + "\n", "utf-8")
    path = folder / "small.yaml"
    path.write_text(SETTINGS.format(data=folder / "own.tsv"), "utf-8")
    return path


@pytest.fixture(scope="module")
def series(settings: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The runs of seeds 0 and 1."""
    out = tmp_path_factory.mktemp("seeds") / "out"
    assert main(["run", "--config", str(settings), "--out", str(out), "--quiet"]) == 0
    return out


@pytest.fixture
def copy(series: Path, tmp_path: Path) -> Path:
    shutil.copytree(series, tmp_path / "out")
    return tmp_path / "out"


def read(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text("utf-8")))


def test_a_run_each_on_the_same_texts(series: Path) -> None:
    runs = [read(series / f"seed-{seed}" / "results.json") for seed in (0, 1)]
    assert runs[0]["data"]["sha256"] == runs[1]["data"]["sha256"]
    digests = [run["ann"]["files"]["weights.safetensors"][1] for run in runs]
    assert digests[0] != digests[1]
    summary = read(series / "summary.json")
    assert summary["seeds"] == [0, 1] and summary["failed"] == {}
    for own in summary["figures"]:
        if own["model"] == "finetuned" and own["figure"] == "test_accuracy" and not own["detail"]:
            assert own["values"] == [run["finetuned"]["test_accuracy"] for run in runs]
            break
    else:
        raise AssertionError("no test accuracy")
    if importlib.util.find_spec("textattack"):
        assert [run["attack"]["seed"] for run in runs] == [0, 0]
        names = sorted(path.name for path in (series / "seed-0" / "attack").glob("*.jsonl"))
        indices = [
            [json.loads(line)["index"] for line in path.read_text("utf-8").splitlines()[1:]]
            for path in (series / f"seed-{s}" / "attack" / names[0] for s in (0, 1))
        ]
        assert indices[0] == indices[1]


@pytest.mark.long
def test_again_trains_nothing_and_one_more_seed_is_added(
    copy: Path, settings: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    words = ["run", "--config", str(settings), "--out", str(copy)]
    with monkeypatch.context() as patch:
        patch.setattr(loop.Loop, "run", lambda self: pytest.fail("it was trained again"))
        assert main([*words, "--json"]) == 0
    shown = capsys.readouterr()
    assert json.loads(shown.out)["seeds"] == [0, 1]
    assert "seed 1 (2 of 2)" in shown.err
    before = (copy / "seed-0" / "ann" / "weights.safetensors").stat().st_mtime_ns
    assert main([*words, "--seeds", "0,1,2"]) == 0
    printed = capsys.readouterr().out
    assert "3 seeds (0, 1, 2): mean ± standard deviation" in printed and "seed 2" in printed
    assert (copy / "seed-0" / "ann" / "weights.safetensors").stat().st_mtime_ns == before
    assert "Only the seed of the training changes" in printed
    page = (copy / "report.html").read_text("utf-8")
    assert "Mean over 3 seeds" in page and "own.tsv: 3 seeds" in page


@pytest.mark.long
def test_a_seed_that_fails_leaves_the_others(copy: Path, settings: Path, capsys: Capture) -> None:
    shutil.rmtree(copy / "seed-1")
    (copy / "seed-1").write_text("in the way", "utf-8")
    words = ["run", "--config", str(settings), "--out", str(copy), "--seeds", "0,1,2"]
    assert main([*words, "--quiet"]) == 1
    said = without_chance(capsys.readouterr().err)
    assert said.count("\n") == 1 and "seed 1 failed, and the others go on without it" in said
    summary = read(copy / "summary.json")
    assert summary["seeds"] == [0, 2]
    assert "to be a run folder, but it is a file" in summary["failed"]["1"]
    page = (copy / "report.html").read_text("utf-8")
    assert "Mean over 2 seeds" in page and "Seed 1 failed, and is left out" in page


def test_no_seed_at_all_is_one_error(settings: Path, tmp_path: Path, capsys: Capture) -> None:
    words = ["run", "--config", str(settings), "--out", str(tmp_path / "out")]
    assert main([*words, "--dataset", str(tmp_path / "none.tsv")]) == 2
    said = trouble(capsys.readouterr().err).splitlines()
    assert len(said) == 2 and said[0].startswith("seed 0 (1 of 2)") and "none.tsv" in said[1]
    assert not (tmp_path / "out" / "summary.json").exists()


@pytest.mark.parametrize(
    ("seeds", "words"),
    [
        ("1,1", "one or more different values for --seeds"),
        ("-1", "of at least 0 for --seeds"),
        ("a", "a whole number"),
    ],
)
def test_bad_seeds(seeds: str, words: str, tmp_path: Path, capsys: Capture) -> None:
    assert main(["run", "--out", str(tmp_path / "out"), f"--seeds={seeds}"]) == 2
    said = capsys.readouterr().err
    assert words in said and said.count("\n") == 1


def test_folders_of_seeds_and_of_runs_are_told_apart(
    series: Path, tiny_run: Path, capsys: Capture
) -> None:
    assert main(["run", "--out", str(tiny_run), "--seeds", "0,1"]) == 2
    assert "is a run folder itself" in capsys.readouterr().err
    for words in (
        ["run", "--out", str(series)],
        ["evaluate", str(series)],
        ["convert", str(series)],
    ):
        assert main(words) == 2
        said = capsys.readouterr().err
        assert "holds the runs of several seeds" in said and "seed-0" in said


def test_report_of_the_folder_and_of_its_runs(copy: Path, tiny_run: Path, tmp_path: Path) -> None:
    (copy / "report.html").unlink()
    assert main(["report", str(copy)]) == 0
    assert "Mean over 2 seeds" in (copy / "report.html").read_text("utf-8")
    runs = [str(copy / f"seed-{seed}") for seed in (0, 1)]
    page = tmp_path / "both.html"
    assert main(["report", *runs, "--out", str(page)]) == 0
    assert "Mean over 2 seeds" in page.read_text("utf-8")
    # runs that differ in more than the seed have no mean
    assert main(["report", str(copy), str(tiny_run), "--out", str(page)]) == 0
    assert "Comparison of 3 runs" in page.read_text("utf-8")
    (copy / "summary.json").write_text("{", "utf-8")
    assert main(["report", str(copy)]) == 2
