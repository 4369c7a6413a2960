"""The README's commands, run as a reader would run them."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from snnconvert.pipelines.cli import main

BLOCK = re.compile(r"<!-- tested[^>]*-->\n```(\w+)\n(.*?)```", re.DOTALL)


def blocks(root: Path, language: str) -> list[str]:
    """The tested code blocks of the README in ``language``."""
    text = (root / "README.md").read_text(encoding="utf-8")
    return [body for kind, body in BLOCK.findall(text) if kind == language]


def commands(root: Path) -> list[list[str]]:
    lines = [line for body in blocks(root, "bash") for line in body.splitlines() if line.strip()]
    return [shlex.split(line) for line in lines]


@pytest.mark.timeout(1200)  # all commands, one after the other
def test_commands_and_code_run(root, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    found = commands(root)
    assert len(found) >= 8 and {words[0] for words in found} == {"snnconvert"}
    for words in found:
        assert main(words[1:]) == 0, f"{shlex.join(words)}: {capsys.readouterr().err}"
    assert (tmp_path / "runs/first/report.html").is_file()
    assert "zh-homophone" in (tmp_path / "runs/zh/results.json").read_text(encoding="utf-8")
    check_what_was_learned(tmp_path / "runs", capsys.readouterr())
    for body in blocks(root, "python"):
        exec(compile(body, "README.md", "exec"), {})
    assert "torch.Size([4, 1, 2])" in capsys.readouterr().out


def check_what_was_learned(runs: Path, printed: Any) -> None:
    """The networks of the README have learned, and say what a reader of their sentences would."""
    for name in ("first", "zh"):
        results = json.loads((runs / name / "results.json").read_text(encoding="utf-8"))
        for stage in ("ann", "snn", "finetuned"):
            assert results[stage]["test_accuracy"] >= 0.8, (name, stage)
    assert "at chance" not in printed.err
    for sentence, answer in (
        ("friendly staff and a great room", "positive"),
        ("cold food and rude waiters", "negative"),
    ):
        (line,) = [line for line in printed.out.splitlines() if sentence in line]
        assert line.split()[0] == answer, line


def test_every_command_named_exists(root):
    text = (root / "README.md").read_text(encoding="utf-8")
    from snnconvert.pipelines.cli import COMMANDS

    known = set(COMMANDS)
    named = set(re.findall(r"(?<!from )snnconvert ([a-z]+)", text))
    assert named - {"train"} <= known and known - {"demo", "attack"} <= named | {"attack"}


def test_the_code_of_every_command_is_where_it_is_said_to_be(root):
    from snnconvert.pipelines.cli import COMMANDS

    text = (root / "README.md").read_text(encoding="utf-8")
    start = text.partition("## Install")[0]  # the first screen
    for place in ("`/NAME.py`", "`one_text`", "`pipelines/NAME.py`", "`pipelines/NAME`"):
        assert place in start
    for name in COMMANDS:
        assert len(list((root / "pipelines/cli/commands").glob(f"**/{name}.py"))) == 1
        others = {"data": "datasets", "import": "nir_import"}  # the last is a word of Python's own
        place = root / "pipelines" / others.get(name, name)
        assert place.is_dir() or place.with_suffix(".py").is_file(), name


def test_make_targets_named_exist(root):
    text = (root / "README.md").read_text(encoding="utf-8")
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z0-9-]+):", makefile, re.MULTILINE))
    assert set(re.findall(r"make ([a-z][a-z0-9-]+)", text)) <= targets


@pytest.mark.parametrize("name", ["LICENSE", "CHANGELOG.md", "docs/decisions.md"])
def test_files_named_exist(root, name):
    assert (root / name).is_file()
