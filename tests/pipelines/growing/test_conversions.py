"""Several conversions in one run, each with fine-tuning, attacks and energy of its own."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from snnconvert.errors import InputError
from snnconvert.models.saving import weights_hash
from snnconvert.pipelines.attack.names import parse_victim
from snnconvert.pipelines.classifier import TextClassifier
from snnconvert.pipelines.cli import main
from snnconvert.pipelines.convert.choices import conversion_stage, recipe_from
from snnconvert.pipelines.run_folder.run_folder import RunFolder
from snnconvert.pipelines.run_folder.stages import above, made_of, models_among
from snnconvert.pipelines.settings.convert import ConvertSettings

from .tools import attack, bytes_of, cells, done, results

Capture = pytest.CaptureFixture[str]
TUNE = ("--epochs", "1", "--tensorboard", "false", "--quiet")


@pytest.fixture(scope="module")
def several(tiny_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny run with a conversion called t2, which is fine-tuned, and one by code and T."""
    run = tmp_path_factory.mktemp("several") / "run"
    shutil.copytree(tiny_run, run)
    done("convert", run, "--name", "t2", "--steps", "2", "--quiet")
    done("finetune", run, "--name", "t2", *TUNE)
    done("convert", run, "--name", "auto", "--steps", "3", "--encoder", "direct", "--quiet")
    return run


@pytest.fixture
def run(several: Path, tmp_path: Path) -> Path:
    shutil.copytree(several, tmp_path / "run")
    return tmp_path / "run"


def test_each_has_stages_and_folders_of_its_own(several: Path, tiny_run: Path) -> None:
    found, first = results(several), results(tiny_run)
    assert list(found) == [*first, "snn@t2", "finetuned@t2", "snn@direct-t3"]
    assert {name: found[name] for name in first} == first
    assert [found[name]["steps"] for name in ("snn", "snn@t2", "snn@direct-t3")] == [3, 2, 3]
    now = bytes_of(several)
    for name, what in bytes_of(tiny_run).items():
        if name not in ("results.json", "config.yaml", ".lock"):
            assert now[name] == what, name
    for folder in ("snn-t2", "finetuned-t2", "snn-direct-t3"):
        assert (several / folder / "raster.json").is_file()


def test_a_named_conversion_is_what_it_would_be_without_a_name(
    several: Path, tiny_run: Path, tmp_path: Path
) -> None:
    alone = tmp_path / "alone"
    shutil.copytree(tiny_run, alone)
    done("convert", alone, "--steps", "2", "--force", "--quiet")
    done("finetune", alone, *TUNE)
    for kind in ("snn", "finetuned"):
        assert weights_hash(alone / kind) == weights_hash(several / f"{kind}-t2")
        own, named = results(alone)[kind], results(several)[f"{kind}@t2"]
        assert own["accuracy_by_step"] == named["accuracy_by_step"]


def test_commands_know_their_names(several: Path, tmp_path: Path, capsys: Capture) -> None:
    capsys.readouterr()
    done("evaluate", several, "--model", "finetuned@t2", "--json")
    shown = json.loads(capsys.readouterr().out)
    assert shown["accuracy"] == results(several)["finetuned@t2"]["test_accuracy"]
    assert shown["model"] == "finetuned@t2" and len(shown["accuracy_by_step"]) == 2
    done("predict", several, "good", "--model", "snn@direct-t3")
    done("export", several, "--model", "snn@t2", "--out", tmp_path / "net.npz")
    assert TextClassifier.load(several, "snn@t2").model.steps == 2
    assert RunFolder(several).last_model() == "finetuned"
    assert RunFolder(several).models().keys() >= {"ann", "snn@t2", "finetuned@t2"}


@pytest.mark.parametrize("name", ["snm", "snn@", "ann@t2", "data@t2", "snn@t2@t3"])
def test_other_models_are_refused(name: str, several: Path, capsys: Capture) -> None:
    assert main(["evaluate", str(several), "--model", name]) == 2
    assert f"got {name!r}" in capsys.readouterr().err


def test_what_is_not_there_is_named_with_its_command(several: Path, capsys: Capture) -> None:
    for words, command in (
        (["evaluate", str(several), "--model", "snn@t9"], "convert {} --name t9"),
        (["finetune", str(several), "--name", "t9"], "convert {} --name t9"),
        (["predict", str(several), "x", "--model", "finetuned@direct-t3"], "finetune {} --name"),
    ):
        assert main(words) == 2
        assert f"snnconvert {command.format(several)}" in capsys.readouterr().err
    assert main(["convert", str(several), "--name", "t2", "--steps", "5"]) == 2
    assert "(steps was 2, now 5)" in capsys.readouterr().err
    assert main(["convert", str(several), "--sweep", "--name", "x"]) == 2
    assert "no --name with --sweep" in capsys.readouterr().err


@pytest.mark.parametrize(
    "name", ["T4", "a b", "saf", "poisson-4", "saf-4-max", "adversarial", "x/y", "..", "t.4", "-x"]
)
def test_names_that_would_be_read_as_others_are_refused(name: str) -> None:
    with pytest.raises(InputError, match="a name of a conversion like t4"):
        conversion_stage(name, recipe_from(ConvertSettings()))


