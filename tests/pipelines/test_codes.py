"""Every input code through the commands, on a tiny network."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from snnconvert.models.encoders import CODES
from snnconvert.pipelines.cli import main
from snnconvert.tests.helpers.journey import command, results

COUNTED = [name for name in CODES if not CODES[name].own_neurons]
STEPS = 3
EFFORT = ("--examples", "2", "--query-budget", "10", "--draws", "2", "--verify-draws", "2")


@pytest.fixture(scope="module")
def run(tiny_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    out = tmp_path_factory.mktemp("codes") / "run"
    shutil.copytree(tiny_run, out)
    yield out
    shutil.rmtree(out)


def test_a_sweep_converts_every_code(run: Path) -> None:
    words = ("--sweep.methods", "default", "--sweep.steps", str(STEPS), "--calibration", "40")
    command("convert", str(run), "--sweep", "--sweep.encoders", ",".join(COUNTED), *words)
    swept = json.loads((run / "snn" / "sweep.json").read_text("utf-8"))
    assert [(row["encoder"], row["steps"]) for row in swept["rows"]] == [
        (name, STEPS) for name in COUNTED
    ]
    assert swept["refused"] == []
    for row in swept["rows"]:
        assert (row["input_spikes_per_sample"] > 0) == CODES[row["encoder"]].spiking
    assert (run / "snn" / "sweep.png").is_file()


def test_a_code_whose_spikes_are_worth_more_is_converted_priced_and_reported(run: Path) -> None:
    command("convert", str(run), "--encoder", "individual", "--name", "words", "--steps", "5")
    command("energy", str(run), "--texts", "4", "--sampled", "0")
    found = results(run)
    assert found["snn@words"]["recipe"]["encoder"] == "individual"
    priced = [row for row in found["energy"]["rows"] if row["victim"] == "snn@words"]
    assert priced and all(row["joules_per_sentence"] > 0 for row in priced)
    command("report", str(run))
    assert "individual" in (run / "report.html").read_text("utf-8")


def test_an_attack_asks_victims_of_new_codes(run: Path) -> None:
    """One whose frames are made by word, by place, drawn, and one whose spikes are worth more."""
    victims = [f"snn@{name}:{STEPS}" for name in ("even", "individual", "sigma_delta", "latency")]
    words = ("--presets", "deepwordbug", "--controls", "none", *EFFORT)
    command("attack", str(run), "--victims", ",".join(victims), *words)
    rows = results(run)["attack"]["rows"]
    assert {row["victim"] for row in rows} >= set(victims)


@pytest.mark.slow
@pytest.mark.parametrize("name", COUNTED)
def test_each_code_is_converted_priced_tuned_explained_and_exported(
    run: Path, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = Path(shutil.copytree(run, tmp_path / "run"))
    command("convert", str(own), "--encoder", name, "--steps", str(STEPS), "--force")
    recipe = results(own)["snn"]["recipe"]
    assert recipe["encoder"] == name and ("gain" in recipe) == CODES[name].rounds
    command("energy", str(own), "--texts", "8", "--sampled", "0", "--force")
    rows = results(own)["energy"]["rows"]
    joules = [r["joules_per_sentence"] for r in rows if r["victim"] == "snn"]
    assert any(joules) and all(
        j is None or j > 0 for j in joules
    )  # not every chip takes analog input
    command("finetune", str(own), "--epochs", "1", "--tensorboard", "false", "--force")
    assert results(own)["finetuned"]["latency_steps"] == STEPS
    assert main(["evaluate", str(own), "--model", "snn", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["accuracy"] == results(own)["snn"]["test_accuracy"]
    assert main(["explain", str(own), "good food", "--model", "snn", "--json"]) == 0
    victims = f"snn,finetuned,snn@{name}:2"
    words = ("--presets", "deepwordbug", "--victims", victims, *EFFORT)
    command("attack", str(own), *words, "--force")
    command("report", str(own))
    assert name in (own / "report.html").read_text("utf-8")
