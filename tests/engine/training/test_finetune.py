"""`snnconvert finetune` by every engine, surrogate and backward pass: the same weights."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from snnconvert.pipelines.cli import main

pytestmark = pytest.mark.usefixtures("one_thread")


def tuned(tiny_run: Path, out: Path, *options: str) -> dict[str, Tensor]:
    """The weights that `snnconvert finetune` leaves in a copy of the run."""
    if not out.exists():
        shutil.copytree(tiny_run, out)
    argv = ["finetune", str(out), "--epochs", "1", "--tensorboard", "false", "--force", *options]
    assert main(argv) == 0
    return load_file(out / "finetuned" / "weights.safetensors")


def test_finetune_by_every_engine(tiny_run: Path, tmp_path: Path) -> None:
    first = tuned(tiny_run, tmp_path / "run", "--lr", "0.01", "--engine", "fast")
    again = tuned(tiny_run, tmp_path / "run", "--lr", "0.01")
    assert all(torch.equal(first[name], again[name]) for name in first)
    for engine in ("torch", "reference"):
        other = tuned(tiny_run, tmp_path / "run", "--lr", "0.01", "--engine", engine)
        assert all(torch.allclose(first[name], other[name], atol=1e-4) for name in first)


def test_a_surrogate_without_a_kernel_is_run_by_torch(
    tiny_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = "--lr", "0.01", "--surrogate", "erf"
    by_torch = tuned(tiny_run, tmp_path / "run", *options)
    other = tuned(tiny_run, tmp_path / "run", *options, "--engine", "reference")
    assert all(torch.allclose(by_torch[name], other[name], atol=1e-4) for name in by_torch)
    capsys.readouterr()
    assert main(["finetune", str(tmp_path / "run"), *options, "--engine", "fast", "--force"]) == 2
    assert "its kernels do not have the surrogate erf" in capsys.readouterr().err


@pytest.mark.parametrize("backward", ["rate", "dsr", "sltt", "ottt"])
def test_finetune_by_other_ways(tiny_run: Path, tmp_path: Path, backward: str) -> None:
    options = "--lr", "0.01", "--backward", backward
    fast = tuned(tiny_run, tmp_path / "run", *options)
    other = tuned(tiny_run, tmp_path / "run", *options, "--engine", "reference")
    assert all(torch.allclose(fast[name], other[name], atol=1e-4) for name in fast)


def test_finetune_with_leaky_neurons_takes_the_reference(
    tiny_run: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    run = tmp_path / "run"
    shutil.copytree(tiny_run, run)
    assert main(["convert", str(run), "--steps", "2", "--neuron", "lif", "--force"]) == 0
    argv = ["finetune", str(run), "--epochs", "1", "--tensorboard", "false"]
    assert main([*argv, "--engine", "fast"]) == 2
    assert "LIF, not IF neurons; leave --engine out" in capsys.readouterr().err
    with caplog.at_level("INFO", "snnconvert"):
        assert main(argv) == 0
    assert "the reference engine fine-tunes this network: act2 holds LIF" in caplog.text
