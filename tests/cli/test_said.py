"""What is said while a command works: epochs, what is done already, what comes next, and a log."""

from __future__ import annotations

import io
import re
import shlex
import shutil
import sys
from pathlib import Path

import pytest

from snnconvert.pipelines.cli import main, next_step
from snnconvert.pipelines.cli.log_file import Log, Logged, logged
from snnconvert.pipelines.cli.next_step import next_command
from snnconvert.pipelines.run_folder.run_folder import RunFolder
from snnconvert.pipelines.run_folder.stages import PIPELINE, SHOWING
from snnconvert.pipelines.training.said import epoch_line
from snnconvert.tests.pipelines.display.screens import Screen

TRAIN = "--limit 60 --dim 8 --max-length 20 --widths 2,3 --channels 6 --epochs 2 --no-tensorboard"


@pytest.fixture
def run(tiny_run: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_run, tmp_path / "a run"))


def test_a_line_an_epoch_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--out", str(tmp_path / "run"), *TRAIN.split()]) == 0
    lines = capsys.readouterr().err.splitlines()
    epochs = [line for line in lines if re.match(r"train  epoch \d/2  loss \d\.\d{4}", line)]
    assert len(epochs) == 2 and epochs[0].endswith("  best")
    kept = max(i for i, line in enumerate(epochs, 1) if line.endswith("  best"))
    assert f"train  epoch {kept} is kept" in lines
    assert any(line.startswith(f"saved in {tmp_path / 'run' / 'ann'};") for line in lines)
    assert lines[-2:] == ["next:", f"  snnconvert convert {tmp_path / 'run'}"]
    assert main(["train", "--out", str(tmp_path / "run"), *TRAIN.split(), "--quiet"]) == 0
    printed, said = capsys.readouterr()
    assert printed == "" and all("snnconvert: warning: " in line for line in said.splitlines())


def test_lines_of_epochs_stand_below_each_other() -> None:
    rows = [{"epoch": n, "dev_accuracy": 0.5, "dev_loss": 0.25} for n in (0, 9, 10)]
    lines = [
        epoch_line("finetune", row | ({"train_loss": 0.5} if row["epoch"] else {}), 10, False)
        for row in rows
    ]
    assert lines[1] == "finetune  epoch  9/10  loss 0.5000  dev  50.0 %"
    assert len({line.index("dev") for line in lines}) == 1
    parts = {"dev_balanced_accuracy": 0.4}
    line = epoch_line("train", rows[1] | parts, 10, True)
    assert line.endswith("dev  50.0 %, balanced 40.0 %  best")


def test_what_is_done_says_so_and_what_is_next_can_be_copied(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["convert", str(run), "--steps", "3"]) == 0
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == f"snn: already done in {run}"
    command = shlex.split(lines[-1])  # the folder has a blank in its name
    assert command[0] == "snnconvert" and str(run) in command


def test_bars_are_gone_at_the_end(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen()
    monkeypatch.setattr(sys, "stderr", screen)
    assert main(["convert", str(run), "--steps", "2", "--force"]) == 0
    written = screen.getvalue()
    assert "activity: " in written and "error budget: " in written  # they were drawn
    left = [line.rstrip("\r").rpartition("\r")[2] for line in written.split("\n")]
    assert not any("%|" in line for line in left), left


def test_after_a_whole_run_comes_a_look_at_it(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its report, or where the command has written that what can be tried with the models."""
    folder, done = RunFolder(run), {name: {} for name in (*PIPELINE, *SHOWING)}
    assert next_command(folder, {}, True) == next_command(folder, {})  # what it lacks comes first
    assert next_command(folder, done).startswith("snnconvert report ")
    for there, words in ((object(), "app '"), (None, "explain '")):
        monkeypatch.setattr(next_step, "find_spec", lambda name, there=there: there)
        assert next_command(folder, done, True).startswith(f"snnconvert {words}")
    text = shlex.split(next_command(folder, done, True))
    assert text == ["snnconvert", "explain", str(run), "a text of your own"]


def test_a_log_has_all_that_is_said_and_no_bars(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "logs" / "log.txt"
    assert main(["convert", str(run), "--steps", "3", "--log-file", str(log)]) == 0
    printed, said = capsys.readouterr()
    assert main(["convert", str(run), "--steps", "5", "--log-file", str(log)]) == 2
    error = capsys.readouterr().err.strip()
    lines = log.read_text("utf-8").splitlines()
    assert all(re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d ", line) for line in lines)
    texts = [line[20:] for line in lines]
    assert texts[0] == f"$ snnconvert convert {shlex.quote(str(run))} --steps 3 --log-file {log}"
    assert set(filter(str.strip, [*printed.splitlines(), *said.splitlines()])) <= set(texts)
    assert texts[-1] == error  # the log goes on where it was, errors too


def test_bars_escapes_and_json_are_not_logged(tmp_path: Path) -> None:
    log = Log(tmp_path / "log")
    screen = io.StringIO()
    stream = Logged(screen, log)
    print("\r 10%|#  |\r 20%|## |\r", file=stream)
    print("\x1b[1mbold\x1b[0m", file=stream)
    print("windows\r\nhalf", end="", file=stream)
    stream.end()
    log.close()
    texts = [line[20:] for line in (tmp_path / "log").read_text("utf-8").splitlines()]
    assert texts == ["bold", "windows", "half"]
    assert "20%" in screen.getvalue() and "\x1b[1m" in screen.getvalue()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_ends_the_log_and_not_the_work(capsys: pytest.CaptureFixture[str]) -> None:
    with logged("/dev/full", "snnconvert x"):
        print("an answer")
        print("another")
    printed, said = capsys.readouterr()
    assert printed == "an answer\nanother\n"
    assert said.count("no more is written to /dev/full: No space left") == 1
    assert not isinstance(sys.stdout, Logged)
