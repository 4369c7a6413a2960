"""The tables of docs/performance.md are made from the results."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from snnconvert.benchmarks.shared import tables
from snnconvert.benchmarks.shared.results import RESULTS
from snnconvert.benchmarks.speed.inference_cases import COLD, KEPT


def row(case: str, variant: str, seconds: float, **more: object) -> dict:
    columns = {"case": case, "variant": variant, "code": "saf", "steps": 8, "length": 32}
    columns |= {"batch": 64, "cpu_seconds": seconds, "wall_seconds": seconds, "equal": True}
    return columns | {"ratio_to_spikingjelly": 0.6 / seconds} | more


ROWS = [
    row("saf, T = 8", "spikingjelly", 0.6, floor_seconds=0.1),
    row("saf, T = 8", "spikingjelly, Conv1d", 0.2, floor_seconds=0.1),
    row("saf, T = 8", COLD, 0.06, floor_seconds=0.05),
    row("saf, T = 8", KEPT, 0.01, floor_seconds=0.002),
    row("threads", KEPT, 0.02, threads=2, ratio_to_spikingjelly=None),
    *(row("growth with T", KEPT, 0.064 * t, axis="T", value=t) for t in (1, 2, 4, 8)),
]


def test_tables_by_hand() -> None:
    assert tables.chosen(ROWS).splitlines()[2] == "| saf, T = 8 | 10 | 3.33 | 60 | 20 |"
    assert "| saf, T = 8 | tables kept | 10 ms | 60 | - | 5.0 |" in tables.compared(ROWS)
    assert "| T | saf | tables kept | 1: 1 ms, 2: 2 ms, 4: 4 ms, 8: 8 ms | 1.00 |" in (
        tables.growing(ROWS)
    )
    assert "| 2 | tables kept | 20 ms | 20 ms |" in tables.threaded(ROWS)
    assert tables.listed([row("a", "ours", 0.1, texts_per_second=12.3456)]).endswith("| 12.3 |")


def test_only_blocks_are_written(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    text = "before\n<!-- begin threaded -->\nold\n<!-- end threaded -->\nafter\n"
    page.write_text(text, encoding="utf-8")
    words = ["--page", str(page), "--results", str(tmp_path)]
    assert tables.main(words) == 0
    assert page.read_text("utf-8") == text.replace("old", tables.MISSING)
    (tmp_path / "inference.json").write_text(json.dumps({"rows": ROWS}), encoding="utf-8")
    assert tables.main([*words, "--check"]) == 1
    assert tables.main(words) == 0
    made = page.read_text("utf-8")
    assert made.startswith("before\n") and made.endswith("-->\nafter\n") and "20 ms" in made
    assert tables.main([*words, "--check"]) == 0


def test_a_page_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert tables.main(["--page", str(tmp_path / "none.md")]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_the_page_is_what_the_results_say() -> None:
    """Whoever measures again runs benchmarks/shared/tables.py (make bench does)."""
    page = tables.PAGE.read_text("utf-8")
    assert set(tables.TABLES) | {"machine"} == {name for _, name, _ in tables.BLOCK.findall(page)}
    assert tables.filled(page, RESULTS) == page
