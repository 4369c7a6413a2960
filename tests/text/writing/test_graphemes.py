"""Marks stay with letters, scripts without spaces are cut by letters, all else is as before."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snnconvert.pipelines.data_stage import Prepared, prepare_data
from snnconvert.pipelines.run_folder.run_folder import RunFolder
from snnconvert.pipelines.settings.data import DataSettings
from snnconvert.pipelines.teach.augment import Shares, augmented
from snnconvert.text.segment import join, segment, segmenter
from snnconvert.text.stages.words import TextStage
from snnconvert.text.writing.graphemes import found
from snnconvert.text.writing.writing import Writing

CUT = segmenter("en", graphemes=True)
WORDS = [
    ("यह फ़िल्म अच्छी नहीं थी।", ["यह", "फ़िल्म", "अच्छी", "नहीं", "थी", "।"]),
    ("الخُبز جيدٌ", ["الخُبز", "جيدٌ"]),
    ("ต้มยำ ดี", ["ต้", "ม", "ยำ"[:1], "\u0e33", "ดี"]),
    ("ラーメンが good", ["ラ", "ー", "メ", "ン", "が", "good"]),
    ("ﾗｰﾒﾝ", ["ﾗ", "ｰ", "ﾒ", "ﾝ"]),
    ("人々 the 電影isn't", ["人", "々", "the", "電", "影", "isn't"]),
    ("비빔밥을 먹었다", ["비빔밥을", "먹었다"]),
    ("Ещё йод", ["ещё", "йод"]),
    ("\u0130stanbul güzel", ["i\u0307stanbul", "güzel"]),  # in lower case two characters
    ("x\u0304's 5\ufe0f\u20e3 👍🏽", ["x\u0304's", "5\ufe0f\u20e3", "👍", "🏽"]),
]
HINDI = ["यह फ़िल्म अच्छी थी", "खाना ठीक नहीं था", "होटल बहुत साफ़ है", "सेवा धीमी थी"]


@pytest.mark.parametrize(("text", "words"), WORDS)
def test_words(text: str, words: list[str]) -> None:
    words = [unicodedata.normalize("NFC", word) for word in words]
    assert CUT(text) == words
    assert CUT(join(words, "en")) == words


@given(st.text(alphabet=st.characters(max_codepoint=0x2FF, exclude_characters="\u0130")))
def test_without_such_letters_nothing_changes(text: str) -> None:
    assert CUT(text) == segment(text, "en")
    assert found([text]) == 0


@given(st.text())
def test_words_hold_all_that_is_no_white_space(text: str) -> None:
    """Of letters, digits and marks alone, of which nothing is rewritten."""
    text = "".join(c for c in text if c.isalnum() or unicodedata.category(c)[0] == "M")
    text = unicodedata.normalize("NFC", text).lower()
    assert "".join(CUT(text)) == unicodedata.normalize("NFC", text).lower()


def test_chinese_is_cut_by_jieba_all_the_same() -> None:
    assert segmenter("zh", graphemes=True)("味道很好") == ["味道", "很", "好"]


def test_counted() -> None:
    assert found(["cafe\u0301", "naïve", "привет", "👍🏽", "한국어"]) == 0
    assert found(["plain", "की", "ดี", "すし", "味", "\u0130stanbul"]) == 5


def prepared(folder: Path, texts: list[str], name: str) -> Prepared:
    path = folder / f"{name}.tsv"
    rows = (f"{i % 2}\t{text} {i}" for i, text in enumerate(texts * 20))
    path.write_text("\n".join(rows), "utf-8")
    settings = DataSettings(dataset=str(path), vectors="random", dim=2)
    return prepare_data(RunFolder(folder / name, must_exist=False), settings, seed=0)


def test_a_run_of_such_texts_cuts_them_so_and_says_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stage = prepared(tmp_path, HINDI, "hindi").stage
    assert "64 of 64 training texts have letters with marks" in "".join(capsys.readouterr())
    assert stage.segment("फ़िल्म") == CUT("फ़िल्म") and len(CUT("फ़िल्म")) == 1
    loaded = TextStage.load(tmp_path / "hindi" / "text")
    assert loaded == stage and loaded.writing.graphemes


def test_a_run_of_other_texts_is_as_it_was(tmp_path: Path) -> None:
    assert not prepared(tmp_path, ["good food", "un café", "Ещё"], "latin").stage.writing.graphemes
    values = json.loads((tmp_path / "latin" / "text" / "stage.json").read_text("utf-8"))
    assert "graphemes" not in values


def test_a_stage_of_before_reads_as_before(tmp_path: Path) -> None:
    stage = TextStage.fit(HINDI, "en", dim=2, writing=Writing("invisible"), progress=False)[0]
    stage.save(tmp_path)
    assert TextStage.load(tmp_path).segment("की") == ["क", "ी"]


def test_copies_of_a_teacher_are_cut_as_the_run_cuts() -> None:
    copies = augmented(HINDI, "en", 1, Shares(0, 1, 0), Random(0), graphemes=True)
    known = {word for text in HINDI for word in CUT(text)}
    assert {word for text, _ in copies for word in CUT(text)} <= known
