"""The training benchmark at its smallest, and how it reads its rows."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from snnconvert.benchmarks.shared.peers import CONV1D
from snnconvert.benchmarks.speed import training
from snnconvert.benchmarks.speed.training_memory import can_measure, peak_bytes
from snnconvert.benchmarks.speed.training_peers import OURS, OURS_TORCH, RATE
from snnconvert.errors import SnnConvertError

COLUMNS = ["case", "variant", "code", "steps", "length", "batch", "cpu_seconds"]
COLUMNS += ["ratio_to_spikingjelly", "equal"]


def test_the_quick_benchmark(tmp_path: Path) -> None:
    pytest.importorskip("snntorch")
    argv = ["--quick", "--groups", "time", "--out", str(tmp_path)]
    assert training.main(argv) == 0
    rows = json.loads((tmp_path / "training.json").read_text("utf-8"))["rows"]
    assert all(row["equal"] and row["cpu_seconds"] > 0 for row in rows)
    assert all(row["gradient_error"] < 1e-5 for row in rows)
    assert all(list(row)[: len(COLUMNS)] == COLUMNS for row in rows)
    saf = {row["variant"] for row in rows if row["code"] == "saf"}
    peers = {"spikingjelly", CONV1D, "snntorch", "published loop"}
    assert saf == {*peers, OURS, OURS_TORCH, RATE}
    assert "None of their cases" in (tmp_path / "training.md").read_text("utf-8")


@pytest.mark.skipif(not can_measure(), reason="this system does not tell a process its peak")
@pytest.mark.long
def test_memory_of_a_step() -> None:
    ids = np.random.default_rng(0).integers(1, 40, (16, 40))
    few, many = (peak_bytes("spikingjelly, Conv1d", "saf", t, ids, 32, 16) for t in (2, 40))
    assert few is not None and many is not None and many > few + (4 << 20)
    with pytest.raises(SnnConvertError, match="cannot measure the memory of nobody"):
        peak_bytes("nobody", "saf", 2, ids, 4, 2)


def test_memory_is_held_to_its_limits() -> None:
    def row(case: str, variant: str, peak: int) -> dict:
        return {"case": case, "variant": variant, "peak_bytes": peak}

    rows = [row("saf, T = 50", OURS, 3), row("saf, T = 50", CONV1D, 6)]
    rows += [row("direct, T = 50", OURS, 8), row("direct, T = 4", OURS, 4)]
    lines = training.memory_lines(rows)
    assert [good for _, good in lines] == [True, False]
    assert "0.50 times that of spikingjelly, Conv1d at saf, T = 50, at most 1" in lines[0][0]
