"""Many classes have more epochs by default, and a run of before goes on with those it had."""

from __future__ import annotations

from pathlib import Path

import pytest

from snnconvert.pipelines.cli import main
from snnconvert.pipelines.run_folder.run_folder import RunFolder
from snnconvert.pipelines.settings import sizes


def test_a_run_of_before_stays_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data, out = tmp_path / "eight.tsv", tmp_path / "run"
    rows = [f"class{i % 8}\tword{i % 8} and word{i} again" for i in range(80)]
    data.write_text("\n".join(rows) + "\n", "utf-8")
    words = ["train", "--dataset", str(data), "--out", str(out), "--channels", "4", "--quiet"]
    words += ["--dim", "8", "--vectors", "random", "--tensorboard", "false", "--patience", "2"]
    monkeypatch.setattr(sizes, "EPOCHS", 41)  # more than 320 updates need
    monkeypatch.setattr(sizes, "MANY_CLASSES", 9)
    assert main(words) == 0
    assert RunFolder(out).config()["ann"]["epochs"] == 41
    before = RunFolder(out).results()
    monkeypatch.setattr(sizes, "MANY_CLASSES", 8)
    assert main(words) == 0
    assert RunFolder(out).results() == before
    assert main([*words, "--force"]) == 0
    assert RunFolder(out).config()["ann"]["epochs"] == 60  # the most
