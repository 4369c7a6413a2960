"""Options by the names that they had before: typed, in files, and in run folders of that time."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import yaml

from snnconvert.attacks.records import header_of, open_records
from snnconvert.convert.recipes.file import read_recipe
from snnconvert.convert.recipes.old_names import (
    by_names_before,
    by_names_of_today,
    old_names,
    renamed,
)
from snnconvert.convert.recipes.options import from_options
from snnconvert.errors import InputError
from snnconvert.pipelines.cli import main
from snnconvert.pipelines.convert.choices import note
from snnconvert.pipelines.run_folder.run_folder import RunFolder
from snnconvert.pipelines.run_folder.stage_files import record
from snnconvert.tests.helpers.journey import command, results

NAMES = {"grain": "granularity", "insist": "allow_inexact", "tau": "soft_threshold"}
TYPED = ["--grain", "channel", "--insist", "true", "--tau=0.05", "--threshold", "max"]


def test_every_old_name_is_that_of_one_option() -> None:
    assert old_names() == NAMES
    assert renamed({"tau": 0.5, "steps": 3}) == {"soft_threshold": 0.5, "steps": 3}
    with pytest.raises(InputError, match="expected granularity once, but got it as grain too"):
        renamed({"grain": "layer", "granularity": "layer"})
    nested = {"a": [{"tau": 1}], "grain": {"insist": 2}}
    today = {"a": [{"soft_threshold": 1}], "granularity": {"allow_inexact": 2}}
    assert by_names_of_today(nested) == today and by_names_before(today) == nested


@pytest.fixture
def run(tiny_run: Path, tmp_path: Path) -> Path:
    return shutil.copytree(tiny_run, tmp_path / "run")


def test_they_work_on_the_command_line_and_say_the_new_ones(run: Path, capsys) -> None:
    assert main(["convert", str(run), *TYPED, "--force", "--quiet"]) == 0
    said = capsys.readouterr().err
    for old, new in NAMES.items():
        assert f"--{old} is called --{new.replace('_', '-')} now" in said
    recipe = results(run)["snn"]["recipe"]
    assert recipe["granularity"] == "channel" and recipe["soft_threshold"] == 0.05
    assert recipe["allow_inexact"] is True and not set(recipe) & set(NAMES)


def test_they_work_in_a_settings_file(run: Path, tmp_path: Path, capsys) -> None:
    path = tmp_path / "convert.yaml"
    path.write_text("grain: channel\ntau: 0.25\n", "utf-8")
    assert main(["convert", str(run), "--config", str(path), "--force", "--quiet"]) == 0
    assert "grain" in capsys.readouterr().err
    recipe = results(run)["snn"]["recipe"]
    assert (recipe["granularity"], recipe["soft_threshold"]) == ("channel", 0.25)


@pytest.mark.parametrize("under", [True, False])
def test_they_work_in_a_recipe_file_which_is_said_once(
    under: bool, run: Path, tmp_path: Path, capsys
) -> None:
    note.cache_clear()
    path = tmp_path / "mine.yaml"
    options = {"steps": 3, "grain": "channel", "tau": 0.5}
    path.write_text(yaml.safe_dump({"options": options} if under else options), "utf-8")
    expected = {"steps": 3, "granularity": "channel", "soft_threshold": 0.5}
    assert read_recipe(path) == expected and from_options(expected).soft_threshold == 0.5
    assert main(["convert", str(run), "--recipe", str(path), "--force", "--quiet"]) == 0
    (line,) = [li for li in capsys.readouterr().err.splitlines() if "is now" in li]
    assert f"in {path} grain is now granularity, tau is now soft_threshold" in line


def made_before(run: Path) -> None:
    """Let the folder be as a version without the new names has left it."""
    folder = RunFolder(run)
    config = folder.config()
    stamp = folder.stamp("snn", by_names_before(config["snn"]))
    (run / "config.yaml").write_text(yaml.safe_dump(by_names_before(config)), "utf-8")
    recipe = run / "snn" / "recipe.yaml"
    written = yaml.safe_load(recipe.read_text("utf-8"))
    recipe.write_text(yaml.safe_dump(by_names_before(written), sort_keys=False), "utf-8")
    figures = by_names_before(json.loads((run / "results.json").read_text("utf-8")))
    figures["snn"] |= {"fingerprint": stamp, "files": record(run / "snn", "snn")}
    (run / "results.json").write_text(json.dumps(figures), "utf-8")


def test_a_run_folder_of_that_time_opens_and_is_not_made_again(run: Path, capsys) -> None:
    command("convert", str(run), *TYPED, "--force")
    made_before(run)
    before = (run / "results.json").read_bytes()
    assert b"grain" in before and b"granularity" not in before
    command("convert", str(run), *TYPED)
    assert (run / "results.json").read_bytes() == before
    capsys.readouterr()
    assert main(["convert", str(run), "--threshold", "max"]) == 2
    assert "granularity was 'channel', now 'layer'" in capsys.readouterr().err
    assert "--granularity channel" in RunFolder(run).remedy("snn")
    # and what is made from it: a victim that changes the recipe of its SNN
    words = ["--presets", "deepwordbug", "--examples", "2", "--query-budget", "10"]
    command("attack", str(run), *words, "--victims", "snn@saf:3", "--controls", "none")
    (row,) = results(run)["attack"]["rows"]
    assert row["victim"] == "snn@saf:3" and row["n"] == 2


def test_rows_of_a_sweep_of_that_time_are_not_computed_again(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from snnconvert.pipelines.convert import sweep
    from snnconvert.pipelines.run_folder.fingerprints import fingerprint

    words = ["convert", str(run), "--sweep", "--sweep.methods", "channel,srp"]
    words += ["--sweep.encoders", "saf", "--sweep.steps", "2,3"]
    command(*words)
    path = run / "snn" / "sweep.json"
    content = json.loads(path.read_text("utf-8"))
    old = by_names_before(content)
    for row in old["rows"]:
        row["key"] = fingerprint(content["settings"] | row["recipe"])
    path.write_text(json.dumps(old), "utf-8")
    monkeypatch.setattr(sweep, "convert_model", lambda *_: pytest.fail("computed again"))
    command(*words)
    assert json.loads(path.read_text("utf-8"))["rows"] == content["rows"]


def test_records_of_an_attack_of_that_time_go_on(tmp_path: Path) -> None:
    path = tmp_path / "snn.jsonl"
    before = header_of({"victim": "snn", "settings": {"recipe": {"grain": "layer", "steps": 2}}})
    with open_records(path, before):
        pass
    today = header_of(by_names_of_today(before["configuration"]))
    assert today["hash"] != before["hash"]
    with open_records(path, today) as (records, _):
        assert records == []
    other = header_of({"victim": "snn", "settings": {"recipe": {"granularity": "channel"}}})
    with pytest.raises(InputError, match="another configuration"), open_records(path, other):
        pass
