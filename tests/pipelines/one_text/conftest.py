"""A small run with every model, made once of the one that is in the repository."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from snnconvert.pipelines.cli import main

STORED = Path(__file__).parents[2] / "golden" / "run"


@pytest.fixture(scope="package")
def whole_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = tmp_path_factory.mktemp("one-text") / "run"
    shutil.copytree(STORED, run)
    assert main(["convert", str(run), "--steps", "4", "--quiet"]) == 0
    assert main(["finetune", str(run), "--epochs", "1", "--quiet"]) == 0
    return run
