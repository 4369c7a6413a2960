"""What a terminal shows: no line wider than it, colours only where they are wanted."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import pytest

from snnconvert.pipelines.cli import main
from snnconvert.tests.pipelines.display.screens import Screen, wide

LINES = [
    "convert r --steps 3",
    "evaluate r",
    "evaluate r --model ann",
    "energy r --texts 5 --training-texts 5 --sampled 0",
    "report r",
    "data list",
    "doctor",
    "attack --list",
    "train --out r2 --limit 60 --dim 8 --channels 6 --epochs 2 --no-tensorboard",
    "convert r --steps 9",
    "convert r --encoder morse",
]
BELOW = re.compile(r"\x1b\[[0-9;]*m")


def shown(line: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """All that a command shows on a terminal."""
    screen = Screen()
    with monkeypatch.context() as inner:
        inner.setattr(sys, "stdout", screen)
        inner.setattr(sys, "stderr", screen)
        main(line.split())
    return screen.getvalue()


@pytest.fixture(autouse=True)
def here(tiny_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(tiny_run, tmp_path / "r")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)


@pytest.mark.parametrize("columns", [60, 80])
def test_no_line_is_wider_than_the_terminal(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    seen = ""
    for line in LINES:
        text = shown(line, monkeypatch)
        assert text.strip(), line
        # bars are drawn over, and a path or a list of names may be one long word
        lines = [BELOW.sub("", part).rpartition("\r")[2] for part in text.split("\n")]
        wrong = [part for part in lines if wide(part) > columns and " " in part.strip()]
        assert not wrong, (line, wrong)
        seen += text
    assert "\x1b[1m" in seen and "\x1b[32msnnconvert" in seen


@pytest.mark.parametrize("name", ["NO_COLOR", "TERM"])
def test_no_colours_where_they_are_not_wanted(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "dumb")
    for line in (*LINES[:4], "--help", "convert --help"):
        assert not BELOW.search(shown(line, monkeypatch)), line


def test_a_file_gets_plain_lines_that_do_not_depend_on_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for line in LINES[:6]:
        texts = []
        for columns in ("40", "200"):
            monkeypatch.setenv("COLUMNS", columns)
            assert main(line.split()) == 0
            printed, said = capsys.readouterr()
            assert "\x1b" not in printed + said
            texts.append(printed)
        assert texts[0] == texts[1], line


def test_chinese_classes_and_texts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [(label, f"{word}{i}号") for i in range(15) for label, word in (("好评", "很好吃"),)]
    rows += [("差评", f"太难吃了{i}号") for i in range(15)]
    Path("own.tsv").write_text("".join(f"{a}\t{b}\n" for a, b in rows), "utf-8")
    monkeypatch.setenv("COLUMNS", "60")
    words = "--vectors random --dim 4 --channels 2 --epochs 2 --no-tensorboard"
    text = shown(f"train --dataset own.tsv --out zh {words}", monkeypatch)
    assert "好评" in text
    lines = [BELOW.sub("", part).rpartition("\r")[2] for part in text.split("\n")]
    assert max(wide(part) for part in lines if not part.startswith("  snnconvert")) <= 60
