"""The command that makes a stage again is made of what its settings keep."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest

from snnconvert.pipelines.cli import main
from snnconvert.pipelines.run_folder import again
from snnconvert.pipelines.run_folder.run_folder import RunFolder
from snnconvert.pipelines.run_folder.stages import STAGES

OPTIONS = [
    ["train", "--model", "dpcnn", "--train-vectors", "true", "--lr", "0.004", "--seed", "3"],
    ["convert", "--recipe", "bu2022", "--steps", "6", "--calibration", "20", "--seed", "2"],
    ["convert", "--encoder", "poisson", "--threshold", "percentile", "--percentile", "99"],
    ["finetune", "--loss", "spike_counts", "--class-weights", "true", "--dropout", "0.25"],
    ["finetune", "--adversarial", "deepwordbug,pwws", "--model", "snn", "--epochs", "2"],
    ["energy", "--texts", "3", "--split", "dev"],
]


@pytest.mark.parametrize("words", OPTIONS, ids=[" ".join(words[:3]) for words in OPTIONS])
def test_the_command_of_a_stage_gives_its_settings_again(words: list[str], tmp_path: Path) -> None:
    """Round trip: options to what config.yaml keeps, to a command, to the same again."""
    config, stage = settled(words)
    command = shlex.split(again.command_for(stage, tmp_path / "a run", config))
    assert command[0] == "snnconvert" and str(tmp_path / "a run") in command
    assert settled(command[1:]) == (config, stage)


def settled(words: list[str]) -> tuple[dict[str, Any], str]:
    """What config.yaml would hold after a command, and the stage that it makes."""
    from snnconvert.pipelines import settings
    from snnconvert.pipelines.cli import command_parser
    from snnconvert.pipelines.cli.arguments import settings_from
    from snnconvert.pipelines.cli.config_file import parse
    from snnconvert.pipelines.convert import convert
    from snnconvert.pipelines.finetune import adversarial
    from snnconvert.pipelines.run_folder.fingerprints import settings_dict

    place = [] if "--out" in words else ["--out", "x"]
    if words[0] != "train":
        place = [] if not words[1].startswith("--") else ["x"]
    given = parse(command_parser(words[0]), [*words[1:], *place])
    seed = given["seed"]
    if words[0] == "train":
        data, train = (
            settings_dict(settings_from(kind, given), seed=seed)
            for kind in (settings.DataSettings, settings.TrainSettings)
        )
        return {"data": data, "ann": train}, "ann"
    if words[0] == "convert":
        chosen = settings_from(settings.ConvertSettings, given)
        return {"snn": convert.resolved_settings(chosen, seed)}, "snn"
    if words[0] == "energy":
        found = settings_dict(settings_from(settings.EnergySettings, given), seed=seed)
        return {"energy": found}, "energy"
    tuned = settings_from(settings.FinetuneSettings, given)
    attacked = settings_from(settings.AdversarialSettings, given)
    if attacked.adversarial:
        kept = adversarial.resolved_settings(attacked.model, attacked, tuned, seed)
        return {f"{attacked.model}-adversarial": kept}, f"{attacked.model}-adversarial"
    return {"finetuned": settings_dict(tuned, seed=seed)}, "finetuned"


def test_every_stage_has_a_command(tmp_path: Path) -> None:
    for stage in STAGES:
        for config in ({}, {"data": {"dataset": "mr"}}):
            command = again.command_for(stage, tmp_path, config)
            assert command.startswith("snnconvert ") and str(tmp_path) in command


def test_what_a_network_has_none_of_is_in_the_command_that_makes_it(tmp_path: Path) -> None:
    """A folder of another name gets the same network: nothing is then chosen by the data."""
    data = ["--dataset", "builtin-en", "--limit", "60", "--dim", "8", "--epochs", "1"]
    network = ["--channels", "6", "--input-levels", "0", "--padding", "none", "--pooling", "max"]
    first, second = tmp_path / "first", tmp_path / "second"
    assert main(["train", *data, *network, "--out", str(first), "--quiet"]) == 0
    command = again.command_for("ann", first, RunFolder(first).config())
    assert "--input-levels 0" in command and "--padding none" in command
    words = shlex.split(command.replace(str(first), str(second)))
    assert main([*words[1:], "--quiet"]) == 0
    assert RunFolder(second).config()["ann"] == RunFolder(first).config()["ann"]


def test_what_a_network_does_not_read_is_not_in_its_command(tmp_path: Path) -> None:
    config = {"data": {"dataset": "mr", "stage": "mean"}, "ann": {"model": "mlp"}}
    command = again.command_for("ann", tmp_path, config)
    assert "input-levels" not in command and "padding" not in command


@pytest.mark.parametrize("name", ["é" * 200, "a/b", "nul\0", ""])
def test_a_recipe_that_no_file_can_be_called_is_none_of_the_run(name: str, tmp_path: Path) -> None:
    """A config.yaml that somebody else wrote; the report of its run asks for the command."""
    command = again.command_for("snn", tmp_path, {"snn": {"recipe": name}})
    assert command == f"snnconvert convert {tmp_path}"
