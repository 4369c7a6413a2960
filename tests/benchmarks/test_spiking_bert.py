"""The benchmark of the spiking encoder: all ways are there and give the same spikes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from snnconvert.benchmarks.shared.resident import can_measure
from snnconvert.benchmarks.speed import spiking_bert
from snnconvert.benchmarks.speed.spiking_bert_ways import draw, ways
from snnconvert.engine.tokens.turns import Batch, ratio_interval
from snnconvert.engine.tokens.words import Words


@torch.no_grad()
def test_all_ways_of_a_coding_compute_the_same() -> None:
    texts = draw(3, torch.Generator().manual_seed(0))
    found: dict[str, list[torch.Tensor]] = {"individual": [], "repeat": []}
    for name, (network, run) in ways(16).items():
        found[name.split(",")[0]].append(run(network.eval().double(), doubled(texts)))
    for logits in found.values():
        assert len(logits) == 3
        for other in logits[1:]:
            torch.testing.assert_close(other, logits[0], rtol=1e-8, atol=1e-10)


def doubled(texts: Batch) -> Batch:
    words = Words(texts.words.ids, lambda ids: texts.words.look_up(ids).double())
    return Batch(words, texts.lengths, texts.labels)


@pytest.mark.slow
def test_the_quick_benchmark(tmp_path: Path) -> None:
    assert spiking_bert.main(["--quick", "--out", str(tmp_path)]) == 0
    rows = {r["way"]: r for r in json.loads((tmp_path / "spiking_bert.json").read_text())["rows"]}
    assert set(rows) == set(ways(16))
    assert all(row["cpu_seconds"] > 0 and row["kept_bytes"] > 0 for row in rows.values())
    assert rows["repeat"]["kept_times_individual"] > 2
    if can_measure():
        assert all(row["peak_bytes"] > 0 for row in rows.values())
    assert rows["repeat, spikingjelly"]["kept_bytes"] > rows["repeat"]["kept_bytes"]
    assert "| repeat, spikingjelly |" in (tmp_path / "spiking_bert.md").read_text()


def test_the_interval_of_a_ratio() -> None:
    low, high = ratio_interval([2.0, 4.0, 6.0], [1.0, 2.0, 3.0])
    assert low == pytest.approx(2) and high == pytest.approx(2)
