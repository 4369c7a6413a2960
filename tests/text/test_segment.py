"""Golden segmentations, and that no text can break a segmenter."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snnconvert.errors import InputError
from snnconvert.text.segment import guess_language, join, segment, segmenter

VECTORS_PATTERN = r"[a-z0-9]+(?:'[a-z]+)?|[^\sa-z0-9]"  # what ../embeddings/en.imdb was made with

ENGLISH = [
    ("", []),
    (" \t\n", []),
    ("It's a GOOD film!", ["it's", "a", "good", "film", "!"]),
    ("it 's good", ["it's", "good"]),
    ("they do n't care", ["they", "don't", "care"]),
    (
        "we 've , you 'll , i 'd , i 'm , they 're",
        ["we've", ",", "you'll", ",", "i'd", ",", "i'm", ",", "they're"],
    ),
    ("the 'master ' speaks", ["the", "'", "master", "'", "speaks"]),
    ("-LRB- a -RRB- n -lsb- b -rsb-", ["(", "a", ")", "n", "[", "b", "]"]),
    ("and \\/ or", ["and", "/", "or"]),
    ("`` sade '' covers", ['"', "sade", '"', "covers"]),
    ("one.<br /><br />Two<BR>three", ["one", ".", "two", "three"]),
    ("don’t “stop”", ["don't", '"', "stop", '"']),
    ("rock'n'roll 5'10", ["rock'n", "'", "roll", "5", "'", "10"]),
    ("snake_case", ["snake", "_", "case"]),
    ("café naïve", ["café", "naïve"]),
    ("cafe\u0301", ["café"]),
    ("great 👍👍 !", ["great", "👍", "👍", "!"]),
    ("ok\ud800", ["ok", "\ufffd"]),
    ("well-made ... film", ["well", "-", "made", ".", ".", ".", "film"]),
]

CHINESE = [
    ("", []),
    (" \u3000\n", []),
    ("味道很好，送餐也快！", ["味道", "很", "好", "，", "送餐", "也", "快", "！"]),
    ("WIFI 很快 OK", ["wifi", "很快", "ok"]),
    ("酒店房间干净", ["酒店", "房间", "干净"]),
]


@pytest.mark.parametrize(("text", "words"), ENGLISH)
def test_english_golden(text, words):
    assert segment(text, "en") == words


@pytest.mark.parametrize(("text", "words"), CHINESE)
def test_chinese_golden(text, words):
    assert segment(text, "zh") == words


@given(st.text(alphabet=st.characters(max_codepoint=127)))
def test_english_agrees_with_the_vectors_pattern_on_ascii(text):
    special = r"<br|-[lr][rsc]b-|\\/|``|''|\s(n't|'(s|re|ve|ll|d|m))"
    text = re.sub(special, "", text.lower())
    if re.search(special, text):
        return
    assert segment(text, "en") == re.findall(VECTORS_PATTERN, text.lower())


@given(st.text(), st.sampled_from(["en", "zh"]))
def test_words_never_hold_white_space_and_can_be_stored(text, language):
    for word in segment(text, language):
        assert word
        assert not re.search(r"\s", word)
        assert word.encode("utf-8")


@given(st.lists(st.text(alphabet="abcxyz0189", min_size=1), max_size=8))
def test_joined_words_segment_to_themselves(words):
    assert segment(join(words, "en"), "en") == words


def test_join_by_language():
    assert join(["a", "b"], "en") == "a b"
    assert join(["很", "好"], "zh") == "很好"


def test_jieba_says_nothing(capfd):
    segment("我们都很喜欢这家餐厅", "zh")
    out = capfd.readouterr()
    assert out.out == out.err == ""


@pytest.mark.parametrize(
    "call", [segmenter, lambda code: segment("a", code), lambda c: join([], c)]
)
def test_unknown_language_is_named(call):
    with pytest.raises(InputError, match=r"unknown language 'fr': expected en or zh"):
        call("fr")


def test_guess_language():
    assert guess_language(["很好吃", "OK"]) == "zh"
    assert guess_language(["nothing but English", "or a little 好"]) == "en"
    assert guess_language([]) == guess_language(["", "123 !"]) == "en"


PIECES = [
    "味道",
    "不错",
    "喜欢",
    "难吃死了",
    "的",
    "，",
    "。",
    " ",
    "\r\n",
    "A4纸",
    "3.5%",
    "😀",
    "ab-c",
    "㐀",
]


@given(st.lists(st.sampled_from(PIECES), max_size=30))
def test_blocks_are_cut_as_jieba_cuts_the_whole(pieces: list[str]):
    text = "".join(pieces)
    import jieba

    whole = [word.lower() for word in jieba.lcut(text) if not word.isspace()]
    assert segment(text, "zh") == whole
    assert segment(text, "zh") == whole  # from the cache
    long = "味道不错" * 60 + text  # a block that is not kept
    assert segment(long, "zh") == [w.lower() for w in jieba.lcut(long) if not w.isspace()]


def test_a_word_that_others_add_to_jieba_changes_nothing():
    """A saved model reads a text as the same words whatever else runs in the process."""
    import jieba

    words = segment("味道不错呀呀", "zh")
    assert "味道不错呀呀" not in words
    try:
        jieba.add_word("味道不错呀呀")
        assert jieba.lcut("味道不错呀呀") == ["味道不错呀呀"]
        assert segment("味道不错呀呀", "zh") == words
        assert segment("味道不错呀呀。", "zh") == [*words, "。"]  # not from what is kept
    finally:
        jieba.del_word("味道不错呀呀")
