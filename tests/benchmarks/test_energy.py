"""The choice of the operating point, and what the reproduction's page says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from snnconvert.benchmarks.reproduce.energy import choose
from snnconvert.benchmarks.reproduce.energy_outputs import Point, markdown, plot, spread, verdicts
from snnconvert.benchmarks.reproduce.energy_study import DATASETS, Study, Variant

POINT = Point("finetuned", "T=4, early exit 0.5")
PUBLISHED = "published, T=50, Poisson, shift"


def row(
    dataset: str, victim: str, setting: str, model: str, joules: float | None, accuracy: float
) -> dict[str, Any]:
    return {
        "dataset": dataset, "victim": victim, "setting": setting, "steps": 1.0, "model": model,
        "joules_per_sentence": joules, "ratio_to_sparse_ann": joules, "accuracy": accuracy,
        "projection": True, "seed": 0,
    }  # fmt: skip


def rows(accuracy: float = 0.795, joules: float = 0.08, lemaire: float = 0.3) -> list[dict]:
    found = []
    for dataset in DATASETS:
        for model in ("compute-fp32", "compute-int8", "lemaire2022", "loihi"):
            ours = {"lemaire2022": lemaire}.get(model, joules)
            base = None if model == "loihi" else 1.0
            found += [
                row(dataset, "ann", "padding skipped", model, base, 0.8),
                row(dataset, "quantised-ann", "3 bits, padding skipped", model, base, 0.8),
                row(dataset, "quantised-ann", "3 bits, padding and zeros skipped", model,
                    None if base is None else 0.5, 0.8),
                row(dataset, "finetuned", "T=4", model, 2 * ours, 0.81),
                row(dataset, *POINT, model, ours, accuracy),
                row(dataset, "ann", "published, dense", model, base, 0.8),
                row(dataset, "ann", "published, padding skipped", model,
                    None if base is None else 0.7, 0.8),
                row(dataset, "snn", PUBLISHED, model, 3.5, 0.75),
            ]  # fmt: skip
    return found


def on_dev(**more: float) -> list[dict]:
    return [r for r in rows(**more) if "published" not in r["setting"]]


def test_the_cheapest_that_will_do_is_chosen():
    first, second = choose(on_dev())
    assert (
        Point(first["victim"], first["setting"]) == POINT
        and first["will_do"]
        and not second["will_do"]
    )
    assert first["loss"] == pytest.approx(0.5) and second["compute"] == pytest.approx(0.16)
    assert not choose(on_dev(accuracy=0.78))[0]["will_do"]


def test_targets_are_said_to_be_met_only_where_they_are():
    said = verdicts(rows(), POINT)
    assert sum(line.startswith("- met") for line in said) == 8
    assert "3.50 times its dense ANN" in said[4] and "5.00 times the ANN" in said[4]
    said = verdicts(rows(accuracy=0.78, joules=0.09, lemaire=0.6), POINT)
    assert sum("MISSED" in line for line in said) == 6


def test_the_page_and_the_plot(tmp_path: Path):
    found = rows()
    page = markdown(found, {"operating_point": str(POINT)}, choose(on_dev()), POINT)
    assert "projection" in page and str(POINT) in page and "| loihi |" in page
    plot(tmp_path / "energy.png", found, POINT)
    assert (tmp_path / "energy.png").read_bytes()[:4] == b"\x89PNG"
    assert spread([]) == "-" and spread([1.0]) == "1"


def test_parts_are_measured_once(tmp_path: Path):
    calls = []

    def compute() -> list[dict[str, float]]:
        calls.append(1)
        return [{"joules": 0.1}]

    for _ in range(2):
        study = Study(tmp_path, None, tmp_path)
        assert study.part("a", compute) == [{"joules": 0.1}]
    assert len(calls) == 1
    assert Variant(2, 0.05).name == "T=2, soft threshold=0.05" and Variant(4, 0.0).name == "T=4"
