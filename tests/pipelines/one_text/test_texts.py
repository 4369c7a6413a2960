"""Dev texts explained for the report: which are chosen, and what the page shows of them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from snnconvert.pipelines.cli import main
from snnconvert.pipelines.data import load_run_data
from snnconvert.pipelines.run_folder.run_folder import RunFolder


@pytest.fixture
def run(whole_run: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole_run, tmp_path / "run"))


def test_right_and_wrong_texts_with_figures_that_add_up(run: Path, capsys) -> None:
    assert main(["explain", str(run)]) == 0
    printed = capsys.readouterr().out
    found = json.loads((run / "explain" / "texts.json").read_text("utf-8"))
    assert found["model"] == "finetuned" and not found["refused"]
    dev = load_run_data(RunFolder(run)).dev
    for text in found["texts"]:
        place = dev.texts.index(text["text"])
        assert text["label"] == found["classes"][dev.labels[place]]
        logits = np.array(text["logits"][-1])
        k = int(logits.argmax())
        assert text["predicted"] == found["classes"][k]
        assert text["text"] in printed
    right = [text["label"] == text["predicted"] for text in found["texts"]]
    assert right == sorted(right) and sum(right) == 2  # a wrong one first, where there is one


def test_the_report_shows_them_until_the_model_is_another(run: Path, capsys) -> None:
    page = run / "report.html"
    assert main(["report", str(run)]) == 0
    assert f"snnconvert explain {run}" in page.read_text("utf-8")
    assert main(["explain", str(run), "--model", "snn"]) == 0
    path = run / "explain" / "texts.json"
    found = json.loads(path.read_text("utf-8"))
    evil = "<script>alert(1)</script>"
    found["texts"][0]["words"][0] = found["texts"][1]["text"] = evil
    path.write_text(json.dumps(found), "utf-8")
    assert main(["report", str(run)]) == 0
    text = page.read_text("utf-8")
    assert "What carries the decision" in text and "snnconvert explain" not in text
    assert evil not in text and text.count("&lt;script&gt;alert(1)") == 2
    found["fingerprint"] = "of another"
    path.write_text(json.dumps(found), "utf-8")
    assert main(["report", str(run)]) == 0
    assert f"snnconvert explain {run}" in page.read_text("utf-8")


def test_a_damaged_file_is_said_in_one_line(run: Path, capsys) -> None:
    (run / "explain").mkdir()
    (run / "explain" / "texts.json").write_text('{"model": 3}', "utf-8")
    assert main(["report", str(run)]) == 2
    error = capsys.readouterr().err
    assert "texts.json" in error and "snnconvert explain" in error and error.count("\n") == 1


def test_a_network_that_is_no_sum_over_windows(tmp_path: Path, capsys) -> None:
    run = str(tmp_path / "deep")
    words = ["--dataset", "builtin-en", "--limit", "60", "--vectors", "random", "--dim", "6"]
    words += ["--model", "dpcnn", "--channels", "4", "--epochs", "1", "--quiet", "--out", run]
    assert main(["train", *words]) == 0
    capsys.readouterr()
    assert main(["explain", run, "good food"]) == 2
    error = capsys.readouterr().err
    assert "cannot explain this network" in error and error.count("\n") == 1
    assert main(["explain", run]) == 0 and "cannot explain" in capsys.readouterr().out
    assert main(["report", run]) == 0
    assert "cannot explain this network" in (tmp_path / "deep" / "report.html").read_text("utf-8")
