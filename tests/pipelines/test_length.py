"""Long texts are read to their end and pooled by the mean; runs of before stay as they were."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from snnconvert.pipelines.cli import main

NETWORK = ["--vectors", "random", "--dim", "4", "--channels", "4", "--epochs", "1"]


@pytest.fixture
def long_texts(tmp_path: Path) -> Path:
    """Reviews whose last words alone tell their class."""
    rows = [
        f"{end}\t{'so it goes ' * 130}{i} {end}\n" for i in range(20) for end in ("bad", "good")
    ]
    path = tmp_path / "long.tsv"
    path.write_text("".join(rows), "utf-8")
    return path


def length_of(run: Path) -> int:
    return int(json.loads((run / "text" / "stage.json").read_text("utf-8"))["max_length"])


def test_texts_are_read_to_their_end(long_texts: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    train = ["train", "--dataset", str(long_texts), "--out", str(run), *NETWORK]
    assert main(train) == 0
    assert length_of(run) == 448  # 392 words
    assert json.loads((run / "results.json").read_text("utf-8"))["ann"]["baseline"]
    made = (run / "ann" / "weights.safetensors").stat().st_mtime_ns
    assert main(train) == 0 and made == (run / "ann" / "weights.safetensors").stat().st_mtime_ns


def test_a_run_that_was_cut_goes_on_so(
    long_texts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    train = ["train", "--dataset", str(long_texts), "--out", str(run), *NETWORK]
    assert main([*train, "--max-length", "256"]) == 0
    assert "longer than 256 words" in capsys.readouterr().err
    made = (run / "ann" / "weights.safetensors").stat().st_mtime_ns
    assert main(train) == 0 and made == (run / "ann" / "weights.safetensors").stat().st_mtime_ns
    assert yaml.safe_load((run / "config.yaml").read_text("utf-8"))["data"]["max_length"] == 256
    assert main([*train, "--force"]) == 0 and length_of(run) == 448


def test_a_network_whose_memory_grows_with_the_square_reads_the_usual(
    long_texts: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    bert = ["--model", "bert", "--size", "4", "--layers", "1", "--heads", "1", "--epochs", "1"]
    words = ["train", "--dataset", str(long_texts), "--out", str(run), "--vectors", "random"]
    assert main([*words, "--dim", "4", "--limit", "20", *bert]) == 0
    assert length_of(run) == 256


def test_networks_of_both_kinds_share_the_texts_of_a_run(long_texts: Path, tmp_path: Path) -> None:
    """Whichever comes first, as after `teach`, which prepares the texts too."""
    run = tmp_path / "run"
    words = ["train", "--dataset", str(long_texts), "--out", str(run), "--limit", "20"]
    words += ["--vectors", "random", "--dim", "4", "--epochs", "1"]
    bert = ["--model", "spiking-bert", "--size", "4", "--layers", "1", "--heads", "1"]
    assert main([*words, "--channels", "4"]) == 0 and main([*words, *bert]) == 0
    assert main([*words, "--channels", "4"]) == 0 and length_of(run) == 448


def pooling_of(run: Path) -> str:
    return str(yaml.safe_load((run / "config.yaml").read_text("utf-8"))["ann"]["pooling"])


def test_few_and_long_texts_are_pooled_by_their_mean(
    long_texts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    train = ["train", "--dataset", str(long_texts), *NETWORK, "--out"]
    assert main([*train, str(tmp_path / "long")]) == 0 and pooling_of(tmp_path / "long") == "mean"
    assert "the mean over positions" in capsys.readouterr().err
    for name, options, pooling in (
        ("asked", ["--pooling", "max"], "max"),
        ("cut", ["--max-length", "100"], "max"),
        ("whole", ["--max-length", "1000"], "mean"),
        ("deep", ["--model", "dpcnn"], "max"),
    ):
        assert main([*train, str(tmp_path / name), *options]) == 0
        assert pooling_of(tmp_path / name) == pooling
        assert "the mean over positions" not in capsys.readouterr().err or name == "whole"


def test_a_run_that_took_the_maximum_goes_on_so(long_texts: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    train = ["train", "--dataset", str(long_texts), "--out", str(run), *NETWORK]
    assert main([*train, "--pooling", "max"]) == 0
    made = (run / "ann" / "weights.safetensors").stat().st_mtime_ns
    assert main(train) == 0 and made == (run / "ann" / "weights.safetensors").stat().st_mtime_ns
    assert main([*train, "--force"]) == 0 and pooling_of(run) == "mean"
