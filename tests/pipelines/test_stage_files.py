"""A stage is done when its files are there and whole; otherwise the same command makes it again."""

from __future__ import annotations

import json
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml

from snnconvert.files import load_tensors, save_tensors, write_json
from snnconvert.pipelines.cli import main
from snnconvert.pipelines.run_folder import stage_files
from snnconvert.pipelines.run_folder.run_folder import RunFolder
from snnconvert.pipelines.run_folder.stages import digest_of, made_from_other
from snnconvert.tests.helpers.chance import trouble

pytestmark = pytest.mark.usefixtures("one_thread")

TRAIN = ["train", "--limit", "60", "--dim", "8", "--max-length", "20", "--widths", "2,3"]
TRAIN += ["--channels", "6", "--epochs", "2", "--tensorboard", "false", "--input-levels", "0"]
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def run(tiny_run: Path, tmp_path: Path) -> Path:
    shutil.copytree(tiny_run, tmp_path / "run")
    return tmp_path / "run"


def make(run: Path, stage: str) -> int:
    """The command that makes a stage of ``tiny_run``."""
    commands = {
        "snn": ["convert", str(run), "--steps", "3"],
        "finetuned": ["finetune", str(run), "--epochs", "1", "--tensorboard", "false"],
        "energy": ["energy", str(run), "--texts", "3", "--training-texts", "2", "--sampled", "1"],
    }
    return main(commands.get(stage, [*TRAIN, "--out", str(run)]))


def results(run: Path) -> dict[str, Any]:
    return dict(json.loads((run / "results.json").read_text("utf-8")))


def change(run: Path, edit: Callable[[dict[str, Any]], object]) -> None:
    found = results(run)
    edit(found)
    (run / "results.json").write_text(json.dumps(found), "utf-8")


def remove(path: Path) -> None:
    path.unlink()


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-5])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(bytes(data))


FILES = [
    ("data", "text/stage.json"),
    ("data", "text/vocabulary.txt"),
    ("data", "text/vectors.safetensors"),
    ("ann", "ann/spec.json"),
    ("ann", "ann/weights.safetensors"),
    ("snn", "snn/spec.json"),
    ("snn", "snn/weights.safetensors"),
    ("snn", "snn/conversion.json"),
    ("finetuned", "finetuned/weights.safetensors"),
    ("finetuned", "finetuned/raster.json"),
]


DAMAGED = [(stage, name, remove) for stage, name in FILES]
DAMAGED += [(stage, name, d) for stage, name in FILES[1:9:3] for d in (cut, empty, flip)]


@pytest.mark.parametrize(
    ("stage", "name", "damage"), DAMAGED, ids=[f"{d.__name__} {name}" for _, name, d in DAMAGED]
)
def test_the_same_command_makes_it_again(
    stage: str, name: str, damage: Callable[[Path], None], run: Path, capsys: Capture
) -> None:
    before, whole = results(run), (run / name).read_bytes()
    assert make(run, stage) == 0 and trouble(capsys.readouterr().err) == ""  # done: nothing is said
    damage(run / name)
    assert make(run, stage) == 0
    said = trouble(capsys.readouterr().err)
    assert said.startswith(f"{stage} is made again, since ") and said.count("\n") == 1
    assert str(run / name) in said
    assert (run / name).read_bytes() == whole
    after = results(run)
    for figures in (*before.values(), *after.values()):
        for timed in (figures, figures.get("baseline", {})):
            timed.pop("seconds", None)
            timed.pop("latency", None)
            timed.pop("cpu", None)
    assert after == before
    for other in ("finetuned", "snn", "ann"):  # those above stay as they are, and done
        assert make(run, other) == 0
    assert trouble(capsys.readouterr().err) == "" and main(["evaluate", str(run), "--json"]) == 0


USERS = [
    ("ann", "ann/weights.safetensors", "convert {run} --steps 4 --force"),
    ("ann", "ann/weights.safetensors", "convert {run} --sweep --sweep.steps 2"),
    ("ann", "ann/spec.json", "evaluate {run} --model ann"),
    ("ann", "ann/weights.safetensors", "predict {run} hi --model ann"),
    ("ann", "ann/weights.safetensors", "energy {run}"),
    ("ann", "ann/weights.safetensors", "attack {run} --presets deepwordbug"),
    ("snn", "snn/weights.safetensors", "finetune {run} --lr 0.1 --force"),
    ("snn", "snn/weights.safetensors", "finetune {run} --adversarial deepwordbug --model snn"),
    ("snn", "snn/spec.json", "evaluate {run} --model snn"),
    ("finetuned", "finetuned/spec.json", "evaluate {run}"),
    ("data", "text/vocabulary.txt", "evaluate {run}"),
    ("data", "text/stage.json", "predict {run} hi"),
]