def test_names_that_are_none_of_these() -> None:
    recipe = recipe_from(ConvertSettings(steps=7, encoder="bitplane"))
    assert conversion_stage("auto", recipe) == "snn@bitplane-t7"
    assert conversion_stage("", recipe) == "snn"
    for name in ("t4", "saf-t4", "try_2", "4", "safe-4"):
        assert str(parse_victim(conversion_stage(name, recipe))) == f"snn@{name}"


@pytest.mark.parametrize("name", ["snn@saf", "ann@t4", "ann-adversarial@t4", "snn@t4:2"])
def test_victims_that_are_of_no_conversion(name: str) -> None:
    with pytest.raises(InputError):
        parse_victim(name)


@pytest.mark.parametrize(
    ("victim", "stages"),
    [
        ("ann", ("ann",)),
        ("finetuned@t4", ("finetuned@t4",)),
        ("snn+deterministic@t4", ("snn@t4",)),
        ("ann+noise@t4", ("ann", "snn@t4")),
        ("ann+levels", ("ann", "snn")),
        ("snn@saf:4", ("ann", "snn")),
        ("ann+noise@saf:4", ("ann", "snn")),
    ],
)
def test_what_a_victim_is_made_of(victim: str, stages: tuple[str, ...]) -> None:
    assert made_of(victim) == stages


def test_what_builds_on_a_stage() -> None:
    there = ["data", "ann", "snn@b", "finetuned@b", "snn", "attack"]
    assert above("snn@b", there) == ("snn@b", "finetuned@b")
    assert set(above("snn", there)) == {"snn", "finetuned", "snn-adversarial"}
    assert set(above("ann", there)) >= {"ann", "snn", "snn@b", "finetuned@b", "attack", "energy"}
    assert models_among(there) == ["ann", "snn", "snn@b", "finetuned@b"]


def test_controls_are_of_their_conversion(run: Path) -> None:
    done("convert", run, "--name", "noisy", "--steps", "2", "--encoder", "poisson", "--quiet")
    assert attack(run, "deepwordbug", "ann,snn@noisy", 4, "--controls", "victims") == 0
    found = cells(run)
    controls = {"ann+levels@noisy", "ann+noise@noisy", "snn+deterministic@noisy"}
    assert controls <= {victim for victim, _ in found}
    assert found["ann+noise@noisy", "deepwordbug"]["steps"] == 2
    tests = results(run)["attack"]["comparisons"]
    assert ("ann+noise@noisy", "snn@noisy") in {(t["victim_a"], t["victim_b"]) for t in tests}
    done("convert", run, "--name", "noisy", "--steps", "3", "--encoder", "poisson", "--force")
    assert list(cells(run)) == [("ann", "deepwordbug")]


def test_redoing_one_leaves_the_others(run: Path) -> None:
    victims = "ann,snn,snn@t2,finetuned@t2,snn@direct-t3"
    assert attack(run, "deepwordbug", victims, 4, "--controls", "none") == 0
    before, files = results(run), bytes_of(run)
    done("convert", run, "--name", "t2", "--steps", "4", "--force", "--quiet")
    assert set(before) - set(results(run)) == {"finetuned@t2"}
    assert [victim for victim, _ in cells(run)] == ["ann", "snn", "snn@direct-t3"]
    now = bytes_of(run)
    kept = [n for n in files if n.split("/")[0] in ("ann", "snn", "finetuned", "snn-direct-t3")]
    kept += [n for n in files if n.startswith("attack/") and n.endswith(".jsonl")]
    assert {name: now[name] for name in kept} == {name: files[name] for name in kept}
    assert not (run / "finetuned-t2").exists()


@pytest.mark.long
def test_energy_counts_every_conversion_and_grows(run: Path, capsys: Capture) -> None:
    first = ("energy", run, "--texts", "20", "--quiet")
    done(*first)
    before = results(run)["energy"]["rows"]
    victims = {row["victim"] for row in before}
    assert victims >= {"ann", "snn", "finetuned", "snn@t2", "finetuned@t2", "snn@direct-t3"}
    done("convert", run, "--name", "t1", "--steps", "1", "--quiet")
    done(*first)
    after = results(run)["energy"]["rows"]
    assert [row for row in after if row["victim"] != "snn@t1"] == before
    assert main(["energy", str(run), "--texts", "10"]) == 2
    assert "texts was 20, now 10" in capsys.readouterr().err


def test_the_report_shows_every_conversion(run: Path) -> None:
    done("energy", run, "--texts", "20", "--quiet")
    done("report", run)
    page = (run / "report.html").read_text("utf-8")
    for name in ("SNN @t2", "Fine-tuned SNN @t2", "SNN @direct-t3"):
        assert name in page


def test_a_run_with_named_conversions_alone(run: Path) -> None:
    shutil.rmtree(run / "snn")
    shutil.rmtree(run / "finetuned")
    found = {k: v for k, v in results(run).items() if k not in ("snn", "finetuned")}
    (run / "results.json").write_text(json.dumps(found), "utf-8")
    assert RunFolder(run).last_model() == "snn@direct-t3"
    done("report", run)
    done("energy", run, "--texts", "20", "--quiet")
