"""--json: one document and nothing else on standard output, whatever the command."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from snnconvert.pipelines.cli import COMMANDS, command_parser, main

TRAIN = "--limit 60 --dim 8 --max-length 20 --widths 2,3 --channels 6 --epochs 2 --no-tensorboard"
SWEEP = "--sweep --sweep.methods default --sweep.encoders saf --sweep.steps 2 --calibration 20"
LINES: dict[str, list[tuple[str, set[str]]]] = {
    "train": [(f"--out {{run}} {TRAIN}", {"ann"}), (f"--out {{new}} {TRAIN}", {"ann"})],
    "convert": [("{run} --steps 3", {"snn"}), (f"{{run}} {SWEEP}", {"sweep"})],
    "finetune": [("{run} --epochs 1 --no-tensorboard", {"finetuned"})],
    "energy": [("{run} --texts 5 --training-texts 5 --sampled 0", {"energy"})],
    "attack": [("--list", {"attacks"})],
    "report": [("{run}", {"report"})],
    "export": [("{run}", {"export"})],
    "evaluate": [
        ("{run}", {"model", "data", "texts", "accuracy_by_step", "macro_f1", "cpu_seconds"}),
        ("{run} --model ann", {"model", "data", "texts", "accuracy", "macro_f1"}),
    ],
    "data": [("list", {"datasets"})],
    "doctor": [("", {"ok", "checks"})],
    "explain": [
        (
            "{run} good --top 0",
            {"text", "words", "windows", "logits", "bias", "rounding", "by_word"},
        )
    ],
    "encode": [
        (
            "{run} good",
            {"text", "model", "code", "steps", "spikes", "mean_rate", "distinct_frames", "error"},
        )
    ],
    "predict": [("{run} good", {"text", "class", "probabilities"})],
}
"""Words of each command, and keys of what it prints."""
LONG = {"run", "demo"}
"""Commands whose document is tested where they are run anyway."""
PAGES = {"app"}
"""Commands that print no figures."""


@pytest.fixture
def places(tiny_run: Path, tmp_path: Path) -> dict[str, Path]:
    return {"run": Path(shutil.copytree(tiny_run, tmp_path / "run")), "new": tmp_path / "new"}


def document(text: str) -> Any:
    """The one document that ``text`` is."""

    def refuse(word: str) -> None:
        raise ValueError(word)

    return json.loads(text, parse_constant=refuse)


@pytest.mark.parametrize("name", LINES)
def test_one_document(
    name: str, places: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    for line, keys in LINES[name]:
        capsys.readouterr()
        assert main([name, *line.format(**places).split(), "--json"]) == 0
        printed = capsys.readouterr().out
        assert printed.count("\n") == 1 and keys <= document(printed).keys()


def test_every_command_has_it() -> None:
    assert {*LINES, *LONG, *PAGES} == set(COMMANDS)
    for name in {*LINES, *LONG}:
        assert "--json" in command_parser(name).option_names()


def test_the_document_of_every_command_is_described(root: Path) -> None:
    page = (root / "docs" / "output.md").read_text("utf-8")
    for name, lines in LINES.items():
        assert f"`{name}`" in page
        for _, keys in lines:
            assert all(f"`{key}`" in page for key in keys), name


def test_a_sweep_is_what_its_file_holds(
    places: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["convert", str(places["run"]), *SWEEP.split(), "--json"]) == 0
    found = document(capsys.readouterr().out)["sweep"]
    assert found == document((places["run"] / "snn" / "sweep.json").read_text("utf-8"))
    assert [row["encoder"] for row in found["rows"]] == ["saf"]