@pytest.mark.parametrize(("stage", "name", "words"), USERS, ids=[u[2] + u[1] for u in USERS])
def test_who_needs_it_names_the_command_that_makes_it_again(
    stage: str, name: str, words: str, run: Path, capsys: Capture
) -> None:
    (run / name).unlink()
    assert main([word.format(run=run) for word in words.split()]) == 2
    said = trouble(capsys.readouterr().err)
    assert said.count("\n") == 1 and str(run / Path(name).parent) in said
    command = said.split("this makes it again: ")[1].strip()
    assert command.startswith("snnconvert ")
    assert main(shlex.split(command)[1:]) == 0  # as it stands there
    assert trouble(capsys.readouterr().err).startswith(f"{stage} is made again")
    assert main(["evaluate", str(run), "--model", "snn" if stage == "snn" else "ann"]) == 0


def test_a_changed_byte_of_large_weights_is_seen_before_they_are_built_on(
    run: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = load_tensors(run / "ann" / "weights.safetensors")
    weights["network.nodes.readout.bias"] += 1
    save_tensors(run / "ann" / "weights.safetensors", weights)
    monkeypatch.setattr(stage_files, "SMALL", 0)  # as if they were large
    assert main(["evaluate", str(run), "--model", "ann"]) == 0  # its size is right
    assert main(["convert", str(run), "--steps", "4", "--force"]) == 2
    assert "has been changed" in trouble(capsys.readouterr().err)
    monkeypatch.undo()
    assert main(["evaluate", str(run), "--model", "ann"]) == 2
    assert "has been changed" in trouble(capsys.readouterr().err)


LONG = [pytest.param(name, marks=pytest.mark.long) for name in ("energy.json", "energy.md")]


@pytest.mark.parametrize("name", ["texts.csv", *LONG])
def test_what_only_shows_is_made_again_too(name: str, run: Path, capsys: Capture) -> None:
    assert make(run, "energy") == 0
    whole = (run / "energy" / name).read_bytes()
    (run / "energy" / name).unlink()
    assert make(run, "energy") == 0
    assert trouble(capsys.readouterr().err).startswith("energy is made again")
    assert (run / "energy" / name).read_bytes() == whole


@pytest.mark.parametrize("damage", ["missing", "of another kind"])
def test_a_report_without_attack_records(damage: str, run: Path, capsys: Capture) -> None:
    """They are read for the report alone; its error names the command that makes them again."""
    results = json.loads((run / "results.json").read_text(encoding="utf-8"))
    row = {"victim": "ann", "attack": "deepwordbug"}
    results["attack"] = {"rows": [row], "files": {}}
    (run / "results.json").write_text(json.dumps(results), encoding="utf-8")
    if damage != "missing":
        (run / "attack").mkdir()
        (run / "attack" / "ann.deepwordbug.jsonl").write_text("[1]\n", encoding="utf-8")
    assert main(["report", str(run)]) == 2
    error = trouble(capsys.readouterr().err)
    assert error.count("\n") == 1 and "ann.deepwordbug.jsonl" in error
    assert f"; this makes it again: snnconvert attack {run}" in error


def test_another_ann_is_not_taken_for_the_one_below(
    run: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a change of machine, where the same settings give other weights."""
    from snnconvert.pipelines import train

    def elsewhere(folder: Path, model: Any, classes: tuple[str, ...]) -> None:
        with torch.no_grad():
            model.network.node("readout").bias += 0.25
        save(folder, model, classes)

    save = train.save_model
    assert make(run, "energy") == 0
    (run / "ann" / "weights.safetensors").unlink()
    monkeypatch.setattr(train, "save_model", elsewhere)
    assert make(run, "ann") == 0
    monkeypatch.undo()
    said = trouble(capsys.readouterr().err)
    assert "ann is not what it was before" in said and "snn, finetuned, energy" in said
    assert main(["evaluate", str(run), "--model", "ann"]) == 0
    for words in ("evaluate {run}", "predict {run} hi", "convert {run} --steps 3", "report {run}"):
        assert main([word.format(run=run) for word in words.split()]) == 2
        said = trouble(capsys.readouterr().err)
        assert "made from another ann" in said and said.count("\n") == 1
    again_with = said.split("this makes it again: ")[1].strip()
    assert again_with == f"snnconvert convert {run} --steps 3 --force"
    assert main(shlex.split(again_with)[1:]) == 0
    assert make(run, "finetuned") == 0 and main(["evaluate", str(run)]) == 0


def test_another_text_stage_is_seen_through_all_that_is_made_from_it(run: Path) -> None:
    found = results(run)
    assert [made_from_other(stage, found) for stage in found] == [""] * 4
    found["data"]["files"]["vocabulary.txt"][1] = "other"
    assert [made_from_other(stage, found) for stage in found] == ["", "data", "data", "data"]


def test_stages_made_from_each_other_in_a_circle_are_looked_at_once(run: Path) -> None:
    """As none come to be, but as a file can say: a stage of the circle that differs is found."""
    found = results(run)
    found["data"]["made_from"] = {"finetuned": digest_of("finetuned", found)}
    assert [made_from_other(stage, found) for stage in found] == [""] * len(found)
    found["snn"]["files"]["spec.json"][1] = "other"
    assert [made_from_other(stage, found) for stage in found] == ["snn"] * len(found)


def test_runs_of_older_versions_open(run: Path, capsys: Capture) -> None:
    """They have no record of their files: those that are needed must be there."""

    def older(found: dict[str, Any]) -> None:
        for figures in found.values():
            del figures["files"], figures["made_from"]

    change(run, older)
    for stage in ("ann", "snn", "finetuned"):
        assert make(run, stage) == 0
    assert main(["evaluate", str(run)]) == 0 and trouble(capsys.readouterr().err) == ""
    assert "files" not in results(run)["ann"]
    whole = (run / "ann" / "weights.safetensors").read_bytes()
    (run / "ann" / "weights.safetensors").unlink()
    assert make(run, "ann") == 0
    assert trouble(capsys.readouterr().err).startswith("ann is made again")
    assert (run / "ann" / "weights.safetensors").read_bytes() == whole
    assert "files" in results(run)["ann"] and main(["evaluate", str(run)]) == 0


def test_damaged_records_are_no_traceback(run: Path, capsys: Capture) -> None:
    for wrong in ("none", 3, ["weights.safetensors"], {}, {"weights.safetensors": "x"}):
        change(run, lambda found, wrong=wrong: found["ann"].update(files=wrong, made_from=wrong))
        assert main(["evaluate", str(run), "--model", "ann"]) in (0, 2)
        assert "Traceback" not in trouble(capsys.readouterr().err)
        assert make(run, "ann") == 0


@pytest.mark.parametrize("damage", [remove, cut, empty])
def test_figures_that_are_gone_are_made_by_the_commands_that_errors_name(
    damage: Callable[[Path], None], run: Path, capsys: Capture
) -> None:
    damage(run / "results.json")
    if (run / "results.json").exists():
        for words in (["evaluate", str(run)], ["report", str(run)], ["convert", str(run)]):
            assert main(words) == 2
            error = trouble(capsys.readouterr().err)
            assert error.count("\n") == 1 and "or remove that file and make the run" in error
        (run / "results.json").unlink()
    for _ in range(3):  # there is no run, then no SNN, then there is all
        if (code := main(["evaluate", str(run), "--model", "snn"])) == 0:
            break
        command = capsys.readouterr().err.strip().rpartition("snnconvert ")[2]
        assert code == 2 and main(shlex.split(command)) == 0, command
    assert code == 0


def test_settings_that_are_gone_come_back(run: Path, capsys: Capture) -> None:
    before = yaml.safe_load((run / "config.yaml").read_text("utf-8"))
    (run / "config.yaml").unlink()
    assert main(["predict", str(run), "hi"]) == 0  # which needs none of them
    assert main(["evaluate", str(run)]) == 2
    said = trouble(capsys.readouterr().err)
    assert "config.yaml" in said and "train command of this run again" in said
    for stage in ("ann", "snn", "finetuned"):
        assert make(run, stage) == 0
    after = yaml.safe_load((run / "config.yaml").read_text("utf-8"))
    assert after == {name: values for name, values in before.items() if name != "versions"}
    assert main(["evaluate", str(run)]) == 0


def test_killed_while_a_stage_is_made_again(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At every file that is renamed into place, in turn: never done without whole files."""
    import os

    whole = {name: (run / name).read_bytes() for _, name in FILES}
    replace = os.replace
    for number in range(100):
        cut(run / "ann" / "weights.safetensors")
        seen = 0

        def dying(source: Any, target: Any) -> None:
            nonlocal seen
            seen += 1
            if seen > number:  # noqa: B023
                raise KeyboardInterrupt
            replace(source, target)

        with monkeypatch.context() as patch:
            patch.setattr(os, "replace", dying)
            code = make(run, "ann")
        done = stage_files.damage(run / "ann", "ann", results(run)["ann"]["files"], True) == ""
        assert done == (whole["ann/weights.safetensors"] == weights(run))
        if code == 0:
            break
        assert code == 130
        assert make(run, "ann") == 0 and weights(run) == whole["ann/weights.safetensors"]
    assert number >= 4
    assert {name: (run / name).read_bytes() for name in whole} == whole


def weights(run: Path) -> bytes:
    return (run / "ann" / "weights.safetensors").read_bytes()


def test_the_record_is_of_what_later_stages_read(tmp_path: Path) -> None:
    run = RunFolder(tmp_path, must_exist=False)
    (tmp_path / "ann").mkdir()
    for name in ("spec.json", "weights.safetensors", "train.csv", ".weights.safetensors.1.tmp"):
        (tmp_path / "ann" / name).write_text(name)
    run.begin("ann", {"lr": 1})
    run.finish("ann", {"lr": 1}, {"test_accuracy": 0.9})
    assert set(results(tmp_path)["ann"]["files"]) == {"spec.json", "weights.safetensors"}
    (tmp_path / "ann" / "train.csv").unlink()  # a log
    assert run.is_done("ann", {"lr": 1})
    write_json(tmp_path / "ann" / "spec.json", {})
    assert not run.is_done("ann", {"lr": 1})
