"""`snnconvert reproduce snn-bert` on small data: rows, resuming, what is refused; and quick."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from snnconvert.pipelines.cli import main
from snnconvert.pipelines.reproduce.snn_bert import steps, work
from snnconvert.pipelines.reproduce.snn_bert.plan import Sizes
from snnconvert.pipelines.run_folder.run_folder import RunFolder
from snnconvert.tests.helpers.stopping import stop_before
from snnconvert.tests.helpers.toy_set import write_toy_set


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set called ``sst2`` whose words tell the class, and word vectors."""
    return write_toy_set(tmp_path_factory.mktemp("snn-bert"))


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "Sizes", lambda: Sizes(8, 1, 2))
    monkeypatch.setattr(steps, "FIRST", 1)
    monkeypatch.setattr(steps, "BATCHES", 3)


def command(place: Path, out: str, *more: str) -> list[str]:
    files = ["--vectors", str(place / "v.txt"), "--data-dir", str(place), "--quiet"]
    return ["reproduce", "snn-bert", "--out", str(place / out), "--workers", "1", *files, *more]


def rows(place: Path, out: str) -> dict[str, dict[str, Any]]:
    """Every row's file, without what depends on the clock."""
    found = {}
    for path in sorted((place / out / "rows").glob("*.json")):
        values = json.loads(path.read_text("utf-8"))
        found[path.stem] = {k: v for k, v in values.items() if k != "train_seconds"}
    return found


MAIN = ("--networks", "ann,repeat,individual", "--seeds", "0")


def test_rows_pages_and_a_lost_row(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(command(place, "a", *MAIN)) == 0
    content = json.loads((place / "a" / "snn_bert.json").read_text("utf-8"))
    made = {row["model"]: row for row in content["rows"]}
    assert list(made) == ["ann", "individual", "repeat"]
    for row in made.values():
        (run,) = (place / "a" / "runs").glob(f"sst2-{row['model']}-0-*")
        (figures,) = (v for k, v in RunFolder(run).results().items() if k != "data")
        assert row["score"] == figures["test_accuracy"] and row["trivial"] == 0.5
        assert row["train_seconds"] == figures["cpu"]["seconds"] > 0
        assert row["notes"] == {"run": run.name, "data": content["settings"]["data"]["sst2"]}
    ann, own = made["ann"], made["individual"]
    assert ann["macs"] > 0 == ann["sops"] and own["macs"] == 0 < own["sops"] and own["activity"]
    assert own["synapses"]["compute-fp32"] == pytest.approx(0.9e-12 * own["sops"], rel=1e-6)
    assert ann["synapses"]["compute-fp32"] == pytest.approx(4.6e-12 * ann["macs"], rel=1e-6)
    assert 0 < own["synapses"]["lemaire2022"] < own["everything"]["lemaire2022"]
    ways = ["ann", "repeat", "individual", "repeat-spikingjelly", "individual-loop"]
    assert [step["way"] for step in content["steps"]] == ways
    claimed = {claim["claim"]: claim for claim in content["claims"]}
    kept = claimed["memory kept for the backward pass"]["everything"]["value"]
    assert kept == content["steps"][1]["kept_times"] and 2 < kept < 4
    (peer,) = (c for name, c in claimed.items() if "kept" in name and "spikingjelly" in name)
    assert peer["everything"]["value"] > kept
    assert len(json.loads((place / "a/rows/sst2-ann-0.json").read_text())["right"]) == 20
    # one row is lost: it is measured on its run again, nothing is trained, others stay as they are
    before, gone = rows(place, "a"), place / "a" / "rows" / "sst2-repeat-0.json"
    stood = {path: path.stat().st_mtime_ns for path in (place / "a").rglob("*.json")}
    gone.unlink()
    capsys.readouterr()
    assert main(command(place, "a", *MAIN, "--json")) == 0
    assert len(json.loads(capsys.readouterr().out)["rows"]) == 3
    assert rows(place, "a") == before
    changed = {path.name for path in stood if path.stat().st_mtime_ns != stood[path]}
    assert changed == {gone.name, "snn_bert.json"}


@pytest.mark.long
def test_stopped_in_the_middle_it_goes_on(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = ("--networks", "repeat,individual-reset", "--seeds", "0")
    assert main(command(place, "whole", *chosen)) == 0
    stop_before(monkeypatch, 3, 5)
    assert [main(command(place, "b", *chosen)) for _ in range(3)] == [130, 130, 0]
    assert rows(place, "b") == rows(place, "whole")


def test_a_limit_and_seeds(place: Path) -> None:
    words = command(place, "c", "--networks", "individual", "--seeds", "0,1", "--limit", "20")
    assert main(words) == 0
    page = (place / "c" / "snn_bert.md").read_text("utf-8")
    assert "at most 20 texts of a split" in page and "| `individual` | token by token" in page
    assert len(rows(place, "c")) == 2 and "## A training step" not in page


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["--datasets", "imdb"],
            "expected one of sst2, mr, subj, cola, rte, mrpc, stsb, wnli for --datasets with",
        ),
        (["--networks", "anns"], "did you mean ann"),
        (["--recipes", "ours"], "expected --recipes only with snnlp, but got it with snn-bert"),
        (["--quick"], "expected no datasets, seeds or vectors with quick"),
        (["--vectors", "none.txt", "--seeds", "0"], "none.txt"),
    ],
)
def test_what_is_refused(
    place: Path, words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*command(place, "d"), *words]) == 2
    said = capsys.readouterr().err
    assert message in said and "Traceback" not in said


@pytest.mark.parametrize("damaged", ["rows/sst2-ann-0.json", "steps/sst2.json"])
def test_a_damaged_file_is_refused(
    place: Path, damaged: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = place / damaged.replace("/", "-") / damaged
    path.parent.mkdir(parents=True)
    path.write_text("{}", "utf-8")
    words = command(place, path.parents[1].name, "--networks", "individual", "--seeds", "0")
    assert main(words) == 2
    assert "remove the file" in capsys.readouterr().err


@pytest.mark.slow
def test_the_quick_reproduction(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["reproduce", "snn-bert", "--quick", "--workers", "1", "--quiet"]) == 0
    content = json.loads((tmp_path / "reproduce-snn-bert" / "snn_bert.json").read_text("utf-8"))
    made = {row["model"]: row for row in content["rows"]}
    assert len(made) == 10 and content["missing"] == []
    assert all(row["score"] > 0.6 for row in made.values())
    assert made["individual"]["sops"] < made["repeat"]["sops"]
    claimed = {claim["claim"]: claim for claim in content["claims"]}
    assert claimed["energy, both with the same cost on spikes"]["synapses"]["low"] > 2
    assert claimed["memory kept for the backward pass"]["everything"]["value"] > 2.5
