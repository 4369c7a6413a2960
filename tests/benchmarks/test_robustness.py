"""The robustness reproduction: its settings, its page, and the files that are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from snnconvert.attacks.statistics.tables import COLUMNS
from snnconvert.benchmarks.reproduce import robustness
from snnconvert.benchmarks.shared.results import read_results
from snnconvert.pipelines.attack.names import parse_victim


def row(victim: str, attack: str, under: float, control: str = "") -> dict:
    figures = dict.fromkeys(COLUMNS)
    return figures | {
        "dataset": "mr",
        "victim": victim,
        "attack": attack,
        "control": control,
        "n": 200,
        "clean": 0.8,
        "accuracy_under_attack": under,
        "low": under - 0.05,
        "high": under + 0.05,
    }


@pytest.mark.parametrize("dataset", robustness.VECTORS)
def test_settings_are_those_of_the_file(dataset: str, tmp_path: Path) -> None:
    options = robustness.parser().parse_args(["--data-dir", str(tmp_path), "--workers", "2"])
    settings = robustness.settings_of(dataset, options)
    assert settings.data.dataset == dataset and settings.attack.examples == 200
    assert settings.attack.workers == 2
    assert len(settings.attack.presets) == (5 if dataset == "mr" else 3)
    codes = {parse_victim(v).code for v in settings.attack.victims}
    assert {"direct", "poisson"} <= codes and settings.convert.encoder == "bitplane"


def test_a_page_becomes_a_chapter() -> None:
    assert robustness.demoted("# Robustness\n\ntext # 1\n\n## Figures\n", "mr") == (
        "## mr\n\ntext # 1\n\n### Figures\n"
    )


def test_settings_lose_the_folders_of_the_machine() -> None:
    config = {"data": {"data_dir": "/somewhere", "vectors": "/x/v.txt.gz", "limit": None}}
    assert robustness.without_places(config) == {"data": {"vectors": "v.txt.gz", "limit": None}}


def test_the_plot_has_a_panel_for_each_attack() -> None:
    rows = [row("ann", "pwws", 0.3), row("snn", "pwws", 0.4), row("ann", "noise", 0.8)]
    rows.append(row("ann+noise", "pwws", 0.35, "noise"))
    figure = robustness.plot(rows)
    titles = [axes.get_title() for axes in figure.axes]
    assert titles == ["mr: pwws", "mr: noise"]
    assert len(figure.axes[0].patches) == 3
    assert [bar.get_width() for bar in figure.axes[0].patches] == [30.0, 40.0, 35.0]


def test_the_files_hold_what_the_documentation_says(root: Path) -> None:
    path = root / "docs" / "reproduction" / "robustness.json"
    if not path.is_file():
        pytest.skip("docs/reproduction/robustness.json has not been made")
    content = read_results(path)
    assert set(content) == {"machine", "versions", "settings", "rows"}
    for found in content["rows"]:
        assert set(COLUMNS) - {"largest_class_share"} <= set(found)  # made before there was one
        assert found["low"] <= found["accuracy_under_attack"] <= found["high"]
        assert found["verified_success"] <= found["claimed_success"]
    page = path.with_suffix(".md").read_text("utf-8")
    assert not re.search(r"/(home|work|root|tmp)/", path.read_text("utf-8") + page)
    assert {r["dataset"] for r in content["rows"]} == {"mr", "waimai"}
