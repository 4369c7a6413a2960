"""Every figure of a small run is what it was: conversions of every kind, energy, and an attack.

Where a change is meant, write the figures anew with ``python -m snnconvert.tests.helpers.golden``
and look at the difference: it is what the change does to everybody's figures.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from snnconvert.pipelines.cli import main
from snnconvert.tests.helpers import golden

FIGURES = json.loads((golden.GOLDEN / "figures.json").read_text("utf-8"))
RUN = golden.GOLDEN / "run"


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    return golden.conversions(RUN, tmp_path_factory.mktemp("converted"))


@pytest.mark.parametrize("name", golden.CONVERSIONS)
def test_conversions(name: str, converted: dict[str, object]) -> None:
    made, was = converted[name], FIGURES["conversions"][name]
    assert golden.close(made, was), f"{json.dumps(made)}\n{json.dumps(was)}"


@pytest.mark.long
def test_energy_attack_and_records(tmp_path: Path) -> None:
    made = golden.whole(RUN, tmp_path)
    for part in ("energy", "attack", "records"):
        assert made[part].keys() == FIGURES[part].keys()
        for key, was in FIGURES[part].items():
            assert golden.close(made[part][key], was), f"{key}: {made[part][key]}\n{was}"


def test_a_run_of_an_older_version_still_opens(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The committed run was made before folders and settings were arranged as they are."""
    import shutil

    run = tmp_path / "run"
    shutil.copytree(RUN, run)
    assert main(["evaluate", str(run), "--model", "ann", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    stored = json.loads((RUN / "results.json").read_text("utf-8"))["ann"]
    assert shown["accuracy"] == stored["test_accuracy"]
    assert main(["predict", str(run), "a wonderful meal"]) == 0
    assert main(["report", str(run)]) == 0 and (run / "report.html").is_file()
