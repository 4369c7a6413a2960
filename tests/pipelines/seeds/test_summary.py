"""Means over seeds: against NumPy, by hand, and as files."""

from __future__ import annotations

import copy
import csv
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from snnconvert.errors import InputError
from snnconvert.pipelines.seeds.display import seeds_text
from snnconvert.pipelines.statistics.figures import GAP, figures_of
from snnconvert.pipelines.statistics.summary import read_summary, summarise, write_summary
from snnconvert.tests.helpers.report import ENERGY, RESULTS, energy_row

shares = st.lists(st.floats(0, 1), min_size=1, max_size=6)


def run(**stages: dict) -> dict:
    """A run's figures with others in some stages."""
    results = copy.deepcopy(RESULTS)
    for stage, figures in stages.items():
        results[stage] = results.get(stage, {}) | figures
    return results


@given(shares)
def test_mean_and_deviation_are_those_of_numpy(values: list[float]) -> None:
    runs = {seed: run(ann={"test_accuracy": v}) for seed, v in enumerate(values)}
    found = summarise(runs).of("accuracy", "ann", "test_accuracy")
    assert found is not None and found.n == len(values) and found.values == values
    assert found.mean == pytest.approx(np.mean(values))
    if len(values) == 1:
        assert found.std is None
    else:
        assert found.std == pytest.approx(np.std(values, ddof=1), abs=1e-12)


def test_worked_by_hand() -> None:
    runs = {
        3: run(ann={"test_accuracy": 0.80}, finetuned={"test_accuracy": 0.81}),
        7: run(ann={"test_accuracy": 0.90}, finetuned={"test_accuracy": 0.83}),
    }
    summary = summarise(runs, {5: "no room"})
    gap = summary.of("accuracy", "finetuned", GAP)
    assert gap is not None and gap.mean == pytest.approx(-0.03)  # +1 and -7 points
    assert gap.std == pytest.approx(0.08 / 2**0.5)
    assert summary.seeds == [3, 7] and summary.failed == {"5": "no room"}
    said = seeds_text(summary)
    assert "2 seeds (3, 7)" in said and "seed 5 failed: no room" in said
    assert "85.0 ± 7.1" in said and "-3.0 ± 5.7" in said
    assert "largest class always" in said and "linear model on words" in said


def test_every_stage_has_its_figures() -> None:
    energy = ENERGY | {"rows": [energy_row("finetuned", "all steps", 2e-6)]}
    keys = {key[:4] for key in figures_of(run(energy=energy))}
    assert keys >= {
        ("accuracy", "ann", "", "test_accuracy"),
        ("accuracy", "baseline", "", "test_macro_f1"),
        ("accuracy", "snn", "T = 3", "test_accuracy"),
        ("classes", "snn", "好评", "test_recall"),
        ("spikes", "finetuned", "", "sops_per_sample"),
        ("energy", "finetuned", "all steps, compute-fp32", "joules_per_sentence"),
        ("attack", "ann+noise", "zh-homophone", "accuracy_under_attack"),
    }


def test_what_a_seed_lacks_is_left_out_of_the_mean() -> None:
    without = {name: stage for name, stage in RESULTS.items() if name != "attack"}
    runs = {0: run(), 1: without, 2: run()}
    found = summarise(runs).of("attack", "ann", "accuracy_under_attack", "zh-homophone")
    assert found is not None and found.n == 2 and found.values[1] is None
    assert found.mean == pytest.approx(0.3572) and found.std == 0
    assert "so are the attacked ones" in summarise(runs).what_changes
    assert "its own seed drew" in summarise({0: run(), 1: run(attack={"seed": 5})}).what_changes


def test_files(tmp_path: Path) -> None:
    summary = summarise({0: run(), 1: run(ann={"test_accuracy": 0.5})})
    write_summary(tmp_path, summary)
    assert read_summary(tmp_path) == summary
    with (tmp_path / "summary.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    (row,) = [r for r in rows if r["model"] == "ann" and r["figure"] == "test_accuracy"]
    assert (row["n"], row["seed 0"], row["seed 1"]) == ("2", "0.8807", "0.5")
    assert float(row["mean"]) == pytest.approx((0.8807 + 0.5) / 2)
    content = json.loads((tmp_path / "summary.json").read_text("utf-8"))
    content["figures"][0]["values"].pop()
    (tmp_path / "summary.json").write_text(json.dumps(content), "utf-8")
    with pytest.raises(InputError, match="one a seed.*--seeds again"):
        read_summary(tmp_path)
