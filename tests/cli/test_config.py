"""--print-config: what it prints, --config reads back exactly, for every command with settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from snnconvert.pipelines.cli import COMMANDS, command_parser, main
from snnconvert.pipelines.cli.arguments import settings_from
from snnconvert.pipelines.cli.config_file import parse
from snnconvert.pipelines.cli.shared import check_sweep

WITH_SETTINGS = [n for n in COMMANDS if "--print-config" in command_parser(n).option_names()]
TRAIN = "--dataset 好吃.tsv --text-column 2 --delimiter tab --widths 2,5 --lr 1e-05 --seed 3"
CASES = [
    *((name, "") for name in WITH_SETTINGS),
    ("train", f"{TRAIN} --no-tensorboard --train-vectors --class-weights yes --out a,b"),
    ("train", "--train-vectors none --model dpcnn --blocks 3 --limit none"),
    ("train", "--dataset 'no' --data-dir /data/ä:b --text-column null"),
    (
        "convert",
        "--recipe default --steps 7 --encoder poisson --no-allow-inexact --percentile 99.9",
    ),
    ("convert", "--sweep --sweep.steps 3 --sweep.methods channel+bias,mse --calibration 64"),
    ("attack", "--presets textfooler,pwws --no-transfer --victims snn@poisson:7,ann+noise"),
    ("attack", "--sweep --sweep.thresholds recipe,max"),
    ("finetune", "--adversarial textfooler --model snn --adversarial-share 0.1 --tied"),
    ("energy", "--texts 20 --split dev"),
    ("run", "--steps 8 --no-train.tensorboard --limit 9 --seed 4"),
    ("run", "--finetune.adversarial pwws --finetune.model ann --attack.controls victims,noise"),
    ("evaluate", "--split dev --model ann --engine torch"),
    ("predict", "--model snn --input x.csv --out y.jsonl"),
]


def values(name: str, words: list[str]) -> dict[str, Any]:
    """What a command is told: its settings, and its options that are no settings."""
    parser = command_parser(name)
    for action in parser._actions:
        action.required = False
        if not action.option_strings:
            action.nargs, action.choices = "*", None
    given = parse(parser, words)
    if "sweep" in given:
        check_sweep(given, parser.grid)
    told: dict[str, Any] = {
        f"{cls.__name__} {prefix}": settings_from(cls, given, prefix)
        for cls, prefix in parser.settings
    }
    settings = {action.dest for action in parser._actions if action.default == "==SUPPRESS=="}
    own = {key: value for key, value in given.items() if key not in settings | {"config"}}
    return told | own


@pytest.mark.parametrize(("name", "line"), CASES)
def test_what_is_printed_is_read_back(
    name: str, line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [word.strip("'") for word in line.split()]
    assert main([name, *words, "--print-config"]) == 0
    printed, said = capsys.readouterr()
    assert said == "" and printed.startswith(f"# settings of snnconvert {name}")
    path = tmp_path / "settings.yaml"
    path.write_text(printed, "utf-8")
    sweep = ["--sweep"] if "--sweep" in words else []
    assert values(name, ["--config", str(path), *sweep]) == values(name, words)
    assert main([name, "--config", str(path), *sweep, "--print-config"]) == 0
    assert capsys.readouterr().out == printed  # and nothing changes the second time


def test_every_setting_is_there_with_its_name_in_a_file(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["run", "--print-config", "--train.epochs", "2"]) == 0
    found = yaml.safe_load(capsys.readouterr().out)
    assert found["train"]["epochs"] == 2 and found["train"]["widths"] == [3, 4, 5]
    assert found["dataset"] == "builtin-en" and found["convert"]["steps"] is None
    assert found["finetune"]["adversarial"] is None and found["engine"] == "auto"


def test_bounds_hold_here_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--epochs", "0", "--print-config"]) == 2
    printed, said = capsys.readouterr()
    assert printed == "" and "--epochs" in said
