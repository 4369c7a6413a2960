"""Traditional and simplified characters: golden texts, other scripts told, offsets kept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snnconvert.text.datasets.dataset import load_dataset
from snnconvert.text.stages.other_script import WORTH, other_script
from snnconvert.text.writing.script import script_of, to_script, traditional_share

GOLDEN = [
    ("這個酒店的服務很好", "这个酒店的服务很好"),
    ("頭髮很長，發展很快", "头发很长，发展很快"),
    ("這些頭髮後面", "这些头发后面"),
    ("好吃的臺灣麵，裡面乾淨", "好吃的台湾面，里面干净"),
    ("乾隆年間的麵條", "乾隆年间的面条"),
    ("看著這裡的著作，怎麼樣", "看着这里的著作，怎么样"),  # as Taiwan writes
    ("看着這裏的著作，衞生", "看着这里的著作，卫生"),  # as Hong Kong writes
]
REVIEWS = load_dataset("builtin-zh").train.texts
TRADITIONAL = [to_script(text, "traditional") for text in REVIEWS]
NOT_TWICE = set("薴苧苎")  # OpenCC's own dictionary maps the first to the second and that on
CHINESE = st.text(
    alphabet=st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF).filter(
        lambda c: c not in NOT_TWICE
    )
)


@pytest.mark.parametrize(("traditional", "simplified"), GOLDEN)
def test_golden(traditional: str, simplified: str) -> None:
    assert to_script(traditional, "simplified") == simplified
    assert to_script(simplified, "simplified") == simplified
    assert to_script(traditional, "keep") == traditional
    assert script_of(traditional) == "traditional" and script_of(simplified) == "simplified"


def test_phrases_decide_between_counterparts() -> None:
    assert to_script("头发发展皇后后面", "traditional") == "頭髮發展皇后後面"


@given(st.text(), st.sampled_from(["simplified", "traditional"]))
def test_a_character_for_a_character(text: str, script: str) -> None:
    assert len(to_script(text, script)) == len(text)


@given(CHINESE)
def test_single_characters_are_simplified_once(text: str) -> None:
    for character in text:
        once = to_script(character, "simplified")
        assert to_script(once, "simplified") == once


def test_simplified_texts_stay() -> None:
    for text in ("好吃么？什么么", "著名的著作", "老幺"):
        assert to_script(text, "simplified") == text


def test_japanese_is_of_neither() -> None:
    japanese = ["古いファイルの削除中です", "書き込み権限がありません", "圖書", "有効", "検索する"]
    assert traditional_share(japanese) is None
    assert traditional_share([*["服務很好", "服务很好"] * 20, "好の東西"]) == 21 / 41


@pytest.mark.parametrize("config", ["s2t", "s2tw", "s2hk"])
def test_there_and_back(config: str) -> None:
    from opencc import OpenCC

    converter = OpenCC(config)
    same = sum(to_script(converter.convert(text), "simplified") == text for text in REVIEWS)
    assert same > 0.97 * len(REVIEWS)


def test_lone_surrogates_and_zero_bytes() -> None:
    assert to_script("這\ud800\x00這", "simplified") == "这\ufffd\x00这"


@pytest.mark.parametrize("text", ["", "good food", "好吃", "，。！", "１２"])
def test_what_tells_nothing(text: str) -> None:
    assert script_of(text) == "" and traditional_share([text]) is None


@pytest.mark.parametrize("size", [3, 6, 100])
@pytest.mark.parametrize("config", ["s2t", "s2tw", "s2twp", "s2hk", "s2hkp"])
def test_scripts_are_told_from_few_characters(size: int, config: str) -> None:
    """Also as Hong Kong and Taiwan write, and in their words."""
    from opencc import OpenCC

    converter = OpenCC(config)
    theirs = [converter.convert(text)[:size] for text in REVIEWS]
    assert (traditional_share([text[:size] for text in REVIEWS]) or 0.0) < 0.01
    assert (traditional_share(theirs) or 0.0) > 0.98


@pytest.mark.parametrize("share", [0.0, 0.05, 0.3, 0.9, 1.0])
@pytest.mark.parametrize("theirs", ["simplified", "traditional"])
def test_a_mixture_is_told_by_its_share(share: float, theirs: str) -> None:
    """The k-th text is traditional where a step of ``share`` passes a whole number there."""
    texts = [
        [t if int((k + 1) * share) > int(k * share) else s]
        for k, (s, t) in enumerate(zip(REVIEWS, TRADITIONAL, strict=True))
    ]
    words = [to_script(word, theirs) for word in ("这个", "服务", "味道", "好吃", "房间")]
    found, warning = other_script(texts, words, "file.txt")
    assert found == pytest.approx(share if theirs == "simplified" else 1 - share, abs=0.02)
    assert bool(warning) == (found >= WORTH)
    if warning:
        assert f"--script {theirs}" in warning and "\n" not in warning


def test_vectors_of_both_scripts_or_of_none_say_nothing() -> None:
    assert other_script([["這個"]], ["这个", "這個"], "file.txt") == (0.0, "")
    assert other_script([["這個"]], ["好", "吃"], "file.txt") == (0.0, "")
    assert other_script([["好吃"]], ["这个"], "file.txt") == (0.0, "")
