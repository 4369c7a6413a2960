"""Every command with ``--device cuda``, on a device that stands in for a GPU, and without one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import torch

from snnconvert.pipelines.cli import main
from snnconvert.tests.helpers.away import AWAY, device_away

DATA = ["--limit", "40", "--dim", "6", "--max-length", "16"]
NETWORK = ["--widths", "2,3", "--channels", "4", "--tensorboard", "false"]
NETWORK += ["--epochs", "4", "--batch-size", "4", "--lr", "0.02"]
# by the same nodes on either device; other engines sum in another order while they train
SAME = ["--engine", "reference"]
MAKE = {
    "train": [*DATA, *NETWORK],
    "convert": ["--encoder", "poisson", "--steps", "3", *SAME],
    "finetune": ["--epochs", "1", "--tensorboard", "false", "--loss", "spike_counts", *SAME],
    "attack": [
        *("--presets", "deepwordbug", "--examples", "3", "--query-budget", "20"),
        *("--victims", "ann,snn,finetuned", "--controls", "auto"),
    ],
    "energy": ["--texts", "6", "--sampled", "2", "--training-texts", "4"],
}
STAGES = ("data", "ann", "snn", "finetuned", "attack", "energy")
Capture = pytest.CaptureFixture[str]
needs_no_gpu = pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")


def made(run: Path, device: str) -> Path:
    """A run with every stage, made on ``device``."""
    for command, options in MAKE.items():
        place = ["--out", str(run)] if command == "train" else [str(run)]
        assert main([command, *place, *options, "--device", device]) == 0, command
    return run


@pytest.fixture(scope="module")
def near(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("near") / "run", "cpu")


@pytest.fixture(scope="module")
def far(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with device_away():
        return made(tmp_path_factory.mktemp("far") / "run", "cuda")


def results(run: Path) -> dict[str, Any]:
    return dict(json.loads((run / "results.json").read_text("utf-8")))


def plain(value: Any) -> Any:
    """Figures without what tells one making of them from another."""
    if isinstance(value, dict):
        left_out = ("seconds", "latency", "fingerprint", "files", "processors", "data_dir")
        return {k: plain(v) for k, v in value.items() if k not in left_out}
    return [plain(v) for v in value] if isinstance(value, list) else value


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.long
def test_the_figures_are_those_of_the_cpu(stage: str, near: Path, far: Path) -> None:
    assert plain(results(far)[stage]) == plain(results(near)[stage])


@pytest.mark.long
def test_a_training_says_where_it_ran(near: Path, far: Path) -> None:
    for stage in ("ann", "finetuned"):
        assert results(far)[stage]["processors"] == [f"device {AWAY}"]
        assert "processors" not in results(near)[stage]


@pytest.mark.parametrize("model", ["ann", "snn", "finetuned"])
@pytest.mark.long
def test_models_of_either_run_on_either_device(
    model: str, near: Path, far: Path, capsys: Capture
) -> None:
    def answers(run: Path, device: str) -> list[Any]:
        capsys.readouterr()
        words = [str(run), "--model", model, "--json", "--device", device]
        assert main(["evaluate", *words]) == 0
        assert main(["predict", *words, "a good cake", "", "bad"]) == 0
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        return [{k: v for k, v in line.items() if k != "cpu_seconds"} for line in lines]

    want = answers(near, "cpu")
    with device_away():
        assert answers(near, "cuda") == answers(far, "auto") == want
    assert answers(far, "auto") == want


@pytest.mark.long
def test_a_sweep_and_another_round_of_training(near: Path, tmp_path: Path) -> None:
    """What makes models in memory: sweeps, variants of a victim, adversarial fine-tuning."""
    run = tmp_path / "run"
    shutil.copytree(near, run)
    sweep = ["--sweep", "--sweep.methods", "default", "--sweep.encoders", "saf,direct"]
    adversarial = ["--adversarial", "deepwordbug", "--adversarial-texts", "6", "--epochs", "1"]
    adversarial += ["--adversarial-dev-texts", "3", "--adversarial-budget", "60"]
    with device_away():
        words = ["convert", str(run), *sweep, "--sweep.steps", "2", "--device", "cuda"]
        assert main(words) == 0
        words = ["finetune", str(run), *adversarial, "--device", "cuda", "--model", "both"]
        assert main([*words, "--adversarial-rounds", "1", "--tensorboard", "false"]) == 0
    rows = json.loads((run / "snn" / "sweep.json").read_text("utf-8"))["rows"]
    assert [row["encoder"] for row in rows] == ["saf", "direct"]
    assert {"snn-adversarial", "ann-adversarial"} <= results(run).keys()


@pytest.mark.long
def test_workers_share_the_gpu(near: Path, tmp_path: Path, monkeypatch: Any) -> None:
    from snnconvert.attacks.workers import start
    from snnconvert.attacks.workers.pool import OneProcess

    asked = []

    @contextmanager
    def pool(load: Any, workers: int, ray: str | None, share: float) -> Iterator[OneProcess]:
        asked.append((workers, share))
        yield OneProcess(load)

    monkeypatch.setattr(start, "attack_pool", pool)
    run = tmp_path / "run"
    shutil.copytree(near, run)
    words = ["attack", str(run), *MAKE["attack"], "--force", "--workers", "3"]
    assert main([*words, "--device", "cpu"]) == 0
    with device_away():
        assert main([*words, "--device", "cuda"]) == 0
        assert main([*words, "--device", "cuda", "--ray", "auto"]) == 0
    assert asked == [(3, 0.0), (3, 0.3333), (0, 0.25)]


@pytest.mark.long
def test_a_training_goes_on_on_another_device(tmp_path: Path, monkeypatch: Any) -> None:
    from snnconvert.pipelines.training import loop

    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", -1.0)
    save, saved = loop.Loop.save, []

    def stop(self: Any) -> None:
        save(self)
        saved.append(self.state.step)
        if len(saved) == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(loop.Loop, "save", stop)
    words = ["train", "--out", str(tmp_path / "run"), *DATA, *NETWORK]
    assert main([*words, "--device", "cpu"]) == 130
    with device_away():
        assert main([*words, "--device", "cuda"]) == 0
    (first, second) = results(tmp_path / "run")["ann"]["processors"]
    assert first.startswith("processor ") and second == f"device {AWAY}"


@needs_no_gpu
@pytest.mark.parametrize("command", [*MAKE, "evaluate", "predict", "run"])
def test_a_device_that_is_missing_is_one_line(
    command: str, tiny_run: Path, tmp_path: Path, capsys: Capture
) -> None:
    place = ["--out", str(tmp_path / "run")] if command in ("train", "run") else [str(tiny_run)]
    before = sorted(tiny_run.rglob("*"))
    texts = ["good"] if command == "predict" else []
    force = ["--force"] if command in ("convert", "finetune") else []
    capsys.readouterr()
    assert main([command, *place, *texts, *force, "--device", "cuda"]) == 2
    printed, said = capsys.readouterr()
    assert printed == "" and said.count("\n") == 1
    assert "expected a GPU for the device cuda" in said and "give --device cpu" in said
    assert not list(tmp_path.iterdir()) and sorted(tiny_run.rglob("*")) == before


@pytest.mark.skipif(find_spec("triton") is None, reason="triton is not installed")
@pytest.mark.long
def test_the_gpu_engine_by_command_in_the_interpreter(
    tiny_run: Path, tmp_path: Path, capsys: Capture
) -> None:
    """Triton reads its variable when it is first imported, so in a process of its own."""
    data = tmp_path / "own.tsv"
    data.write_text("positive\ta good cake\nnegative\ta bad soup\n", "utf-8")

    words = ["evaluate", str(tiny_run), "--model", "snn", "--data", str(data), "--json"]
    command = [sys.executable, "-m", "snnconvert", *words, "--engine", "gpu"]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        env=os.environ | {"TRITON_INTERPRET": "1"},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    capsys.readouterr()
    assert main([*words, "--engine", "reference"]) == 0
    found, want = json.loads(done.stdout), json.loads(capsys.readouterr().out)
    for figures in (found, want):
        del figures["cpu_seconds"]
    assert found == want and found["sops_per_sample"] > 0


def test_an_engine_of_another_device_is_one_line(tiny_run: Path, capsys: Capture) -> None:
    capsys.readouterr()
    assert main(["evaluate", str(tiny_run), "--engine", "gpu"]) == 2
    printed, said = capsys.readouterr()
    assert printed == "" and said.count("\n") == 1
    assert "it runs networks on the device cuda" in said and "--device cuda" in said
