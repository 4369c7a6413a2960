"""Paths with names that no file system takes: one line, wherever they come from."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from snnconvert.pipelines.cli import main

LONG = "x" * 300
SAMPLE = Path(__file__).parents[1] / "campaign" / "sample"


@pytest.mark.parametrize(
    "words",
    [
        "train --out {out} --dataset {long}",
        "train --out {out} --dataset builtin-en --vectors {long}",
        "train --out {out} --teacher {long}",
        "train --out {out} --config {long}",
        "train --out {long}",
        "report {long}",
        "predict {run} --log-file {long} hello",
        "evaluate {run} --data {long}",
        "convert {run} --recipe {long} --force",
        "import {long} --out {out}",
        "teach {run} --teacher {long}",
        "search --space {long} --out {out}",
    ],
)
def test_of_the_command_line(
    words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = shutil.copytree(SAMPLE, tmp_path / "run")
    given = words.format(out=tmp_path / "out", run=run, long=LONG).split()
    assert main(given) in (1, 2)
    said = capsys.readouterr().err.strip()
    assert said.count("\n") == 0 and said.startswith("snnconvert: "), said
    assert "Traceback" not in said and "failed with" not in said


@pytest.mark.parametrize("key", ["dataset", "data_dir", "place", "vectors"])
def test_of_a_run(key: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = shutil.copytree(SAMPLE, tmp_path / "run")
    config = yaml.safe_load((run / "config.yaml").read_text("utf-8"))
    config["data"][key] = f"/tmp/{LONG}"
    (run / "config.yaml").write_text(yaml.safe_dump(config), "utf-8")
    for words in (["evaluate", str(run)], ["report", str(run)], ["predict", str(run), "good"]):
        code, said = main(words), capsys.readouterr().err
        assert code in (0, 2)
        assert "Traceback" not in said and "failed with" not in said, said
