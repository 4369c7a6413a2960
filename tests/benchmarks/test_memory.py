"""The benchmark of memory: what it reads from the system, and its table."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from snnconvert.benchmarks.speed import memory
from snnconvert.errors import SnnConvertError

if sys.platform == "win32":
    pytest.skip("the system does not tell what a process took", allow_module_level=True)


def test_a_process_is_measured_by_itself(monkeypatch: pytest.MonkeyPatch):
    """Neither what another process took is counted, nor what this one holds."""
    peaks = []
    for size in (2_000_000_000, 1):
        monkeypatch.setattr(memory, "MAIN", ["-c", f"b'x' * {size}"])
        peak, seconds = memory.cost([])
        peaks.append(peak)
        assert 0 < seconds < 60
    assert 2.0 < peaks[0] < 2.5 and peaks[1] < 0.1


def test_a_command_that_fails_is_no_figure():
    with pytest.raises(SnnConvertError, match="ended with"):
        memory.cost(["convert", "no such run"])


def test_the_table(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys):
    (tmp_path / "run").mkdir()
    asked = []
    monkeypatch.setattr(memory, "cost", lambda words: asked.append(words) or (0.5, 1.25))
    memory.main([str(tmp_path / "run"), "--steps", "4,8", "--encoder", "direct"])
    assert [words[0] for words in asked] == ["convert", "energy"] * 2
    assert asked[2][2:6] == ["--steps", "8", "--encoder", "direct"]
    assert "| energy | 8 | 0.50 GB | 1.2 s |" in capsys.readouterr().out
