"""`snnconvert reproduce snnlp` on small data of its own: rows, resuming, pages, what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from snnconvert.pipelines.cli import main
from snnconvert.pipelines.reproduce.snnlp.data.inputs import made_inputs
from snnconvert.pipelines.reproduce.snnlp.data.texts import Labelled
from snnconvert.tests.helpers.toy_set import write_toy_set

pytest.importorskip("nltk")


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    """A data set called ``emotion`` of six classes, and word vectors."""
    sizes = {"train": 120, "dev": 20, "test": 20}
    return write_toy_set(tmp_path_factory.mktemp("snnlp"), "emotion", 6, sizes)


def command(place: Path, out: str, *more: str) -> list[str]:
    chosen = [
        "reproduce",
        "snnlp",
        "--datasets",
        "emotion",
        "--levels",
        "word",
        "--workers",
        "1",
        "--quiet",
    ]
    files = ["--vectors", str(place / "v.txt"), "--data-dir", str(place)]
    return [*chosen, *files, "--out", str(place / out), *more]


PUBLISHED = ("--recipes", "published", "--steps", "0,10", "--seeds", "0", "--epochs", "2")


@pytest.mark.long
def test_rows_pages_and_resuming(place: Path, capsys):
    assert main(command(place, "a", *PUBLISHED)) == 0
    written = json.loads((place / "a" / "snnlp.json").read_text("utf-8"))
    assert {"machine", "versions", "settings", "rows"} == set(written)
    rows = {row["code"]: row for row in written["rows"]}
    assert set(rows) == {"none", "saf", "random"}
    assert rows["none"]["macs"] == 9 * 256 + 256 * 128 + 128 * 6
    saf = rows["saf"]
    assert saf["published_accuracy"] == 0.434 and len(saf["learning_curve"]["dev_loss"]) == 2
    assert len(saf["spikes_per_layer"]) == 4 and 0 <= saf["accuracy"] <= saf["mrr"] <= 1
    fan_out = (256, 128, 6)
    spikes = saf["spikes_with_first_step"][:3]
    assert saf["sops"] == pytest.approx(np.dot(spikes, fan_out), rel=1e-3)
    page = (place / "a" / "snnlp.md").read_text("utf-8")
    assert "Not made yet" in page and "| emotion | word | published | saf | 10 | 1 |" in page
    assert (place / "a" / "snnlp.png").stat().st_size > 10_000
    # one row is lost: the others stay as they are
    files = sorted((place / "a" / "rows").glob("*.json"))
    before = {path.name: path.stat().st_mtime_ns for path in files}
    gone = place / "a" / "rows" / "emotion-word-saf-published-10-0.json"
    kept = gone.read_text("utf-8")
    gone.unlink()
    capsys.readouterr()
    assert main(command(place, "a", *PUBLISHED, "--json")) == 0
    shown = json.loads(capsys.readouterr().out)
    assert len(shown["rows"]) == 3
    own = {path.name: path.stat().st_mtime_ns for path in files}
    assert [name for name in own if own[name] != before[name]] == [gone.name]
    old, new = json.loads(kept), json.loads(gone.read_text("utf-8"))
    assert {**old, "seconds": 0} == {**new, "seconds": 0}  # the same figures from the same seed


@pytest.mark.long
def test_rows_of_before_stand_beside_those_that_are_made(place: Path, capsys):
    ann = ("--recipes", "published", "--codes", "none", "--epochs", "1")
    assert main(command(place, "old", *ann, "--seeds", "0,1")) == 0
    old = json.loads((place / "old" / "snnlp.json").read_text("utf-8"))
    given = ("--earlier", str(place / "old" / "snnlp.json"))
    assert main(command(place, "new", *ann[:-1], "2", "--seeds", "1", *given)) == 0
    content = json.loads((place / "new" / "snnlp.json").read_text("utf-8"))
    before, made = content["rows"]
    assert before == old["rows"][0] and before["epochs"] == 1  # as it was there
    assert made["seed"] == 1 and made["epochs"] == 2  # in the place of that of before
    assert content["earlier"] == [{k: old[k] for k in ("machine", "versions")}]
    assert "| emotion | word | published | none | - | 2 |" in (
        place / "new" / "snnlp.md"
    ).read_text("utf-8")
    old["rows"][0]["accuracy"] = "high"
    (place / "old" / "snnlp.json").write_text(json.dumps(old), "utf-8")
    capsys.readouterr()
    assert main(command(place, "new", *ann, *given)) == 2
    message = capsys.readouterr().err
    assert "rows[0].accuracy" in message and "leave --earlier out" in message


@pytest.mark.long
def test_other_settings_make_a_row_anew(place: Path):
    chosen = ("--recipes", "published", "--codes", "saf", "--steps", "10", "--seeds", "0")
    row = place / "b" / "rows" / "emotion-word-saf-published-10-0.json"
    assert main(command(place, "b", *chosen, "--epochs", "1")) == 0
    assert json.loads(row.read_text("utf-8"))["epochs"] == 1
    assert main(command(place, "b", *chosen, "--epochs", "2")) == 0
    assert json.loads(row.read_text("utf-8"))["epochs"] == 2


@pytest.mark.long
def test_binary_words_and_measures(place: Path):
    chosen = ("--seeds", "0", "--epochs", "1", "--steps", "33,50")
    assert main(command(place, "c", *chosen, "--codes", "binary,random")) == 0
    rows = json.loads((place / "c" / "snnlp.json").read_text("utf-8"))["rows"]
    recipes = {(row["code"], row["recipe"]) for row in rows}
    assert {("binary", "published"), ("random", "fresh-draws"), ("random", "upright")} <= recipes
    inputs = {row["recipe"]: row["spikes_per_layer"][0] for row in rows if row["code"] == "random"}
    # what spikes at the rate of x' is silent where the other spikes, over 49 of the 50 steps
    assert inputs["upright"] + inputs["published"] == pytest.approx(9 * 49, abs=0.01)
    sources = {row["recipe"]: row["notes"]["inputs"] for row in rows}
    assert sources["larger-vectors"] == f"{sources['upright']}, times 2"
    assert "What single changes" in (place / "c" / "snnlp.md").read_text("utf-8")


@pytest.mark.long
def test_ours_is_trained_converted_and_fine_tuned(place: Path):
    chosen = ("--recipes", "ours", "--seeds", "0", "--steps", "0,4")
    assert main(command(place, "d", *chosen)) == 0
    rows = {r["recipe"]: r for r in json.loads((place / "d" / "snnlp.json").read_text())["rows"]}
    assert set(rows) == {"ours-ann", "ours"}
    ours = rows["ours"]
    # the kind of a text is that of its words; its class beyond that is drawn
    assert rows["ours-ann"]["accuracy"] > 0.2 and ours["accuracy"] > 0.2
    assert len(ours["spikes_with_first_step"]) == 3 and ours["sops"] > 0
    assert len(ours["notes"]["accuracy_by_step"]) == 4


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["reproduce", "other"], "snnlp"),
        (["reproduce", "snnlp", "--datasets", "mr"], "expected one of emotion, imdb"),
        (["reproduce", "snnlp", "--epochs", "0"], "expected a number of at least 1 for --epochs"),
        (
            ["reproduce", "snnlp", "--datasets", "emotion", "--vectors", "{place}/none.txt"],
            "none.txt",
        ),
    ],
)
def test_what_is_refused(place: Path, capsys, words, message):
    given = [word.replace("{place}", str(place)) for word in words]
    code = main([*given, "--out", str(place / "e"), "--data-dir", str(place), "--quiet"])
    said = capsys.readouterr().err
    assert code == 2 and message in said and "Traceback" not in said


def test_a_damaged_row_is_refused(place: Path, capsys):
    rows = place / "f" / "rows"
    rows.mkdir(parents=True)
    (rows / "emotion-word-saf-ours-4-0.json").write_text("{}", "utf-8")
    chosen = ("--recipes", "published", "--codes", "none", "--seeds", "0", "--epochs", "1")
    assert main(command(place, "f", *chosen)) == 2
    assert "remove the file, and it is made again" in capsys.readouterr().err


def test_inputs_are_kept_and_made_anew_for_other_texts(tmp_path: Path, place: Path):
    first = Labelled(["joy day"], np.array([1]), ("a", "b"))
    other = Labelled(["sad day"], np.array([0]), ("a", "b"))
    kept = tmp_path / "i.safetensors"
    made = [
        made_inputs("word", lambda data=data: data, str(place / "v.txt"), kept).vectors
        for data in (first, first, other)
    ]
    assert (made[0] == made[1]).all() and (made[0] != made[2]).any()
