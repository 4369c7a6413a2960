"""Folders that were trained before there was padding or rounding go on as they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from snnconvert.__main__ import main
from snnconvert.models.saving import load_model
from snnconvert.pipelines.run_folder.run_folder import RunFolder

SMALL = ["train", "--limit", "60", "--dim", "8", "--max-length", "20", "--widths", "2,3"]
SMALL += ["--channels", "6", "--epochs", "2", "--tensorboard", "false", "--quiet"]


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose settings name neither, as those of before."""
    run = tmp_path_factory.mktemp("before") / "run"
    assert main([*SMALL, "--padding", "none", "--input-levels", "0", "--out", str(run)]) == 0
    made = RunFolder(run).config()["ann"]
    assert not {"padding", "input_levels", "input_rate"} & made.keys()
    return run


def windows(run: Path, words: int) -> list[int]:
    """Windows of both widths in a text of so many words."""
    import torch

    network = load_model(run / "ann")[0].network
    return [int(network.node(f"conv{w}").windows(torch.tensor([words]))) for w in (2, 3)]


def test_it_is_done_without_options(before: Path):
    made = (before / "ann" / "weights.safetensors").stat().st_mtime_ns
    assert main([*SMALL, "--out", str(before)]) == 0
    assert (before / "ann" / "weights.safetensors").stat().st_mtime_ns == made
    assert windows(before, 10) == [9, 8]


def test_an_option_that_it_was_made_without_is_refused(before: Path, capsys):
    assert main([*SMALL, "--input-rate", "0.2", "--out", str(before)]) == 2
    said = capsys.readouterr().err
    assert "input_rate" in said and "--force" in said and "input_levels 0" not in said


def test_by_force_it_is_made_as_today(before: Path):
    assert main([*SMALL, "--force", "--out", str(before)]) == 0
    assert windows(before, 10) == [10, 10]
    assert RunFolder(before).config()["ann"]["padding"] == "same"
