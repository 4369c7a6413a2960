"""The inference benchmark at its smallest, its floors, and what it says about growth."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from snnconvert.benchmarks.shared.floors import dense_flops, gather_bytes, table_flops
from snnconvert.benchmarks.shared.peers import CONV1D
from snnconvert.benchmarks.shared.workload import drawn_words, mr_words
from snnconvert.benchmarks.speed import inference
from snnconvert.benchmarks.speed.inference_cases import COLD, KEPT

COLUMNS = ["case", "variant", "code", "steps", "length", "batch", "cpu_seconds"]
COLUMNS += ["ratio_to_spikingjelly", "equal"]


@pytest.mark.long
def test_the_quick_benchmark(tmp_path: Path) -> None:
    pytest.importorskip("snntorch")
    assert inference.main(["--quick", "--out", str(tmp_path)]) == 0
    content = json.loads((tmp_path / "inference.json").read_text("utf-8"))
    rows = content["rows"]
    assert all(row["equal"] and row["cpu_seconds"] > 0 for row in rows)
    assert all(list(row)[: len(COLUMNS)] == COLUMNS for row in rows)
    cases = {row["case"] for row in rows}
    assert {"saf, T = 3", "one-word variants", "stream of single texts", "threads"} <= cases
    assert {row["axis"] for row in rows if "axis" in row} == {
        *("T", "L", "batch", "vocabulary", "filters")
    }
    head = {row["variant"]: row for row in rows if row["case"] == "saf, T = 3"}
    peers = {"reference", "spikingjelly", "snntorch", CONV1D, "published loop", "time in the batch"}
    assert set(head) == {*peers, COLD, KEPT, f"{COLD}, int16", f"{KEPT}, int16"}
    assert head["spikingjelly"]["ratio_to_spikingjelly"] == 1
    assert head[COLD]["floor_seconds"] > head[KEPT]["floor_seconds"] > 0
    assert (tmp_path / "inference.png").stat().st_size > 1000
    page = (tmp_path / "inference.md").read_text("utf-8")
    assert "times the floor" in page and "None of their cases" in page


def test_an_unknown_group_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        inference.main(["--groups", "codes,speed"])
    assert "but got speed" in capsys.readouterr().err


def test_floors_by_hand() -> None:
    # 2 texts of 4 words, one filter of width 3: 2 windows each; 5 components, 7 steps, 1 channel
    assert dense_flops(7, 2, 4, 5, 1, (3,)) == 2 * 7 * 2 * 2 * 5 * 3
    texts = [np.array([1, 2, 3, 1]), np.array([3, 4, 4, 4])]  # 4 distinct words
    assert table_flops(texts, 7, 5, 1, (3,)) == 2 * 4 * 7 * 5 * 3
    assert gather_bytes(2, 4, 7, 1, (3,)) == 4 * 7 * 2 * 2 * 3


def growing(power: float, code: str, axis: str) -> list[dict]:
    return [
        {
            "case": "growth",
            "variant": KEPT,
            "code": code,
            "axis": axis,
            "value": value,
            "cpu_seconds": value**power,
        }
        for value in (1, 2, 4, 8, 16)
    ]


def test_growth_is_judged_by_its_power() -> None:
    lines = inference.growth_lines(growing(0.9, "saf", "T") + growing(1.2, "saf", "L"))
    assert [met for _, met in lines] == [True, False]
    assert "grows as T^0.90" in lines[0][0]
    assert [met for _, met in inference.growth_lines(growing(1.0, "bitplane", "T"))] == [False]
    assert [met for _, met in inference.growth_lines(growing(0.7, "bitplane", "T"))] == [True]


def test_texts_are_the_stream_cut_up() -> None:
    words = drawn_words(30, count=100, seed=1)
    texts = words.texts(3, 40)
    assert [len(text) for text in texts] == [40, 40, 40]
    assert np.array_equal(np.concatenate(texts)[:100], words.ids)
    assert np.array_equal(texts[2][20:], words.ids[:20])  # it begins again
    assert words.ids.min() >= 2 and words.ids.max() < 30


def test_without_mr_words_are_drawn(tmp_path: Path) -> None:
    assert mr_words(tmp_path).source == "drawn by Zipf's law"


def test_the_sentences_of_mr(shared: Path) -> None:
    words = mr_words(shared / "data")
    assert words.source.startswith("MR") and words.ids.max() < words.vocabulary
