"""Classes in a report: older runs, many classes, hostile names, warnings in their sections."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from snnconvert.pipelines.report.sections.accuracy.confusion import MOST_SQUARES
from snnconvert.tests.helpers.report import ENERGY, RESULTS, Page, class_figures, page_of, write_run


def changed(**stages: dict[str, Any]) -> dict[str, Any]:
    """The results of the tests' run with other figures in some stages."""
    results = copy.deepcopy(RESULTS)
    for stage, figures in stages.items():
        results[stage] |= figures
    return results


def figures_of(classes: int) -> dict[str, Any]:
    matrix = [[3 * (i == j) + (j == 0) for j in range(classes)] for i in range(classes)]
    return class_figures(matrix, tuple(f"class {k}" for k in range(classes)), 0.0011)


def maps(page: Page) -> list[str]:
    labels = [str(a.get("aria-label")) for tag, a in page.tags if tag == "svg"]
    return [label for label in labels if label.startswith("Confusion matrix")]


def test_a_run_of_an_older_version_has_no_such_section(tmp_path: Path) -> None:
    results = copy.deepcopy(RESULTS)
    new = {*figures_of(2), "baseline"}
    for stage in ("ann", "snn", "finetuned"):
        results[stage] = {k: v for k, v in results[stage].items() if k not in new}
    page = page_of(write_run(tmp_path, results))
    assert "Accuracy by class" not in page.text and maps(page) == []
    assert "largest class" not in page.text and "Accuracy against time steps" in page.text


@pytest.mark.parametrize("classes", [3, 12, MOST_SQUARES, MOST_SQUARES + 1])
def test_many_classes(tmp_path: Path, classes: int) -> None:
    stages = {name: figures_of(classes) for name in ("ann", "snn", "finetuned")}
    page = page_of(write_run(tmp_path, changed(**stages)))
    drawn = 3 if classes <= MOST_SQUARES else 0
    # and the linear model, of two classes as before; large ones are drawn wide and narrow
    assert len(set(maps(page))) == drawn + 1
    assert page.html.count(f'<th scope="row" lang="zh">class {classes - 1}</th>') == 1


def test_hostile_names_of_classes(tmp_path: Path) -> None:
    evil = "</style></svg><script>alert(1)</script>"
    figures = class_figures([[5, 1], [2, 6]], (evil, "ok"), 0.05)
    page = page_of(write_run(tmp_path, changed(ann=figures | {"at_chance": True})))
    assert "<script" not in page.html and evil in page.text


def test_networks_at_chance_are_said_at_the_top_and_in_their_sections(tmp_path: Path) -> None:
    lost = {"at_chance": True}
    results = changed(ann=lost, snn=lost, finetuned=lost) | {"energy": ENERGY}
    page = page_of(write_run(tmp_path, results))
    warnings = [a for tag, a in page.tags if tag == "p" and a.get("class") == "warning"]
    assert len(warnings) == 3 + 3  # three models, and conversion, energy, robustness
    shown = page.text
    for text in ("the figures of its conversion mean nothing", "figures of energy mean nothing"):
        assert text in shown
    assert "figures of robustness against attacks mean nothing" in shown
    page = page_of(write_run(tmp_path / "well", changed() | {"energy": ENERGY}))
    assert "at chance" not in page.text


def test_too_few_texts_are_said(tmp_path: Path) -> None:
    few = class_figures([[3, 0], [0, 3]], ("a", "b"), 0.05)
    page = page_of(write_run(tmp_path, changed(ann=few | {"at_chance": None})))
    assert "6 test texts are too few to tell the ANN from guessing" in page.text
    assert "at chance" not in page.text


def test_only_the_conversion_lost_it(tmp_path: Path) -> None:
    page = page_of(write_run(tmp_path, changed(snn={"at_chance": True, "chance_p": 0.4})))
    shown = page.text.replace("\u00a0", " ")
    assert "The converted SNN is at chance" in shown and "comes from is not (88.1 %)" in shown
    assert "try more --steps" in shown and "train it again" not in shown
