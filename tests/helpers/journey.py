"""The whole way of a small run through the commands, for whatever was added to a registry."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from snnconvert.pipelines.cli import main

DATA = ("--limit", "60", "--dim", "8", "--max-length", "20")
NETWORK = ("--widths", "2,3", "--channels", "6", "--epochs", "2", "--tensorboard", "false")


def command(*words: str) -> None:
    """One command, which must succeed."""
    assert main([*words, "--quiet"]) == 0, words


def results(run: Path) -> dict[str, Any]:
    """The figures of all stages."""
    found: dict[str, Any] = json.loads((run / "results.json").read_text("utf-8"))
    return found


def journey(
    run: Path,
    train: tuple[str, ...] = (),
    convert: tuple[str, ...] = ("--steps", "3"),
    sweep: tuple[str, ...] = ("--sweep.encoders", "saf", "--sweep.steps", "2,3"),
    energy: tuple[str, ...] = (),
    network: tuple[str, ...] = NETWORK,
) -> dict[str, Any]:
    """Train, convert, sweep, price and report; the figures, and the report under ``html``."""
    command("train", "--out", str(run), *DATA, *network, *train)
    command("convert", str(run), *convert)
    command("convert", str(run), "--sweep", *sweep)
    command("energy", str(run), "--texts", "8", "--sampled", "0", *energy)
    command("report", str(run))
    return results(run) | {"html": (run / "report.html").read_text("utf-8")}
