"""Attacks that are added to a finished run: what was there stays, bit for bit."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from snnconvert.attacks import attacker, transfer
from snnconvert.attacks.attacker import Example, Record
from snnconvert.pipelines.attack import campaign
from snnconvert.pipelines.report.page import report

from .tools import NETWORK, SMALL, attack, bytes_of, cells, done, results

Capture = pytest.CaptureFixture[str]
MODELS = "ann,snn"


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with ANN and SNN, both attacked."""
    run = tmp_path_factory.mktemp("growing") / "run"
    done("train", "--out", run, "--limit", "60", *SMALL, *NETWORK)
    done("convert", run, "--steps", "3", "--encoder", "poisson")
    assert attack(run, "deepwordbug", MODELS, 5, "--controls", "none") == 0
    return run


@pytest.fixture
def run(finished: Path, tmp_path: Path) -> Path:
    shutil.copytree(finished, tmp_path / "run")
    return tmp_path / "run"


def watch(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Victim and attack of every text that is attacked from now on."""
    noted: list[tuple[str, str]] = []
    attack_one = attacker.Attacker.record

    def watched(self: attacker.Attacker, example: Example) -> Record:
        noted.append((self.job.victim, self.job.preset))
        return attack_one(self, example)

    monkeypatch.setattr(attacker.Attacker, "record", watched)
    return noted


@pytest.mark.long
def test_a_preset_and_a_conversion_leave_every_record_as_it_was(run: Path) -> None:
    """The whole growth of a run: a preset, a victim, a second conversion and its tuning, texts."""
    files, before = bytes_of(run), cells(run)
    old = {name: what for name, what in files.items() if name.endswith(".jsonl")}
    models = {n: w for n, w in files.items() if n.split("/")[0] in ("text", "ann", "snn")}
    known = {k: v for k, v in results(run).items() if k in ("data", "ann", "snn")}
    assert attack(run, "pruthi", MODELS, 5, "--controls", "none") == 0
    done("convert", run, "--name", "t4", "--steps", "4")
    done("finetune", run, "--name", "t4", "--epochs", "1", "--tensorboard", "false")
    victims = "snn@t4,finetuned@t4,snn@saf:2"
    assert attack(run, "deepwordbug", victims, 5, "--controls", "none") == 0

    now = bytes_of(run)
    assert {name: now[name] for name in (*old, *models)} == old | models
    found = cells(run)
    assert {job: found[job] for job in before} == before
    assert {k: v for k, v in results(run).items() if k in known} == known
    assert list(found) == [
        *((victim, "deepwordbug") for victim in ("ann", "snn")),
        *((victim, "pruthi") for victim in ("ann", "snn")),
        *((victim, "deepwordbug") for victim in ("snn@t4", "finetuned@t4", "snn@saf:2")),
    ]
    pairs = {
        (t["victim_a"], t["victim_b"], t["attack"]) for t in results(run)["attack"]["comparisons"]
    }
    assert ("ann", "snn", "pruthi") in pairs and ("ann", "finetuned@t4", "deepwordbug") in pairs
    shown = {(c["source"], c["target"]) for c in results(run)["attack"]["transfer"]}
    assert {("ann", "finetuned@t4"), ("finetuned@t4", "ann"), ("snn@saf:2", "snn@t4")} <= shown

    # more texts: the files go on where they ended
    lines = {name: (run / name).read_bytes() for name in old}
    assert attack(run, "deepwordbug", "ann", 8, "--controls", "none") == 0
    assert all((run / name).read_bytes().startswith(text) for name, text in lines.items())
    found = cells(run)
    assert (
        found["ann", "deepwordbug"]["n"] == 8
        and found["snn", "deepwordbug"] == before["snn", "deepwordbug"]
    )
    tests = results(run)["attack"]["comparisons"]
    assert {t["n"] for t in tests} == {5}, "pairs are compared on texts that both have"
    assert report(run).is_file()


def test_growing_gives_what_all_at_once_gives(run: Path, finished: Path, tmp_path: Path) -> None:
    assert attack(run, "pruthi", "ann", 5, "--controls", "none") == 0
    assert attack(run, "pruthi", "snn", 7, "--controls", "none") == 0
    assert attack(run, "deepwordbug,pruthi", MODELS, 7, "--controls", "none") == 0
    whole = tmp_path / "whole"
    shutil.copytree(finished, whole)
    assert attack(whole, "deepwordbug,pruthi", MODELS, 7, "--controls", "none", "--force") == 0
    grown, once = (results(path)["attack"] for path in (run, whole))

    def by_name(rows: list[dict]) -> dict:
        keys = ("victim", "victim_a", "victim_b", "source", "target", "attack")
        return {tuple(row[k] for k in keys if k in row): row for row in rows}

    for name in ("rows", "comparisons", "transfer"):
        assert by_name(grown[name]) == by_name(once[name])
    assert set(grown["conclusions"]) == set(once["conclusions"])
    assert bytes_of(run / "attack", "*.jsonl") == bytes_of(whole / "attack", "*.jsonl")


def test_less_is_done_already(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer texts, presets or victims than there are drop nothing, and nothing is written."""
    assert attack(run, "pruthi", "ann", 5, "--controls", "none") == 0
    before = bytes_of(run)
    monkeypatch.setattr(campaign.Campaign, "carry_out", None)
    assert attack(run, "pruthi", "ann", 3, "--controls", "none") == 0
    assert attack(run, "deepwordbug", "snn", 5, "--controls", "none") == 0
    assert bytes_of(run) == before


def test_only_new_cells_of_transfer_are_shown(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done("convert", run, "--name", "t2", "--steps", "2")
    seen: list[tuple[str, str]] = []
    shown = transfer._shown

    def watched(records, target, done):
        seen.extend((source, target) for _, source, _ in shown(records, target, done))
        return shown(records, target, done)

    monkeypatch.setattr(transfer, "_shown", watched)
    assert attack(run, "deepwordbug", "snn@t2", 5, "--controls", "none") == 0
    assert all("snn@t2" in pair for pair in seen)


@pytest.mark.parametrize(
    ("option", "value"),
    [("--query-budget", "41"), ("--seed", "1"), ("--draws", "3"), ("--verify-draws", "7")],
)
def test_what_records_depend_on_is_refused(
    option: str, value: str, run: Path, capsys: Capture
) -> None:
    before = bytes_of(run)
    assert attack(run, "deepwordbug", MODELS, 5, option, value) == 2
    (line,) = capsys.readouterr().err.splitlines()
    name = option.strip("-").replace("-", "_")
    assert f"({name} was " in line and "--force" in line
    assert bytes_of(run) == before


def test_another_file_of_an_attack_is_refused(run: Path, tmp_path: Path, capsys: Capture) -> None:
    own = tmp_path / "own.py"
    text = (Path(__file__).parents[3] / "docs" / "examples" / "attack.py").read_text("utf-8")
    own.write_text(text, "utf-8")
    assert attack(run, str(own), "ann", 4, "--controls", "none") == 0
    own.write_text(text + "\n# another\n", "utf-8")
    capsys.readouterr()
    assert attack(run, str(own), "ann", 4, "--controls", "none") == 2
    assert "another configuration (data:" in capsys.readouterr().err
    own.unlink()
    assert attack(run, "pruthi", "ann", 4, "--controls", "none") == 0, "what is done needs no file"


@pytest.mark.parametrize("asked", ["a/own.py,b/own.py", "deepwordbug.py"])
def test_attacks_whose_records_would_share_a_file_are_refused(
    asked: str, run: Path, tmp_path: Path, capsys: Capture
) -> None:
    """Before the first of them is begun, and where the run has one of them already."""
    text = (Path(__file__).parents[3] / "docs" / "examples" / "attack.py").read_text("utf-8")
    names = [str(tmp_path / name) for name in asked.split(",")]
    for name in names:
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text(text, "utf-8")
    before = bytes_of(run)
    capsys.readouterr()
    assert attack(run, ",".join(names), "ann", 4, "--controls", "none") == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert f"and {names[-1]} would both be in VICTIM." in line and "rename one" in line
    assert bytes_of(run) == before


def test_a_new_conversion_keeps_the_attacks_on_the_ann(run: Path, capsys: Capture) -> None:
    before, rows = bytes_of(run / "attack", "ann.*"), cells(run)
    done("convert", run, "--steps", "4", "--encoder", "saf", "--force")
    assert list(cells(run)) == [("ann", "deepwordbug")]
    assert cells(run)["ann", "deepwordbug"] == rows["ann", "deepwordbug"]
    stage = results(run)["attack"]
    assert stage["comparisons"] == stage["transfer"] == []
    assert report(run).is_file()
    capsys.readouterr()
    assert attack(run, "deepwordbug", MODELS, 5, "--controls", "none") == 0
    assert "snn is attacked again: its model was made anew" in capsys.readouterr().err
    assert bytes_of(run / "attack", "ann.*") == before
    assert list(cells(run)) == list(rows) and cells(run)["snn", "deepwordbug"]["encoder"] == "saf"


def test_the_same_conversion_again_keeps_all_records(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, figures = bytes_of(run / "attack", "*.jsonl"), results(run)["attack"]
    done("convert", run, "--steps", "3", "--encoder", "poisson", "--force")
    noted = watch(monkeypatch)
    assert attack(run, "deepwordbug", MODELS, 5, "--controls", "none") == 0
    assert noted == [] and bytes_of(run / "attack", "*.jsonl") == before
    again = results(run)["attack"]
    for name in ("rows", "comparisons", "transfer", "conclusions"):
        assert again[name] == figures[name]


@pytest.mark.long
def test_a_new_tuning_keeps_the_attacks_on_others(run: Path) -> None:
    tune = ("finetune", run, "--epochs", "1", "--tensorboard", "false")
    done(*tune)
    assert attack(run, "deepwordbug", "finetuned", 5, "--controls", "none") == 0
    before = cells(run)
    done(*tune, "--lr", "0.01", "--force")
    assert cells(run) == {job: row for job, row in before.items() if job[0] != "finetuned"}
    kept = {"ann.deepwordbug.jsonl", "snn.deepwordbug.jsonl"}
    assert kept <= set(bytes_of(run / "attack"))


def test_a_growth_that_is_killed_goes_on(
    run: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """In the middle of more texts: what was done is shown until then, and no text is lost."""
    rows = cells(run)
    attack_one, texts = attacker.Attacker.record, []

    def stops(self, example):
        if len(texts) == 2:
            raise KeyboardInterrupt
        texts.append(example.index)
        return attack_one(self, example)

    with monkeypatch.context() as patch:
        patch.setattr(attacker.Attacker, "record", stops)
        assert attack(run, "deepwordbug", MODELS, 9, "--controls", "none") == 130
    assert cells(run) == rows and report(run).is_file()
    length = len((run / "attack" / "ann.deepwordbug.jsonl").read_text("utf-8").splitlines())
    assert length == 1 + 5 + 2
    noted = watch(monkeypatch)
    capsys.readouterr()
    assert attack(run, "pruthi", "ann", 5, "--controls", "none") == 0  # something else in between
    assert cells(run)["ann", "deepwordbug"] == rows["ann", "deepwordbug"]
    assert attack(run, "deepwordbug", MODELS, 9, "--controls", "none") == 0
    assert "made again" not in capsys.readouterr().err
    assert noted.count(("ann", "deepwordbug")) == 2 and noted.count(("snn", "deepwordbug")) == 4
    assert {row["n"] for job, row in cells(run).items() if job[1] == "deepwordbug"} == {9}


@pytest.mark.parametrize("how", ["missing", "changed", "cut"])
def test_damaged_records_are_made_again(how: str, run: Path, capsys: Capture) -> None:
    path, rows = run / "attack" / "snn.deepwordbug.jsonl", cells(run)
    whole = path.read_bytes()
    if how == "missing":
        path.unlink()
    elif how == "cut":
        path.write_bytes(whole[:-40])
    else:
        lines = whole.splitlines(keepends=True)
        path.write_bytes(b"".join([*lines[:-1], lines[-1].replace(b'"queries"', b'"queries" ')]))
    capsys.readouterr()
    assert attack(run, "deepwordbug", "ann", 5, "--controls", "none") == 0
    assert "attack is made again, since" in capsys.readouterr().err
    assert cells(run) == rows and (how == "changed" or path.read_bytes() == whole)


def test_an_older_run_without_settings_grows_too(run: Path) -> None:
    config = (run / "config.yaml").read_text("utf-8")
    (run / "config.yaml").write_text(config[: config.index("attack:\n")], "utf-8")
    rows = cells(run)
    assert attack(run, "pruthi", "ann", 5, "--controls", "none") == 0
    assert {job: cells(run)[job] for job in rows} == rows
    assert json.loads((run / "attack" / "robustness.json").read_text("utf-8"))["presets"] == [
        "deepwordbug",
        "pruthi",
    ]
