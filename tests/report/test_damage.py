"""The report of damaged runs: one line each; and what a report leaves alone."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from snnconvert.errors import InputError
from snnconvert.pipelines.report.page import report
from snnconvert.tests.helpers.report import write_run


def edit(path: Path, change: Callable[[Any], Any]) -> None:
    value = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(change(value)), encoding="utf-8")


def put(*keys: Any) -> Callable[[Any], Any]:
    """A change that sets the entry at ``keys[:-1]`` to ``keys[-1]``."""
    *way, key, new = keys

    def change(value: Any) -> Any:
        inner = value
        for step in way:
            inner = inner[step]
        inner[key] = new
        return value

    return change


BROKEN = [
    ("results.json", put("ann", "test_accuracy", "high"), "a number"),
    ("results.json", put("ann", "test_accuracy", None), "test_accuracy, but it is nothing"),
    ("results.json", put("ann", []), "expected"),
    ("results.json", put("snn", "accuracy_by_step", []), "a list with something in it"),
    ("results.json", put("snn", "steps", 4.5), "a whole number"),
    ("results.json", put("snn", "steps", None), "a whole number"),
    ("results.json", put("ann", "baseline", "dev_accuracy", None), "a number"),
    ("results.json", put("ann", "dev_accuracy", float("nan")), "is not valid JSON"),
    ("results.json", put("ann", "test_confusion_matrix", [[1, 2]]), "2 equally long rows"),
    ("results.json", put("ann", "test_accuracy_by_class", None), "a mapping"),
    ("results.json", put("snn", "at_chance", "no"), "true or false"),
    ("results.json", put("snn", "test_macro_f1", None), "snnconvert convert"),
    ("results.json", put("ann", "baseline", "model", 3), "a string"),
    ("results.json", put("data", "classes", 2), "a list"),
    ("results.json", put("attack", "rows", 0, "victim", None), "a string"),
    ("results.json", put("attack", "rows", 0, "trained_on", "yes"), "true or false"),
    ("results.json", put("attack", "comparisons", 0, "only_a", 1.5), "a whole number"),
    ("results.json", put("attack", "transfer", 0, "source", None), "snnconvert attack"),
    ("results.json", put("attack", "conclusions", ["", 1]), "a string"),
    ("results.json", put("attack", "dropped", {"a": "b"}), "a list"),
    ("results.json", lambda _: [], "by stage"),
    ("snn/conversion.json", put("activity", {}), "snnconvert convert"),
    ("snn/conversion.json", put("layers", 1, "threshold_min", None), "threshold_min"),
    ("snn/raster.json", put("logits", [[1.0], [1.0, 2.0]]), "equally long rows"),
    ("snn/raster.json", put("input", [[0.5]]), "rows of 4"),
    ("finetuned/activity.json", lambda _: {"a": 1}, "snnconvert finetune"),
    ("finetuned/raster.json", put("layers", "act3", [[]] * 4), "snnconvert finetune"),
]


@pytest.mark.parametrize(("name", "change", "said"), BROKEN)
def test_damaged_figures_are_one_line(
    tmp_path: Path, name: str, change: Callable[[Any], Any], said: str
) -> None:
    folder = write_run(tmp_path)
    edit(folder / name, change)
    with pytest.raises(InputError) as caught:
        report(folder)
    assert said in str(caught.value) and "\n" not in str(caught.value)
    assert not (folder / "report.html").exists()


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("results.json", "snnconvert train"),
        ("snn/conversion.json", "snnconvert convert"),
        ("snn/raster.json", "snnconvert convert"),
        ("finetuned/activity.json", "snnconvert finetune"),
        ("attack/ann.zh-homophone.jsonl", "no such file"),
    ],
)
def test_missing_and_cut_off_files(tmp_path: Path, name: str, remedy: str) -> None:
    folder = write_run(tmp_path)
    whole = (folder / name).read_bytes()
    (folder / name).unlink()
    with pytest.raises(InputError, match=re.escape(remedy)):
        report(folder)
    (folder / name).write_bytes(whole[: len(whole) // 4])
    with pytest.raises(InputError) as caught:
        report(folder)
    assert Path(name).name in str(caught.value) and "\n" not in str(caught.value)


def test_a_folder_without_a_run(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected a run folder"):
        report(tmp_path / "nowhere")


def test_a_failed_report_keeps_the_old_one(tmp_path: Path) -> None:
    folder = write_run(tmp_path)
    before = report(folder).read_bytes()
    edit(folder / "results.json", put("ann", "test_accuracy", "high"))
    with pytest.raises(InputError):
        report(folder)
    assert (folder / "report.html").read_bytes() == before
    assert not list(folder.glob(".report*"))


def test_the_same_run_gives_the_same_page(tmp_path: Path) -> None:
    folder = write_run(tmp_path)
    assert report(folder).read_bytes() == report(folder).read_bytes()


def test_a_report_needs_no_heavy_library(tmp_path: Path) -> None:
    folder = write_run(tmp_path)
    code = (
        "import sys\nfrom snnconvert.pipelines.report.page import report\n"
        f"report({str(folder)!r})\n"
        "heavy = {'torch', 'textattack', 'matplotlib', 'gensim', 'jieba', 'sklearn'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=200)
    assert done.stdout.strip() == "[]", done.stderr
