"""Learning curves, wall-clock times, and the commands that made a run."""

from __future__ import annotations

import copy
import shlex
from pathlib import Path
from xml.etree import ElementTree

import pytest

from snnconvert.errors import InputError
from snnconvert.pipelines.report.page import report
from snnconvert.pipelines.report.sections.learning.log import Epoch, read_log
from snnconvert.pipelines.report.sections.learning.panels import accuracy_panel, loss_panel
from snnconvert.tests.helpers.report import RESULTS, page_of, write_run

LOG = "epoch,train_loss,dev_loss,dev_accuracy\n0,,0.7,0.5\n1,0.6,0.65,0.75\n2,0.4,nan,0.7\n"
TIMED = {
    "engine": "fast",
    "processor": "Abacus 3000, x86_64 AVX2",
    "threads": 2,
    "seconds": {"one": 0.00213, "one_high": 0.0456, "texts": 37, "batched": 0.000789, "batch": 29},
}


def test_a_log_is_read_without_what_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "train.csv"
    assert read_log(path) == []
    path.write_text(LOG, encoding="utf-8")
    first, second, third = read_log(path)
    assert first.get("train_loss") is None and first.get("dev_accuracy") == 0.5
    assert second.values == {"epoch": 1, "train_loss": 0.6, "dev_loss": 0.65, "dev_accuracy": 0.75}
    assert third.get("dev_loss") is None and third.number == 2


@pytest.mark.parametrize("line", ["2,much,1,1", ",1,1,1"])
def test_a_damaged_log_is_named(tmp_path: Path, line: str) -> None:
    folder = write_run(tmp_path)
    (folder / "ann").mkdir(exist_ok=True)
    (folder / "ann" / "train.csv").write_text(f"{LOG}{line}\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"line 5 of .*train\.csv"):
        report(folder)


def test_points_lie_where_the_log_says() -> None:
    epochs = [Epoch(n, {"dev_accuracy": a}) for n, a in ((1, 0.6), (2, 0.7), (3, 0.8))]
    panel = accuracy_panel("ann", epochs, 3)
    assert panel is not None
    svg = ElementTree.fromstring(str(panel).split("</svg>")[0] + "</svg>")
    marks = [(float(c.attrib["cx"]), float(c.attrib["cy"])) for c in svg.iter("circle")]
    assert marks[1][0] - marks[0][0] == pytest.approx(marks[2][0] - marks[1][0], abs=0.02)
    assert marks[0][1] - marks[1][1] == pytest.approx(marks[1][1] - marks[2][1], abs=0.02)
    (kept,) = [e for e in svg.iter("line") if "kept" in e.attrib["class"]]
    assert float(kept.attrib["x1"]) == pytest.approx(marks[2][0], abs=0.02)
    assert loss_panel("ann", epochs, 3) is None  # the log has no losses


def test_the_page_shows_curves_and_says_where_there_are_none(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "one")
    assert "holds no log of a training" in page_of(folder).text
    (folder / "ann").mkdir(exist_ok=True)
    (folder / "ann" / "train.csv").write_text(LOG, encoding="utf-8")
    labels = [str(a.get("aria-label")) for t, a in page_of(folder).tags if t == "svg"]
    assert "ANN, loss over 2 epochs: train from 0.600 to 0.400; dev from 0.700 to 0.650" in labels
    assert "ANN, accuracy, % over 2 epochs: dev from 50.0\u00a0% to 70.0\u00a0%" in labels


def test_times_stand_with_engine_and_processor(tmp_path: Path) -> None:
    results = copy.deepcopy(RESULTS)
    results["snn"]["latency"] = TIMED
    text = page_of(write_run(tmp_path, results)).text.replace("\u00a0", " ")
    for shown in ("2.13 ms", "45.6 ms", "0.789 ms", "37 texts", "of 29", "fast"):
        assert shown in text
    assert "Abacus 3000, x86_64 AVX2, 2 threads" in text


def test_the_commands_and_seeds_of_a_run_are_on_its_page(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "my run")
    text = page_of(folder).text
    made = f"snnconvert train --dataset reviews --out {shlex.quote(str(folder))} --clean none --lr"
    assert f"{made} 0.001" in text  # a run that says nothing of "clean" left its texts alone
    assert f"snnconvert attack {shlex.quote(str(folder))}" in text
    assert "every draw comes from the seed 7" in text
