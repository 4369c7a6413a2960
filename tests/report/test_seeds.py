"""The page over the runs of several seeds: single ones, mean and spread, and drawings of them."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from snnconvert.pipelines.report.compare.page import compare, report_seeds
from snnconvert.pipelines.run_folder.seed_folders import seed_folder
from snnconvert.pipelines.statistics.summary import summarise, write_summary
from snnconvert.tests.helpers.report import CONFIG, ENERGY, RESULTS, Page, write_run

ACCURACIES = {0: 0.9, 1: 0.8, 4: 0.85}  # mean 85.0 %, standard deviation 5.0


def make(out: Path, accuracies: dict[int, float], **changes: Any) -> list[Path]:
    """The runs of seeds whose ANNs have these accuracies, with their summary."""
    runs: dict[int, dict[str, Any]] = {}
    for seed, accuracy in accuracies.items():
        results = copy.deepcopy(RESULTS) | {"energy": ENERGY}
        results["ann"]["test_accuracy"] = accuracy
        folder = write_run(seed_folder(out, seed), results)
        config = copy.deepcopy(CONFIG)
        config["ann"]["seed"] = config["data"]["seed"] = seed
        config["ann"] |= changes if seed else {}
        (folder / "config.yaml").write_text(yaml.safe_dump(config), "utf-8")
        runs[seed] = results
    write_summary(out, summarise(runs, {3: "<no> space"}))
    return [seed_folder(out, seed) for seed in accuracies]


def read(path: Path) -> tuple[Page, str]:
    page = Page(path.read_text("utf-8"))
    return page, page.text.replace("\u00a0", " ")


def test_mean_deviation_and_every_seed(tmp_path: Path) -> None:
    make(tmp_path, ACCURACIES)
    page, shown = read(report_seeds(tmp_path))
    assert "reviews: 3 seeds" in shown and "The ANN classifies 85.0 ± 5.0 %" in shown
    assert "ANN: accuracy on test85.0 %5.0 %390.0 %80.0 %85.0 %" in shown
    less = "Fine-tuned SNN: accuracy on test less the ANN’s"
    assert f"{less}+4.5 points5.0 points3−0.5 points+9.5 points+4.5 points" in shown
    assert "Fine-tuned SNN, all steps, compute-fp32: energy per text5.68 µJ0 pJ3" in shown
    assert "Fine-tuned SNN, zh-homophone: accuracy under attack35.7 %" in shown
    assert "Seed 3 failed, and is left out: <no> space" in shown and "<no>" not in page.html
    assert "Always answering the largest class would be right for 66.7 %" in shown


def test_a_point_a_seed_is_drawn(tmp_path: Path) -> None:
    make(tmp_path, ACCURACIES)
    page, _ = read(report_seeds(tmp_path))
    labels = [str(a.get("aria-label")) for t, a in page.tags if t == "svg"]
    drawn = [label for label in labels if label.startswith("test accuracy of every seed")]
    assert len(drawn) == 2 and "ANN 85.0\u00a0±\u00a05.0\u00a0%" in drawn[0]  # wide and narrow
    for seed, accuracy in ACCURACIES.items():
        assert page.html.count(f"ANN, seed {seed}: {100 * accuracy:.1f}\u00a0%") == 2
    assert sum(label.startswith("accuracy under attack of every seed") for label in labels) == 2


def test_runs_that_differ_in_the_seed_alone_have_a_mean(tmp_path: Path) -> None:
    runs = make(tmp_path / "same", ACCURACIES)
    _, shown = read(compare(runs))
    assert "Mean over 3 seeds" in shown and "Comparison" not in shown
    others = make(tmp_path / "other", ACCURACIES, lr=0.5)
    _, shown = read(compare(others))
    assert "Mean over" not in shown and "Comparison of 3 runs" in shown


@pytest.mark.parametrize("accuracies", [{5: 0.9}, {seed: 0.8 + seed / 100 for seed in range(12)}])
def test_one_seed_and_many(tmp_path: Path, accuracies: dict[int, float]) -> None:
    make(tmp_path, accuracies)
    _, shown = read(report_seeds(tmp_path))
    count = len(accuracies)
    assert f"Mean over {count} seed{'s' if count > 1 else ''}" in shown
    if count == 1:
        assert (
            "The ANN classifies 90.0 %" in shown and "ANN: accuracy on test90.0 %–190.0 %" in shown
        )
