"""`snnconvert convert --recipe`: presets, files and single options, from the command line down."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from pathlib import Path

import pytest
import yaml

from snnconvert.convert.recipes.options import recipe_options
from snnconvert.convert.recipes.published import PUBLISHED
from snnconvert.errors import InputError
from snnconvert.pipelines.cli import main
from snnconvert.pipelines.cli.arguments import settings_from
from snnconvert.pipelines.convert.choices import recipe_from, resolved_settings
from snnconvert.pipelines.convert.convert import convert
from snnconvert.pipelines.run import check_run
from snnconvert.pipelines.run_folder.run_folder import RunFolder
from snnconvert.pipelines.settings.convert import ConvertSettings
from snnconvert.pipelines.settings.data import DataSettings
from snnconvert.pipelines.settings.run import RunSettings
from snnconvert.pipelines.settings.train import TrainSettings
from snnconvert.pipelines.train import train

DATA = DataSettings(dataset="builtin-en", vectors="random", dim=8)
SMALL = {"channels": 4, "epochs": 1, "tensorboard": False}


@pytest.fixture(scope="module")
def relu_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with a small ReLU TextCNN, trained for one epoch."""
    out = tmp_path_factory.mktemp("runs") / "relu"
    train(out, DATA, TrainSettings(activation="relu", **SMALL))
    return out


@pytest.fixture(scope="module")
def qcfs_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with a small QCFS TextCNN."""
    out = tmp_path_factory.mktemp("runs") / "qcfs"
    train(out, DATA, TrainSettings(bound=1.0, **SMALL))
    return out


@pytest.fixture(scope="module")
def tcl_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with a small TCL TextCNN."""
    out = tmp_path_factory.mktemp("runs") / "tcl"
    train(out, DATA, TrainSettings(activation="tcl", bound=1.0, **SMALL))
    return out


def test_the_choices_of_the_command_line_are_those_of_the_code():
    options = {item.name for item in fields(ConvertSettings)}
    assert options >= set(recipe_options())
    text = next(f for f in fields(ConvertSettings) if f.name == "recipe").metadata["help"]
    assert all(name in text for name in PUBLISHED)


def test_defaults_never_override_a_recipe():
    """A recipe holds where nothing is given, and an option where it is, even at its default."""
    assert recipe_from(ConvertSettings(recipe="lv2023")).steps == 50
    assert recipe_from(ConvertSettings(recipe="lv2023", steps=4)).steps == 4
    given = settings_from(ConvertSettings, {"recipe": "lv2023", "mapping": "split"})
    assert recipe_from(given).encoder.mapping == "split"
    assert recipe_from(ConvertSettings(recipe="deng2021", bias_shift=False)).bias_shift is False
    with pytest.raises(InputError, match="either"):
        recipe_from(ConvertSettings(recipe="deng2021", initial=0.5))


def test_none_is_a_word_where_it_is_a_choice(relu_run: Path, monkeypatch: pytest.MonkeyPatch):
    """`--mapping none` is the mapping, not "as the recipe says"."""
    seen = []
    monkeypatch.setattr(
        "snnconvert.pipelines.convert.convert.convert",
        lambda run, settings, *rest: seen.append(settings) or RunFolder(run),
    )
    words = ["convert", str(relu_run), "--encoder", "direct"]
    words += ["--mapping", "none", "--percentile", "none"]
    assert main(words) == 0
    assert seen[0].mapping == "none" and seen[0].percentile is None and seen[0].steps is None


def test_a_recipe_and_its_changes_reach_results_and_report(relu_run: Path):
    settings = ConvertSettings(recipe="rueckauer2017", steps=3, calibration=16)
    convert(relu_run, settings, force=True)
    results = json.loads((relu_run / "results.json").read_text())["snn"]
    assert results["recipe"]["name"] == "rueckauer2017" and results["recipe"]["steps"] == 3
    assert results["recipe"]["normalise"] == "weights" and results["recipe"]["initial"] == 0
    report = json.loads((relu_run / "snn" / "conversion.json").read_text())["recipe"]
    assert report["name"] == "rueckauer2017" and report["threshold"]["percentile"] == 99.9
    config = yaml.safe_load((relu_run / "config.yaml").read_text())["snn"]
    assert config == resolved_settings(settings, 0)
    # the recipe that was used can be used again, by its file
    again = ConvertSettings(recipe=str(relu_run / "snn" / "recipe.yaml"))
    assert recipe_from(again) == recipe_from(settings)


