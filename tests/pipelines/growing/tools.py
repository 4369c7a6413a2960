"""A small run, attacks on it, and what is on disk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from snnconvert.files import sha256
from snnconvert.pipelines.cli import main

FIXED = ["--query-budget", "40", "--draws", "2", "--verify-draws", "5"]
NETWORK = ["--widths", "2,3", "--channels", "6", "--epochs", "3", "--tensorboard", "false"]
SMALL = ["--dim", "8", "--max-length", "24"]


def done(*words: str | Path) -> None:
    """Give a command that must do."""
    assert main([str(word) for word in words]) == 0, words


def attack(run: Path, presets: str, victims: str, examples: int, *more: str) -> int:
    words = ["attack", str(run), "--presets", presets, "--victims", victims, *FIXED, "--quiet"]
    return main([*words, "--examples", str(examples), *more])


def results(run: Path) -> dict[str, Any]:
    return dict(json.loads((run / "results.json").read_text("utf-8")))


def cells(run: Path) -> dict[tuple[str, str], Any]:
    """Rows of the stage ``attack`` by victim and attack."""
    rows = results(run)["attack"]["rows"]
    return {(row["victim"], row["attack"]): row for row in rows}


def bytes_of(folder: Path, pattern: str = "**/*") -> dict[str, str]:
    """What every file is, by its path in ``folder``."""
    files = (path for path in folder.glob(pattern) if path.is_file())
    return {str(path.relative_to(folder)): sha256(path.read_bytes()) for path in files}
