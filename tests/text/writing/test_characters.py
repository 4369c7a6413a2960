"""Invisible and full-width characters: golden texts, and what holds for every text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snnconvert.attacks.candidates.glyphs import alike
from snnconvert.errors import InputError
from snnconvert.text.writing.characters import narrow, visible, visible_places
from snnconvert.text.writing.writing import Writing

INVISIBLE = [
    *("\u200b", "\u200c", "\u200d", "\ufeff", "\u00ad", "\u2060", "\ufe0f", "\u200e", "\u202e"),
]
GOLDEN = [
    ("en", "none", "go\u200bod", "go\u200bod"),
    ("en", "invisible", "\ufeffgo\u200bod fo\u00adod ❤\ufe0f", "good food ❤"),
    ("en", "invisible", "Ｇｏｏｄ！", "Ｇｏｏｄ！"),
    ("en", "all", "Ｇｏ\u200bｏｄ！（１０％）", "Good!(10%)"),
    ("en", "all", "½ … ﬁ ² 𝐚 café", "½ … ﬁ ² 𝐚 café"),  # NFKC would rewrite all but the last
    ("zh", "invisible", "很\u200b好，ＯＫ", "很好，ＯＫ"),
    ("zh", "all", "ＷｉＦｉ很快，１０．５％！（好）．．．", "WiFi很快，10.5%！（好）．．．"),
    ("zh", "all", "第１．好；第２．坏", "第1．好；第2．坏"),
]
HARD = st.text(
    alphabet=st.one_of(
        st.characters(),
        st.sampled_from([*INVISIBLE, *"ＡｚＺ０９．％！，。aA1.%!,", "這", "乾", "发"]),
    )
)


@pytest.mark.parametrize(("language", "clean", "text", "made"), GOLDEN)
def test_golden(language: str, clean: str, text: str, made: str) -> None:
    assert Writing(clean).apply(text, language) == made


@pytest.mark.parametrize("character", INVISIBLE)
def test_each_invisible_character_goes(character: str) -> None:
    assert visible(f"a{character}b") == "ab"


@given(HARD, st.sampled_from(["en", "zh"]), st.sampled_from(["none", "invisible", "all"]))
def test_twice_is_once(text: str, language: str, clean: str) -> None:
    once = Writing(clean).apply(text, language)
    assert Writing(clean).apply(once, language) == once


@given(HARD, st.sampled_from(["en", "zh"]))
def test_every_character_has_its_place(text: str, language: str) -> None:
    made = Writing("all").apply(text, language)
    places = visible_places(text)
    assert len(places) == len(made) and places == sorted(set(places))
    for character, at in zip(made, places, strict=True):
        assert character in (narrow(text[at], language), ".") and visible(text[at])


@given(st.text(alphabet=st.characters(max_codepoint=127)))
def test_plain_texts_stay(text: str) -> None:
    for language in ("en", "zh"):
        assert Writing("all").apply(text, language) == text


def test_what_is_done_unasked_undoes_no_attack_of_ours() -> None:
    """Or their figures would say what the clean-up is worth, not the network."""
    for character, others in alike().items():
        for text in (character, *others):
            assert Writing("all").apply(text, "zh") == text


def test_letters_that_an_attack_swaps_stay_in_english(nltk_data: None) -> None:
    from snnconvert.attacks.candidates.homoglyphs import homoglyph_swap

    table = homoglyph_swap().homos
    assert len(table) > 30
    assert [v for v in table.values() if Writing("invisible").apply(v, "en") != v] == []
    # with all it would be otherwise, which is why that is not done unasked
    assert [v for v in table.values() if Writing("all").apply(v, "en") != v] == ["ｍ"]


@pytest.mark.parametrize("bad", [{"clean": "some"}, {"script": "cursive"}])
def test_unknown_names(bad: dict[str, str]) -> None:
    with pytest.raises(InputError, match=f"expected {next(iter(bad))} to be of"):
        Writing(**bad)  # type: ignore[arg-type]


def test_counts_of_changed_texts() -> None:
    texts = ["plain", "味道很好", "味道\u200b很好", "ＯＫ", "\ufeffＯＫ這", "這個"]
    assert Writing("all", "simplified").changed(texts, "zh") == {
        "texts": 4,
        "invisible": 2,
        "wide": 2,
        "script": 2,
    }
    assert Writing().changed(texts, "zh")["texts"] == 0
