"""GLUE's tasks in `reproduce snn-bert`, their claims, and rows of an earlier reproduction."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from snnconvert.errors import InputError
from snnconvert.pipelines.cli import main
from snnconvert.pipelines.reproduce.snn_bert import work
from snnconvert.pipelines.reproduce.snn_bert.claims import claims
from snnconvert.pipelines.reproduce.snn_bert.earlier import read_earlier
from snnconvert.pipelines.reproduce.snn_bert.pages.outputs import page, write_outputs
from snnconvert.pipelines.reproduce.snn_bert.plan import Selection, Sizes
from snnconvert.pipelines.reproduce.snn_bert.rows import Cell, Row
from snnconvert.pipelines.run_folder.run_folder import RunFolder
from snnconvert.pipelines.settings.reproduce import GLUE, ReproduceSettings
from snnconvert.tests.helpers.toy_glue import write_toy_glue
from snnconvert.tests.pipelines.reproduce.test_snn_bert_parts import STEP, row

TWO = (("cola", "matthews"), ("stsb", "pearson"))


def task(dataset: str, model: str, seed: int, score: float, metric: str = "matthews") -> Row:
    values = {**vars(row(model, seed)), "metric": metric, "score": score, "trivial": 0.0}
    return Row(**{**values, "cell": Cell(dataset, model, seed)})


def test_variants_of_tasks_are_made_where_they_are_asked_for() -> None:
    both = ReproduceSettings(datasets=("sst2", "cola"), seeds=(0,))
    selection = Selection(both)
    cells = [cell.name for cell in selection.cells()]
    assert [name for name in cells if name.startswith("cola")] == [
        "cola-ann-0",
        "cola-repeat-0",
        "cola-individual-0",
    ]
    assert "sst2-individual-wider-0" in cells and list(selection.timed()) == ["sst2"]
    asked = ReproduceSettings(datasets=("cola",), seeds=(0,), networks=("individual-wider",))
    assert [cell.model for cell in Selection(asked).cells()] == ["individual-wider"]


def test_scores_that_are_no_mean_over_texts_have_the_interval_of_the_seeds() -> None:
    rows = [
        *(task("cola", "repeat", seed, score) for seed, score in ((0, 0.10), (1, 0.20))),
        *(task("cola", "individual", seed, score) for seed, score in ((0, 0.13), (1, 0.19))),
        *(
            task("stsb", name, 1, s, "pearson")
            for name, s in (("repeat", 0.3), ("individual", 0.5))
        ),
    ]
    found = {(c["dataset"], c["claim"]): c for c in claims(rows, [])}
    own = found["cola", "score, equal epochs"]["everything"]
    assert own == pytest.approx({"value": 1.0, "low": -1.0, "high": 3.0})
    mean = found["cola stsb", "mean score"]  # of the seed that both have: (-1 + 20) / 2
    assert mean["seeds"] == 1 and mean["everything"]["value"] == pytest.approx(9.5)
    longer = "mean score, about equal seconds of training"
    assert ("cola stsb", longer) not in found  # no task has it
    more = [task(d, "individual-longer", 1, 0.4, m) for d, m in TWO]
    claimed = {(c["dataset"], c["claim"]): c for c in claims([*rows, *more], [])}
    assert claimed["cola stsb", longer]["everything"]["value"] == pytest.approx((20 + 10) / 2)
    alone = claims(rows[:4], [])  # of one task there is no mean
    assert "mean score" not in [claim["claim"] for claim in alone]


def test_a_network_without_a_spike_has_no_ratio() -> None:
    silent = row("individual", 0, text_joules={"synapses": [0.0, 0.0], "everything": [1e-6, 1e-6]})
    found = {claim["claim"]: claim for claim in claims([row("repeat", 0), silent], [])}
    energy = found["energy, both with the same cost on spikes"]
    assert energy["synapses"] is None and energy["met_synapses"] is None
    assert energy["everything"]["value"] == pytest.approx(2)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with rows of three small tasks, made by the command."""
    base = tmp_path_factory.mktemp("tasks")
    data = write_toy_glue(base / "data")
    words = ["--data-dir", str(data), "--encoder", str(data / "bert"), "--workers", "1"]
    words += ["--datasets", "rte,cola,stsb", "--networks", "ann,repeat,individual"]
    words += ["--seeds", "0", "--quiet"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(work, "Sizes", lambda: Sizes(8, 1, 2))
        patch.setenv("SNNCONVERT_VECTORS", str(base))  # there are none, and none are needed
        assert main(["reproduce", "snn-bert", "--out", str(base / "out"), *words]) == 0
    return base / "out"


@pytest.mark.long
def test_tasks_are_read_in_word_pieces_and_judged_by_their_own_scores(made: Path) -> None:
    content = json.loads((made / "snn_bert.json").read_text("utf-8"))
    rows = {(row["dataset"], row["model"]): row for row in content["rows"]}
    assert {key[0]: row["metric"] for key, row in rows.items()} == {
        "rte": "accuracy",
        "cola": "matthews",
        "stsb": "pearson",
    }
    (run,) = (made / "runs").glob("stsb-individual-0-*")
    figures = RunFolder(run).results()["spiking"]
    own = rows["stsb", "individual"]
    assert own["score"] == figures["test_task_scores"]["pearson"] and own["trivial"] == 0
    assert own["dev_score"] == figures["dev_task_scores"]["pearson"]
    assert RunFolder(run).config()["data"]["stage"] == "wordpiece" and content["steps"] == []
    text = (made / "snn_bert.md").read_text("utf-8")
    assert page(content) == text
    assert "the mean of cola, rte, stsb is `ann` " in text and "pearson correlation" in text
    assert "| mean score | cola rte stsb | 1 |" in text
    assert content["missing"] and set(content["settings"]["data"]) == {"rte", "cola", "stsb"}


def written(folder: Path, rows: list[Row], **more: Any) -> dict[str, Any]:
    folder.mkdir(parents=True, exist_ok=True)
    here = work.Work(folder, None, "v.txt", ReproduceSettings())
    return write_outputs(here, rows, more.pop("steps", []), drawn=False, **more)


@pytest.mark.long
def test_data_sets_of_before_stand_beside_those_that_are_made(made: Path, tmp_path: Path) -> None:
    sst2 = [row(model, 0) for model in ("ann", "repeat", "individual")]
    old = written(tmp_path / "old", sst2, steps=[STEP])
    earlier = read_earlier(made / "snn_bert.json")
    both = written(tmp_path / "new", sst2, steps=[STEP], earlier=earlier)
    assert {r["dataset"] for r in both["rows"]} == {"sst2", "rte", "cola", "stsb"}
    assert [r for r in both["rows"] if r["dataset"] == "sst2"] == old["rows"]
    assert [c for c in both["claims"] if c["dataset"] == "sst2"] == old["claims"]
    assert "cola rte stsb" in {c["dataset"] for c in both["claims"]}
    assert set(both["settings"]["data"]) == {"sst2", "rte", "cola", "stsb"}
    assert len(both["earlier"]) == 1 and "torch" in both["earlier"][0]["versions"]
    assert page(json.loads((tmp_path / "new" / "snn_bert.json").read_text("utf-8")))
    # what is made here takes the place of a data set of before, and of claims that it is in
    again = read_earlier(tmp_path / "new" / "snn_bert.json")
    newer = written(tmp_path / "newer", [task("cola", "ann", 0, 0.5)], earlier=again)
    assert [r["score"] for r in newer["rows"] if r["dataset"] == "cola"] == [0.5]
    assert "cola rte stsb" not in {c["dataset"] for c in newer["claims"]}
    assert newer["earlier"] == both["earlier"]  # one machine, said once


@pytest.mark.long
@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda c: c["rows"][0].update(score="high"), r"rows\[0\].score"),
        (lambda c: c["rows"][1].update(activity={"rate": 1}), "activity"),
        (lambda c: c["rows"][0].pop("synapses"), "synapses"),
        (lambda c: c["claims"][0].update(everything=3), "everything"),
        (lambda c: c.update(steps={}), "steps"),
    ],
)
def test_what_are_no_rows_of_before(made: Path, tmp_path: Path, change: Any, says: str) -> None:
    content = json.loads((made / "snn_bert.json").read_text("utf-8"))
    change(content)
    (tmp_path / "x.json").write_text(json.dumps(content), "utf-8")
    with pytest.raises(InputError, match=says):
        read_earlier(tmp_path / "x.json")


def test_the_tasks_are_those_of_the_command() -> None:
    ReproduceSettings(datasets=GLUE, encoder="x", earlier="y").check_system("snn-bert")
    with pytest.raises(InputError, match="--quick only with snn-bert"):
        ReproduceSettings(quick=True).check_system("snnlp")
