"""Altered copies: what is done to them, how often, and that the seed decides all of it."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snnconvert.pipelines.teach.augment import MASK, LikeWords, Shares, augmented
from snnconvert.text.segment import segment

TEXTS = ["one of the best films", "this was not a good film at all", "fine", "a good one"]
ZH = ["这家的菜很好吃", "送餐太慢", "味道不错"]
words = st.lists(
    st.sampled_from(["one", "two", "three", "four", "five", "six"]), min_size=1, max_size=12
)


def copies(texts: list[str], shares: Shares, seed: int = 0, count: int = 1, language: str = "en"):
    return list(augmented(texts, language, count, shares, Random(seed)))


@given(own=words, seed=st.integers(0, 99))
@settings(max_examples=40)
def test_where_nothing_is_drawn_one_word_is_masked(own: list[str], seed: int) -> None:
    found = copies([" ".join(own)], Shares(0, 0, 0), seed)
    if len(own) == 1:
        assert found == []  # a text of masks alone
        return
    [(text, way)] = found
    changed = [(a, b) for a, b in zip(own, text.split(), strict=True) if a != b]
    assert way == "mask" and [b for _, b in changed] == [MASK]


@given(own=words, seed=st.integers(0, 99))
@settings(max_examples=40)
def test_an_ngram_is_one_to_five_words_in_a_row(own: list[str], seed: int) -> None:
    for text, way in copies([" ".join(own)], Shares(0, 0, 1), seed, 3):
        got = text.split()
        assert way == "ngram" and 1 <= len(got) <= min(5, len(own) - 1)
        assert any(own[i : i + len(got)] == got for i in range(len(own)))


def test_words_are_replaced_by_others_of_like_count_and_shape() -> None:
    counts = Counter(
        {"playing": 5, "acting": 4, "rarely": 5, "film": 6, "a": 70, "the": 90, "7": 2}
    )
    like, random = LikeWords(counts, "en"), Random(0)
    assert {like.other("playing", random) for _ in range(20)} == {"acting"}
    assert {like.other("the", random) for _ in range(20)} == {"a"}
    for alone in ("rarely", "film", "7"):
        assert like.other(alone, random) == alone
    text = "the playing film"
    found = copies([text, "a acting rarely"], Shares(0, 1, 0))
    assert ("the acting film", "replace") in found or len(found) == 2
    for copy, way in found:
        assert way in ("replace", "mask") and copy not in (text, "a acting rarely")


def test_shares_are_met() -> None:
    own = [" ".join(["one"] * 50 + ["two"] * 50)] * 50
    masked = [text.split() for text, _ in copies(own, Shares(0.2, 0, 0))]
    share = sum(text.count(MASK) for text in masked) / sum(map(len, masked))
    assert share == pytest.approx(0.2, abs=0.02)  # 5,000 draws: three standard deviations
    ways = Counter(way for _, way in copies(own, Shares(0.2, 0, 0.25), count=20))
    assert ways["ngram"] / 1000 == pytest.approx(0.25, abs=0.05)


def test_the_seed_decides() -> None:
    shares = Shares()
    assert copies(TEXTS, shares, 3, 4) == copies(TEXTS, shares, 3, 4)
    assert copies(TEXTS, shares, 3, 4) != copies(TEXTS, shares, 4, 4)


def test_chinese_is_cut_by_the_segmenter_and_joined_without_spaces() -> None:
    found = copies(ZH, Shares(0.3, 0.3, 0.3), 1, 6, "zh")
    assert found and all(" " not in text for text, _ in found)
    for text, way in copies(ZH, Shares(0, 0, 0), 0, 1, "zh"):
        assert way == "mask" and text.count(MASK) == 1
        assert MASK in segment(text, "zh")  # a word of its own, which no text stage knows
