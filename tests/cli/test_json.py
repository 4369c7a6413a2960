"""--json: one document and nothing else on standard output, whatever the command."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from snnconvert.pipelines.cli import COMMANDS, command_parser, main
from snnconvert.pipelines.cli.arguments import settings_from
from snnconvert.pipelines.cli.config_file import parse
from snnconvert.pipelines.settings.run import RunSettings

TRAIN = "--limit 60 --dim 8 --max-length 20 --widths 2,3 --channels 6 --epochs 2 --no-tensorboard"
NETWORK = "--train.widths 2,3 --train.channels 6 --train.epochs 2 --no-train.tensorboard"
WHOLE = (
    f"--limit 60 --dim 8 --max-length 20 {NETWORK} --finetune.epochs 1 --no-finetune.tensorboard "
    "--attack.examples 2 --attack.query-budget 20 --attack.controls none --energy.texts 5 "
    "--energy.training-texts 5 --energy.sampled 0"
)
STAGES = {"data", "ann", "snn", "finetuned", "energy", "attack", "report"}
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
LONG = {"run", "demo", "reproduce", "teach", "import", "search"}
"""Commands that do the whole job, which have tests of their own."""
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
    name: str, places: dict[str, Path], capfd: pytest.CaptureFixture[str]
) -> None:
    for line, keys in LINES[name]:
        capfd.readouterr()
        assert main([name, *line.format(**places).split(), "--json"]) == 0
        printed = capfd.readouterr().out
        assert printed.count("\n") == 1 and keys <= document(printed).keys()


@pytest.mark.long
def test_run_says_its_progress_elsewhere(
    places: dict[str, Path], capfd: pytest.CaptureFixture[str]
) -> None:
    words = ["run", "--out", str(places["new"]), *WHOLE.split(), "--json"]
    words += ["--attack.presets", "deepwordbug"]
    assert main(words) == 0
    printed, said = capfd.readouterr()
    assert printed.count("\n") == 1 and {*document(printed)} == STAGES
    assert Path(document(printed)["report"]).is_file()
    assert document(printed)["ann"]["epochs"] == 2
    lines = said.splitlines()
    assert {"Train the ANN", "Count energy", "Attack the models"} <= {*lines}
    assert sum(line.startswith("train  epoch ") for line in lines) == 3  # two, and what is kept
    assert any(line.startswith("saved in ") for line in lines)

    refused = [*words, "--train.channels", "7"]
    for wrong, code in ((refused, 2), ([*words, "--dataset", "none.tsv"], 2), (words[:1], 2)):
        assert main(wrong) == code
        printed, said = capfd.readouterr()
        assert printed == "", wrong
        assert said.splitlines()[-1].startswith("snnconvert: ") and "Traceback" not in said


@pytest.mark.long
def test_demo_says_its_progress_elsewhere(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    attacks = {"en": "deepwordbug", "zh": "zh-homophone"}

    def small(language: str) -> RunSettings:
        words = f"--out o {WHOLE} --attack.presets {attacks[language]}".split()
        words += ["--dataset", f"builtin-{language}"]
        return settings_from(RunSettings, parse(command_parser("run"), words))

    monkeypatch.setattr("snnconvert.pipelines.demo.demo_settings", small)
    assert main(["demo", "--out", str(tmp_path / "runs"), "--json"]) == 0
    printed, said = capfd.readouterr()
    assert printed.count("\n") == 1 and [*document(printed)] == ["en", "zh"]
    for language, figures in document(printed).items():
        assert {*figures} == STAGES and figures["data"]["language"] == language
        assert figures["attack"]["presets"] == [attacks[language]]
    assert {"English reviews", "Chinese reviews"} <= {*said.splitlines()}

    (tmp_path / "file").write_text("")
    assert main(["demo", "--out", str(tmp_path / "file"), "--json"]) != 0
    printed, said = capfd.readouterr()
    assert printed == "" and "snnconvert: " in said and "Traceback" not in said


def test_every_command_has_it() -> None:
    assert {*LINES, *LONG, *PAGES} == set(COMMANDS)
    for name in {*LINES, *LONG}:
        assert "--json" in command_parser(name).option_names()


def test_the_document_of_every_command_is_described(root: Path) -> None:
    page = (root / "docs" / "output.md").read_text("utf-8")
    assert all(f"`{name}`" in page for name in {*LINES, *LONG})
    for name, lines in LINES.items():
        for _, keys in lines:
            assert all(f"`{key}`" in page for key in keys), name


def test_a_sweep_is_what_its_file_holds(
    places: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["convert", str(places["run"]), *SWEEP.split(), "--json"]) == 0
    found = document(capsys.readouterr().out)["sweep"]
    assert found == document((places["run"] / "snn" / "sweep.json").read_text("utf-8"))
    assert [row["encoder"] for row in found["rows"]] == ["saf"]
