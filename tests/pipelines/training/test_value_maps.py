"""Value maps through the command line: part of the run, refused where nothing reads an option."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from snnconvert.files import load_tensors
from snnconvert.pipelines.cli import main
from snnconvert.pipelines.run_folder.again import command_for
from snnconvert.pipelines.run_folder.run_folder import RunFolder
from snnconvert.text.datasets.folders import builtin_file
from snnconvert.text.stages.load import load_stage

SMALL = "train --dataset builtin-en --limit 40 --widths 2 --channels 3"
TRAIN = f"{SMALL} --vectors random --dim 6"
LINES = builtin_file("builtin-en").read_text("utf-8").splitlines()


def train(run: Path, *more: str) -> int:
    return main([*TRAIN.split(), "--epochs", "1", "--out", str(run), "--quiet", *more])


def test_a_map_is_part_of_the_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = tmp_path / "run"
    own = ("--value-map", "quantile", "--map-tail", "0.1", "--sparsity", "0.5")
    assert train(run, *own, "--train-vectors", "false") == 0
    data = RunFolder(run).config()["data"]
    assert (data["value_map"], data["map_tail"], data["sparsity"]) == ("quantile", 0.1, 0.5)
    assert "map_sigmas" not in data
    command = command_for("ann", run, RunFolder(run).config())
    for word in own:
        assert word in command.split()
    made = (run / "ann" / "weights.safetensors").stat().st_mtime_ns
    assert train(run, *own, "--train-vectors", "false") == 0
    assert (run / "ann" / "weights.safetensors").stat().st_mtime_ns == made  # it was done
    capsys.readouterr()
    assert train(run) == 2
    assert "is done with other settings" in capsys.readouterr().err


def test_the_default_leaves_no_word(tmp_path: Path) -> None:
    """Runs of before there were maps are the same still."""
    assert train(tmp_path / "run") == 0
    data = RunFolder(tmp_path / "run").config()["data"]
    assert not {"value_map", "map_sigmas", "map_tail", "sparsity"} & set(data)
    assert set(load_stage(tmp_path / "run" / "text").range_map.to_dict()) == {"mean", "std"}


@pytest.mark.parametrize("chosen", ["scale", "quantile"])
def test_words_without_a_vector_are_like_the_others(tmp_path: Path, chosen: str) -> None:
    """By component they are drawn about its mean, and not about that of all components."""
    words = sorted({word for line in LINES for word in line.split()})
    rng = np.random.default_rng(0)
    means = np.array([4.0, -2.0, 0.5, 0.0])
    half = {w: means + rng.standard_normal(4) for w in words[::2]}
    file = tmp_path / "vectors.txt"
    file.write_text("".join(f"{w} {' '.join(map(str, half[w]))}\n" for w in half), "utf-8")
    run = tmp_path / "run"
    own = ("--vectors", str(file), "--value-map", chosen, "--epochs", "1", "--quiet")
    assert main([*SMALL.split(), *own, "--out", str(run)]) == 0
    known = load_stage(run / "text").vocabulary.words
    ids = [i for i, word in enumerate(known) if i > 1 and word not in half]
    table = load_tensors(run / "text" / "vectors.safetensors", "vectors")["vectors"]
    assert len(ids) > 50
    assert np.abs(table[ids].mean(dim=0).numpy()).max() < 0.2  # of sigma 0.4


def test_the_model_holds_mapped_vectors(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = tmp_path / "run"
    assert train(run, "--sparsity", "0.5", "--train-vectors", "false") == 0
    table = load_tensors(run / "ann" / "weights.safetensors", "weights")["embedding.weight"]
    assert float(table.abs().max()) <= 1 and 0.3 < float((table[2:] == 0).float().mean()) < 0.7
    assert "--sparsity" not in capsys.readouterr().err
    assert main(["convert", str(run), "--steps", "2", "--quiet"]) == 0


def test_zeros_that_training_would_fill_are_warned_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train(tmp_path / "run", "--sparsity", "0.5") == 0
    assert "--train-vectors false" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--value-map", "bend"], "expected one of sigma, minmax"),
        (["--map-sigmas", "0"], "above 0"),
        (["--map-tail", "0.2"], "map_tail only with the value map quantile"),
        (["--value-map", "rank", "--map-sigmas", "2"], "with the value map sigma or scale"),
        (["--sparsity", "1"], "below 1"),
        (["--sparsity", "0.999999", "--value-map", "minmax"], "give a smaller --sparsity"),
    ],
)
def test_bad_input_gets_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], says: str
) -> None:
    assert train(tmp_path / "run", *words) == 2
    errors = [line for line in capsys.readouterr().err.splitlines() if "expected" in line]
    assert len(errors) == 1 and says in errors[0]
    assert not (tmp_path / "run" / "ann").exists()
