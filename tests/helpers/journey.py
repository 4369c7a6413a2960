"""The whole way of a small run through the commands, for whatever was added to a registry."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from snnconvert.pipelines.cli import main
from snnconvert.pipelines.run_folder.again import command_for
from snnconvert.pipelines.run_folder.run_folder import RunFolder
from snnconvert.registry import Registry

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


def conversion_journey(
    run: Path, chosen: tuple[str, ...], sweep: tuple[str, ...]
) -> dict[str, Any]:
    """`journey` with what a conversion chooses; it is in the command that makes the SNN again.

    Returns:
        The figures, with ``recipe`` of the SNN, ``sweep`` (the file) and ``conversion`` (the text
        of its report) besides.
    """
    found = journey(run, convert=(*chosen, "--steps", "3"), sweep=sweep)
    again = command_for("snn", run, RunFolder(run).config())
    assert again == f"snnconvert convert {run} --steps 3 {' '.join(chosen)}"
    return found | {
        "recipe": found["snn"]["recipe"],
        "sweep": json.loads((run / "snn" / "sweep.json").read_text("utf-8")),
        "conversion": (run / "snn" / "conversion.json").read_text("utf-8"),
    }


def refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """What the one line of a command says that must be refused."""
    capsys.readouterr()
    assert main(words) == 2, words
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and said.endswith("\n"), said
    return said


@contextmanager
def without(registry: Registry[Any], name: str) -> Iterator[None]:
    """As where the file that adds a thing was not loaded."""
    thing = registry[name]
    registry.remove(name)
    try:
        yield
    finally:
        registry.add(name, thing)
