"""A run of texts in another language: train says it, and attack and report go by it."""

from __future__ import annotations

from pathlib import Path

import pytest

from snnconvert.pipelines.cli import main

KANJI = "部屋料理朝食風呂駅前景色値段接客"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("japanese")
    lines = [
        f"{label}\tこの{KANJI[k % 8 * 2 : k % 8 * 2 + 2]}は{word}でした{k}\n"
        for k in range(40)
        for label, word in (("neg", "最悪"), ("pos", "最高"))
    ]
    (folder / "hotels.tsv").write_text("".join(lines), "utf-8")
    words = ["train", "--dataset", str(folder / "hotels.tsv"), "--out", str(folder / "run")]
    words += ["--dim", "8", "--widths", "2", "--channels", "4", "--epochs", "4"]
    assert main([*words, "--tensorboard", "false"]) == 0
    return folder / "run"


def test_attacks_with_words_of_the_language_that_was_taken_are_doubted(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    attack = ["attack", str(run), "--examples", "1", "--query-budget", "20", "--controls", "none"]
    capsys.readouterr()
    for _ in ("first", "already done"):
        assert main([*attack, "--presets", "zh-homophone"]) == 0
        said = capsys.readouterr().err
        assert "zh-homophone takes other words from Chinese data, but many texts have kana" in said


def test_the_report_does_not_claim_the_language(run: Path) -> None:
    assert main(["report", str(run)]) == 0
    assert "read as Chinese, 2 classes" in (run / "report.html").read_text("utf-8")