def test_a_stage_is_the_same_where_its_conversion_is(relu_run: Path, tmp_path: Path):
    """What counts is what a recipe holds: a file that changes makes another conversion."""
    path = tmp_path / "mine.yaml"
    path.write_text("steps: 2\nthreshold: max\n", encoding="utf-8")
    settings = ConvertSettings(recipe=str(path), calibration=16)
    convert(relu_run, settings, force=True)
    stamp = json.loads((relu_run / "results.json").read_text())["snn"]["fingerprint"]
    convert(relu_run, settings)
    assert json.loads((relu_run / "results.json").read_text())["snn"]["fingerprint"] == stamp
    path.write_text("steps: 2\nthreshold: mse\n", encoding="utf-8")
    with pytest.raises(InputError, match="threshold was 'max', now 'mse'"):
        convert(relu_run, settings)


@pytest.mark.parametrize("name", ["diehl2015", "deng2021", "li2021", "lv2023", "default"])
def test_presets_convert_a_relu_network(relu_run: Path, name: str):
    convert(relu_run, ConvertSettings(recipe=name, steps=3, calibration=16), force=True)
    figures = json.loads((relu_run / "results.json").read_text())["snn"]
    assert len(figures["accuracy_by_step"]) == 3


@pytest.mark.parametrize(
    "settings",
    [
        ConvertSettings(recipe="bu2022"),
        ConvertSettings(recipe="hao2023", srp_steps=2),
        ConvertSettings(neuron="ttfs", encoder="ttfs"),
        ConvertSettings(neuron="burst", burst=2, correction="bias"),
        ConvertSettings(neuron="lif", leak=0.1, correction="potential"),
        ConvertSettings(neuron="signed", granularity="channel", threshold="percentile_nonzero"),
    ],
)
def test_recipes_convert_a_qcfs_network(qcfs_run: Path, settings: ConvertSettings):
    chosen = replace(settings, calibration=16)
    convert(qcfs_run, chosen, force=True)
    results = json.loads((qcfs_run / "results.json").read_text())
    assert 0 <= results["snn"]["dev_accuracy"] <= 1
    report = json.loads((qcfs_run / "snn" / "conversion.json").read_text())
    assert report["recipe"]["neuron"]["kind"] == recipe_from(chosen).neuron.kind
    assert bool(report["corrections"]) == (chosen.correction is not None)
    if chosen.recipe == "bu2022":  # one layer of neurons, constant input, T = L: the ANN itself
        assert results["snn"]["dev_accuracy"] == results["ann"]["dev_accuracy"]


def test_tcl_trains_and_converts_by_its_bound(tcl_run: Path):
    convert(tcl_run, ConvertSettings(recipe="tcl2021", steps=3, calibration=16), force=True)
    layers = json.loads((tcl_run / "snn" / "conversion.json").read_text())["layers"]
    rows = {row["name"]: row for row in layers}
    assert rows["act3"]["threshold_rule"] == "bound"
    bound = rows["act3"]["threshold_mean"]
    assert 0.5 < bound < 2 and rows["act3"]["threshold_min"] == bound
    with pytest.raises(InputError, match="QCFS activation"):
        convert(tcl_run, ConvertSettings(recipe="bu2022"), force=True)


@pytest.mark.parametrize(
    ("activation", "recipe", "good"),
    [
        ("relu", "bu2022", False),
        ("relu", "tcl2021", False),
        ("tcl", "bu2022", False),
        ("tcl", "tcl2021", True),
        ("qcfs", "tcl2021", True),
        ("qcfs", "hao2023", True),
        ("relu", "default", True),
    ],
)
def test_a_run_refuses_before_training_what_conversion_would(activation, recipe, good, tmp_path):
    settings = RunSettings(
        train=TrainSettings(activation=activation), convert=ConvertSettings(recipe=recipe)
    )
    run = RunFolder(tmp_path, must_exist=False)
    if good:
        check_run(settings, run)
        return
    with pytest.raises(InputError, match=f"ANN with {activation}, which has no such bound"):
        check_run(settings, run)
