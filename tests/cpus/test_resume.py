"""A training that was stopped goes on with other instructions and another number of threads."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from snnconvert.tests.cpus.test_cpus import SSE, intel

TWO = {"OMP_NUM_THREADS": "2"}
STOPPED = """
import sys
from snnconvert.pipelines.training import loop
from snnconvert.pipelines.cli import main
loop.CHECKPOINT_SECONDS, step = -1.0, loop.Loop._step

def stopping(self, indices):
    if self.state.step == 3:
        raise KeyboardInterrupt
    step(self, indices)

loop.Loop._step = stopping
sys.exit(main(sys.argv[1:]))
"""
WHOLE = "import sys; from snnconvert.pipelines.cli import main; sys.exit(main(sys.argv[1:]))"


def command(script: str, settings: dict[str, str], *arguments: str) -> int:
    """The exit status of a command in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        env=os.environ | {"OMP_NUM_THREADS": "1"} | settings,
        capture_output=True,
        timeout=300,
        check=False,
    )
    return done.returncode


@intel
@pytest.mark.long
def test_a_stopped_tuning_goes_on_elsewhere(tiny_run: Path, tmp_path: Path) -> None:
    tune = ["--epochs", "3", "--patience", "3", "--batch-size", "16", "--lr", "0.02"]
    tune += ["--tensorboard", "false", "--force"]
    runs = {name: str(tmp_path / name) for name in ("moved", "stayed", "threads")}
    for run in runs.values():
        shutil.copytree(tiny_run, run)
    assert command(WHOLE, {}, "finetune", runs["stayed"], *tune) == 0
    assert command(WHOLE, TWO, "finetune", runs["threads"], *tune) == 0
    assert command(STOPPED, {}, "finetune", runs["moved"], *tune) == 130
    assert command(WHOLE, SSE | TWO, "finetune", runs["moved"], *tune[:-1]) == 0
    found = {name: _weights(run) for name, run in runs.items()}
    for name, weight in found["stayed"].items():
        assert torch.equal(weight, found["threads"][name])  # the number of threads changes nothing
        assert torch.allclose(weight, found["moved"][name], rtol=1e-4, atol=1e-5)
    figures = json.loads((tmp_path / "moved" / "results.json").read_text("utf-8"))["finetuned"]
    here = f"processor {platform.machine()} {torch.backends.cpu.get_cpu_capability()}"
    assert figures["processors"] == [here, f"processor {platform.machine()} DEFAULT"]
    figures = json.loads((tmp_path / "stayed" / "results.json").read_text("utf-8"))["finetuned"]
    assert figures["best_epoch"] > 0, "the start was kept: nothing was compared"
    assert "processors" not in figures


def _weights(run: str) -> dict[str, torch.Tensor]:
    return load_file(Path(run) / "finetuned" / "weights.safetensors")
