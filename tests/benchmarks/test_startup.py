"""The start-up benchmark, and what a prediction from a cold start may load."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from snnconvert.benchmarks.speed import startup

NEVER = {"spikingjelly", "textattack", "transformers", "sklearn", "gensim", "jieba", "nltk"}
NEVER |= {"matplotlib", "tensorboard", "pandas", "datasets", "snntorch", "triton", "jinja2"}
NEVER |= {"numba"}  # one text does not pay for compiled kernels

LOADED = """
import json, sys
from snnconvert.pipelines.cli import main
code = main(sys.argv[1:])
print(json.dumps(sorted(sys.modules)))
sys.exit(code)
"""


@pytest.mark.parametrize("model", ["ann", "snn"])
def test_a_prediction_loads_nothing_that_it_does_not_need(model: str, tiny_run: Path) -> None:
    words = ["predict", str(tiny_run), "a good film", "--model", model]
    command = [sys.executable, "-c", LOADED, *words]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    line, modules = done.stdout.splitlines()
    assert line.endswith("\ta good film")
    assert not NEVER & set(json.loads(modules))


@pytest.mark.long
def test_the_quick_benchmark(tiny_run: Path, tmp_path: Path) -> None:
    assert startup.main(["--quick", "--run", str(tiny_run), "--out", str(tmp_path)]) == 0
    rows = {r["variant"]: r for r in json.loads((tmp_path / "startup.json").read_text())["rows"]}
    assert {startup.HELP, startup.PREDICT, startup.AFTER, "import torch", "python"} <= set(rows)
    assert all(row["equal"] and row["cpu_seconds"] > 0 for row in rows.values())
    assert rows[startup.HELP]["cpu_seconds"] < rows["import torch"]["cpu_seconds"]
    assert rows[startup.AFTER]["cpu_seconds"] < rows[startup.EVALUATE]["cpu_seconds"]
    page = (tmp_path / "startup.md").read_text()
    assert "| cold start | snnconvert --help |" in page


def test_a_process_that_fails_is_not_equal() -> None:
    assert startup.cpu_seconds(["-c", "print('x')"], "x")[1]
    assert not startup.cpu_seconds(["-c", "print('x')"], "y")[1]
    assert not startup.cpu_seconds(["-c", "raise SystemExit(1)"], "")[1]
