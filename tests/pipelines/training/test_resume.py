"""Stopped and started again, wherever that was: the same weights, bit for bit, and figures."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from snnconvert.pipelines import run as run_module
from snnconvert.pipelines.cli import main
from snnconvert.pipelines.training import loop
from snnconvert.tests.helpers.stopping import stop_before

pytestmark = pytest.mark.usefixtures("one_thread")

# 48 texts in batches of 16: three steps an epoch, nine in all
DATA = ["--limit", "48", "--dim", "6", "--max-length", "20", "--vectors", "random"]
NETWORK = ["--widths", "2,3", "--channels", "4", "--dropout", "0.4", "--train-vectors", "true"]
LOOP = ["--epochs", "3", "--patience", "3", "--batch-size", "16", "--lr", "0.01"]
FINETUNE = [*LOOP, "--dropout", "0.3", "--tensorboard", "false"]
STEPS = 9


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkpoint after every step."""
    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", -1.0)


def train(run: Path) -> int:
    return main(["train", "--out", str(run), *DATA, *NETWORK, *LOOP, "--tensorboard", "false"])


def finetune(run: Path) -> int:
    return main(["finetune", str(run), *FINETUNE])


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Never stopped."""
    run = tmp_path_factory.mktemp("trained") / "run"
    assert train(run) == 0
    return run


@pytest.fixture(scope="module")
def converted(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = tmp_path_factory.mktemp("converted") / "run"
    shutil.copytree(trained, run)
    # random spikes, so that the noise of a step must be the same after a restart
    assert main(["convert", str(run), "--steps", "3", "--encoder", "poisson"]) == 0
    return run


@pytest.fixture(scope="module")
def finetuned(converted: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = tmp_path_factory.mktemp("finetuned") / "run"
    shutil.copytree(converted, run)
    assert finetune(run) == 0
    return run


def figures(run: Path) -> Any:
    """results.json without what depends on the clock."""

    def timeless(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: timeless(v) for k, v in value.items() if k != "seconds"}
        return [timeless(v) for v in value] if isinstance(value, list) else value

    return timeless(json.loads((run / "results.json").read_text("utf-8")))


def files(run: Path) -> dict[str, bytes]:
    """Every file of a run but those that hold times, and the page made from them."""
    skipped = {".lock", "results.json", "report.html"}
    found = (p for p in sorted(run.rglob("*")) if p.is_file() and p.name not in skipped)
    return {str(p.relative_to(run)): p.read_bytes() for p in found if "tensorboard" not in p.parts}


def assert_same(run: Path, other: Path) -> None:
    assert figures(run) == figures(other)
    here, there = files(run), files(other)
    assert here.keys() == there.keys()
    assert [name for name in here if here[name] != there[name]] == []


@pytest.mark.parametrize("step", [0, 1, 3, 5, 8])
def test_train_stopped_at_a_step(
    step: int, trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop_before(monkeypatch, step)
    assert train(tmp_path) == 130
    assert "ann" not in figures(tmp_path)
    assert (tmp_path / "ann" / "train.checkpoint.safetensors").exists() == (step > 0)
    assert train(tmp_path) == 0
    assert_same(tmp_path, trained)


@pytest.mark.parametrize("step", [0, 1, 3, 5, 8])
def test_finetune_stopped_at_a_step(
    step: int, converted: Path, finetuned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "run"
    shutil.copytree(converted, run)
    stop_before(monkeypatch, step)
    assert finetune(run) == 130
    assert finetune(run) == 0
    assert_same(run, finetuned)


def test_stopped_at_every_step(
    trained: Path,
    converted: Path,
    finetuned: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stop_before(monkeypatch, *range(STEPS))
    codes = [train(tmp_path / "a") for _ in range(STEPS + 1)]
    assert codes == [130] * STEPS + [0]
    assert_same(tmp_path / "a", trained)
    shutil.copytree(converted, tmp_path / "b")
    monkeypatch.undo()
    stop_before(monkeypatch, 3, 6, often=False)  # the checkpoints at the ends of epochs alone
    assert [finetune(tmp_path / "b") for _ in range(3)] == [130, 130, 0]
    assert_same(tmp_path / "b", finetuned)


@pytest.mark.usefixtures("often")
def test_tensorboard_has_every_epoch_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    command = ["train", "--out", str(tmp_path), *DATA, *NETWORK, *LOOP]
    save, saves = loop.Loop.save, 0

    def stopping(self: loop.Loop) -> None:
        nonlocal saves
        saves += 1
        if saves == 8:  # the second epoch is logged and not yet saved: it is logged again
            raise KeyboardInterrupt
        save(self)

    monkeypatch.setattr(loop.Loop, "save", stopping)
    assert [main(command) for _ in range(2)] == [130, 0]
    folder = tmp_path / "ann" / "tensorboard" / "train"
    assert len(list(folder.iterdir())) == 2
    events = EventAccumulator(str(folder)).Reload()
    for column in ("train_loss", "dev_loss", "dev_accuracy"):
        assert [event.step for event in events.Scalars(column)] == [1, 2, 3]
    logged = (tmp_path / "ann" / "train.csv").read_text().splitlines()[1:]
    assert [line.split(",")[0] for line in logged] == ["1", "2", "3"]


def killed_at_writes(
    command: Callable[[Path], int], begin: Path | None, expected: Path, tmp_path: Path, after: bool
) -> int:
    """Stop ``command`` at every file it renames into place, in turn; returns how many there are."""
    replace = os.replace
    for number in range(1000):
        run, seen = tmp_path / f"{after}{number}", 0
        if begin:
            shutil.copytree(begin, run)

        def dying(source: Any, target: Any) -> None:
            nonlocal seen
            seen += 1
            if seen == number + 1 and not after:  # noqa: B023
                raise KeyboardInterrupt
            replace(source, target)
            if seen == number + 1:  # noqa: B023
                raise KeyboardInterrupt

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(os, "replace", dying)
            code = command(run)
        if code == 0:
            return number
        assert code == 130
        assert command(run) == 0
        assert_same(run, expected)
    raise AssertionError("it never ends")


@pytest.mark.long
def test_train_stopped_at_every_file(trained: Path, tmp_path: Path) -> None:
    written = killed_at_writes(train, None, trained, tmp_path, after=True)
    assert written >= 12  # text stage, settings, checkpoints, logs, model, results


@pytest.mark.long
def test_finetune_stopped_at_every_file(converted: Path, finetuned: Path, tmp_path: Path) -> None:
    assert killed_at_writes(finetune, converted, finetuned, tmp_path, after=False) >= 10


@pytest.mark.long
def test_redoing_stopped_at_every_file(trained: Path, converted: Path, tmp_path: Path) -> None:
    """Where --force was stopped, figures without their files are never left."""
    replace = os.replace
    for number in range(4):
        run, seen = tmp_path / str(number), 0
        shutil.copytree(converted, run)

        def dying(source: Any, target: Any) -> None:
            nonlocal seen
            seen += 1
            if seen == number + 1:  # noqa: B023
                raise KeyboardInterrupt
            replace(source, target)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(os, "replace", dying)
            assert main(["convert", str(run), "--steps", "2", "--force"]) == 130
        done = figures(run)
        assert done["ann"] == figures(trained)["ann"]
        assert "snn" not in done or (run / "snn" / "weights.safetensors").exists()
        assert main(["convert", str(run), "--steps", "2", "--force"]) == 0
        assert figures(run)["snn"]["steps"] == 2


RUN = ["run", "--limit", "48", "--dim", "6", "--max-length", "20", "--vectors", "random"]
RUN += ["--steps", "3", "--train.widths", "2,3", "--train.channels", "4", "--train.epochs", "40"]
RUN += ["--train.patience", "40", "--train.batch-size", "8", "--train.tensorboard", "false"]
RUN += ["--finetune.epochs", "20", "--finetune.patience", "20", "--finetune.batch-size", "8"]
RUN += ["--finetune.tensorboard", "false"]


def start(run: Path, words: list[str], folder: Path) -> subprocess.Popen[bytes]:
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "snnconvert", *words, "--out", str(run)]
    return subprocess.Popen(
        command,
        env=environment,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # a shell that runs the tests in the background has switched the interrupt off
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )


def stop_when(
    process: subprocess.Popen[bytes],
    ready: Callable[[], bool],
    how: signal.Signals = signal.SIGKILL,
) -> str:
    """Kill -9 (or interrupt) as soon as ``ready``; returns what it said."""
    end = time.monotonic() + 250
    while not ready():
        assert process.poll() is None, f"it ended before: {process.communicate()}"
        assert time.monotonic() < end, "it never came so far"
        time.sleep(0.002)
    process.send_signal(how)
    return process.communicate()[1].decode()


def lines(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0


@pytest.mark.skipif(sys.platform == "win32", reason="needs kill -9")
@pytest.mark.long
def test_kill_9(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A real kill in train and in finetune; those in attacks are in the slow test."""
    run = tmp_path / "run"
    stop_when(start(run, RUN, tmp_path), lambda: lines(run / "ann" / "train.csv") >= 5)
    assert list(figures(run)) == ["data"]
    stop_when(start(run, RUN, tmp_path), lambda: lines(run / "finetuned" / "finetune.csv") >= 4)
    assert list(figures(run)) == ["data", "ann", "snn"]
    monkeypatch.setattr(run_module, "can_attack", lambda: False)
    assert main([*RUN, "--out", str(run)]) == 0
    assert main([*RUN, "--out", str(tmp_path / "whole")]) == 0
    assert_same(run, tmp_path / "whole")


