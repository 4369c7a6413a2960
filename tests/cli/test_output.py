"""--quiet and --json: what a command prints, and what it does not."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from contextvars import copy_context
from pathlib import Path

import pytest

from snnconvert.pipelines.cli import main
from snnconvert.pipelines.display.output import tell
from snnconvert.progress import bar, silenced


@pytest.fixture
def run(tiny_run: Path, tmp_path: Path) -> str:
    return str(shutil.copytree(tiny_run, tmp_path / "run"))


TRAIN = ["--limit", "60", "--dim", "8", "--max-length", "20", "--widths", "2,3"]
TRAIN += ["--channels", "6", "--epochs", "2", "--tensorboard", "false"]
COMMANDS = {
    "ann": lambda run: ["train", "--out", run, *TRAIN],
    "snn": lambda run: ["convert", run, "--steps", "3"],
    "finetuned": lambda run: ["finetune", run, "--epochs", "1", "--tensorboard", "false"],
    "report": lambda run: ["report", run],
}


@pytest.mark.parametrize("stage", COMMANDS)
def test_json_is_all_that_is_printed(
    run: str, stage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = COMMANDS[stage](run)  # done before, so they end at once
    assert main([*words, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert list(found) == [stage]
    if stage != "report":
        results = json.loads((Path(run) / "results.json").read_text("utf-8"))
        assert found[stage] == results[stage]
    assert main([*words, "--quiet"]) == 0
    assert capsys.readouterr().out == ""
    assert main(words) == 0
    assert capsys.readouterr().out.strip()


def test_energy_says_it_as_json(run: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["energy", run, "--texts", "5", "--training-texts", "5", "--sampled", "0"]
    assert main([*words, "--json", "--quiet"]) == 0
    found = json.loads(capsys.readouterr().out)["energy"]
    assert found["sentences"] == 5 and "projection" in found["label"]


def test_quiet_still_answers_what_was_asked(run: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", run, "--quiet"]) == 0
    assert "accuracy %" in capsys.readouterr().out
    assert main(["report", run + "-nowhere", "--quiet"]) == 2
    assert "snnconvert: " in capsys.readouterr().err


class Screen(io.StringIO):
    """What looks like a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("kind", [Screen, io.StringIO])
def test_bars_are_silent_inside_and_back_afterwards(
    kind: type[io.StringIO], monkeypatch: pytest.MonkeyPatch
) -> None:
    def drawn(**named: object) -> bool:
        monkeypatch.setattr(sys, "stderr", kind())
        for _ in bar(range(3), **named):
            pass
        text = sys.stderr.getvalue()  # type: ignore[attr-defined]
        assert text == "" or "3/3" in text
        return bool(text)

    with pytest.raises(KeyError), silenced():
        assert not drawn() and not drawn(always=True)
        raise KeyError  # what goes wrong inside leaves bars as they were
    assert drawn() == (kind is Screen) and drawn(always=True)
    assert not drawn(shown=False) and not drawn(shown=False, always=True)
    with silenced(False):
        assert drawn(always=True)


def test_blocks_of_several_threads_leave_the_switches_as_they_were(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, second = "TQDM_DISABLE", "HF_HUB_DISABLE_PROGRESS_BARS"
    monkeypatch.delenv(first, raising=False)
    monkeypatch.setenv(second, "0")
    blocks = [(copy_context(), silenced()) for _ in range(2)]  # a thread has a context of its own
    for context, block in blocks:
        context.run(block.__enter__)
    for context, block in blocks:  # the first one in is the first one out
        assert os.environ[first] == os.environ[second] == "1"
        context.run(block.__exit__, None, None, None)
    assert first not in os.environ and os.environ[second] == "0"


OTHERS = """
import os, sys
from snnconvert.progress import silenced
with silenced():
    from tqdm import tqdm
    for _ in tqdm(range(3)):
        pass
assert not [name for name in os.environ if name.startswith("TQDM_")]
"""


def test_bars_of_other_libraries_are_silenced_by_their_own_switch(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", OTHERS], capture_output=True, text=True, cwd=tmp_path, check=True
    )
    assert done.stderr == ""


def test_no_bar_is_made_elsewhere(root: Path) -> None:
    """One place makes them, so one switch silences them."""
    folders = ("files", "text", "models", "convert", "engine", "energy", "attacks", "pipelines")
    files = [path for folder in folders for path in (root / folder).rglob("*.py")]
    assert len(files) > 100
    assert not [path for path in files if "import tqdm" in path.read_text("utf-8")]


def test_text_is_made_only_where_it_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    tell({"quiet": True, "json": False}, {}, lambda: 1 / 0)  # type: ignore[arg-type, return-value]
    tell({"quiet": False, "json": True}, {"好": 1}, lambda: 1 / 0)  # type: ignore[arg-type, return-value]
    tell({"quiet": False, "json": False}, {}, lambda: "a table")
    assert capsys.readouterr().out == '{"好": 1}\na table\n'
