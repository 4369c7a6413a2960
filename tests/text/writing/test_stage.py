"""A text stage with a writing: saved, loaded, the same for old files, and words that stay put."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snnconvert.attacks.building.texts import locate_words
from snnconvert.errors import InputError
from snnconvert.pipelines.data import stage_hash
from snnconvert.tests.helpers.golden import GOLDEN
from snnconvert.text.stages.words import TextStage
from snnconvert.text.writing.dictionary import UserDictionary
from snnconvert.text.writing.writing import AS_IT_STANDS, Writing

TEXTS = ["這個酒店的服務很好", "房間太小，ＷｉＦｉ很慢", "味道不\u200b錯，麻辣香鍋１０分"]
WORDS = UserDictionary((("麻辣香锅", 100, "n"),))
FULL = Writing("all", "simplified", WORDS)


def fitted(writing: Writing = FULL) -> TextStage:
    return TextStage.fit(TEXTS, "zh", dim=2, writing=writing, progress=False)[0]


def test_saved_and_loaded(tmp_path: Path) -> None:
    stage = fitted()
    assert stage.segment(TEXTS[2]) == ["味道", "不错", "，", "麻辣香锅", "10", "分"]
    stage.save(tmp_path)
    moved = tmp_path.with_name(tmp_path.name + "-moved")
    shutil.move(tmp_path, moved)
    loaded = TextStage.load(moved)
    assert loaded == stage and loaded.writing == FULL
    assert [a.tolist() for a in loaded.encode(TEXTS)] == [a.tolist() for a in stage.encode(TEXTS)]
    assert stage_hash(loaded) == stage_hash(stage) != stage_hash(fitted(Writing("all")))


@pytest.mark.parametrize("damage", ["other", "missing", "clean"])
def test_damaged(tmp_path: Path, damage: str) -> None:
    fitted().save(tmp_path)
    path = tmp_path / "user_dict.txt"
    if damage == "other":
        path.write_text("别的词\n", "utf-8")
    elif damage == "missing":
        path.unlink()
    else:
        values = json.loads((tmp_path / "stage.json").read_text("utf-8"))
        (tmp_path / "stage.json").write_text(json.dumps(values | {"clean": "some"}), "utf-8")
    with pytest.raises(InputError, match=r"words|clean"):
        TextStage.load(tmp_path)


def test_a_stage_of_before_does_nothing_to_texts() -> None:
    stage = TextStage.load(GOLDEN / "run" / "text")
    assert stage.writing == AS_IT_STANDS
    assert stage.segment("go\u200bod") == ["go", "\u200b", "od"]
    results = json.loads((GOLDEN / "run" / "results.json").read_text("utf-8"))
    assert stage_hash(stage) == results["data"]["text_stage"]


def test_a_stage_that_does_nothing_is_saved_as_before(tmp_path: Path) -> None:
    fitted(AS_IT_STANDS).save(tmp_path)
    values = json.loads((tmp_path / "stage.json").read_text("utf-8"))
    assert not {"clean", "script", "user_dict"} & set(values)
    assert not (tmp_path / "user_dict.txt").exists()


def test_for_chinese_alone() -> None:
    for writing in (Writing(script="simplified"), Writing(dictionary=WORDS)):
        with pytest.raises(InputError, match="expected Chinese texts for --"):
            TextStage.fit(["good food"], "en", dim=2, writing=writing)


STAGE, PLAIN = fitted(), fitted(AS_IT_STANDS)


def test_pieces_are_of_the_text_itself() -> None:
    assert STAGE.pieces(TEXTS[2]) == ["味道", "不\u200b錯", "，", "麻辣香鍋", "１０", "分"]
    assert PLAIN.pieces(TEXTS[2]) == PLAIN.segment(TEXTS[2])


LETTERS = [*"這個酒店服務乾隆很好ＷiF１０．５%，！ \n", "\u200b", "\ufe0f", "İ"]


@given(st.lists(st.sampled_from(LETTERS)))
def test_pieces_lie_in_the_text_one_after_the_other(letters: list[str]) -> None:
    text = "".join(letters)
    pieces, words = STAGE.pieces(text), STAGE.segment(text)
    if "İ" not in text:  # which has two characters in lower case
        assert len(pieces) == len(words)
        assert [STAGE.writing.apply(p, "zh").lower() for p in pieces if len(p) == 1] == [
            w for w, p in zip(words, pieces, strict=True) if len(p) == 1
        ]
    if STAGE.writing.apply(text, "zh") != text:
        cursor = 0
        for piece in pieces:
            cursor = text.index(piece, cursor) + len(piece)
    found, gaps = locate_words(text, pieces)  # as an attack takes them
    assert "".join(g + w for g, w in zip(gaps, [*found, ""], strict=True)) == text
    if "İ" not in text:
        assert [w.lower() for w in found] == [
            p.lower() for p in pieces if any(c.isalnum() for c in p)
        ]