@pytest.mark.long
@pytest.mark.skipif(sys.platform == "win32", reason="needs signals")
def test_ctrl_c(tmp_path: Path) -> None:
    """A real one: exit code 130 and one line."""
    run = tmp_path / "run"
    process = start(run, RUN, tmp_path)
    said = stop_when(process, lambda: lines(run / "ann" / "train.csv") >= 3, signal.SIGINT)
    assert process.returncode == 130
    *epochs, last = [line for line in said.splitlines() if line]
    assert last == "snnconvert: interrupted; the same command goes on from here"
    usual = ("train  epoch", "Train the ANN", "5 of 48 training texts are longer than 20 words")
    assert epochs and all(line.startswith(usual) for line in epochs)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.skipif(sys.platform == "win32", reason="needs kill -9")
def test_kill_9_three_times_in_every_stage(tmp_path: Path) -> None:
    words = [*RUN, "--attack.presets", "deepwordbug", "--attack.examples", "6"]
    run = tmp_path / "run"
    train_log, finetune_log = run / "ann" / "train.csv", run / "finetuned" / "finetune.csv"
    attacks = [run / "attack" / f"{name}.deepwordbug.jsonl" for name in ("ann", "snn", "finetuned")]
    moments = [(train_log, n) for n in (3, 10, 25)] + [(finetune_log, n) for n in (2, 6, 12)]
    moments += [(attacks[0], 3), (attacks[1], 2), (attacks[2], 6)]
    for path, count in moments:
        stop_when(start(run, words, tmp_path), lambda p=path, n=count: lines(p) >= n)
    assert "attack" not in figures(run)
    last = start(run, words, tmp_path)
    assert last.wait() == 0, last.communicate()
    assert start(tmp_path / "whole", words, tmp_path).wait() == 0
    assert_same(run, tmp_path / "whole")
