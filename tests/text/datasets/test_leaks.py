"""Leaks: each kind by hand, disguises, against comparing every pair, and counts of real data."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snnconvert.errors import InputError
from snnconvert.text.datasets.dataset import load_dataset
from snnconvert.text.datasets.leaks import LEAST_WORDS, RUN_BOUNDS, Leaks, without_leaks
from snnconvert.text.datasets.overlap.keys import plain_text

TEST = "an utterly charming film that never quite finds its feet , but do n't miss it"
CHINESE = "酒店位置很好，服务态度也不错，就是房间的隔音太差了。"
ORDER = ("equal", "contains", "part", "shared", "repeated", "kept")


def kind_of(text: str, held_out: str = TEST, language: str = "en") -> str:
    """Under what one text is counted."""
    kept, leaks = without_leaks([text], [held_out], language)
    assert kept == [0] * leaks.kept
    return next(name for name, count in leaks.to_dict().items() if count)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (TEST.upper(), "equal"),
        ("An utterly charming film that never quite finds its feet, but don't miss it!", "equal"),
        (TEST.replace(" ", ""), "equal"),
        ("  ".join(TEST), "equal"),
        ("".join(chr(ord(c) + 0xFEE0) if "!" < c < "~" else c for c in TEST), "equal"),
        (TEST.replace("film", "f\u00adi\u200blm").replace("utterly", "utt\u00e9rly"), "equal"),
        (TEST.replace(" but", "<br /> but").replace("do n't", "don&#39;t"), "equal"),
        (f"we went to see it twice: {TEST.title()} - says a friend", "contains"),
        ("utterly charming FILM, that", "part"),
        ("finds its feet, but don't miss it", "part"),
        ("charming film that", "kept"),  # three words
        ("an utterly charming song", "kept"),
        ("I say: an utterly charming film that never quite finds an end", "shared"),
        ("I say: an utterly charming film that now finds its feet , but not I", "kept"),
    ],
)
def test_each_kind(text: str, kind: str) -> None:
    assert kind_of(text) == kind


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("酒店 位置 很好 服务 态度 也 不错 就是 房间 的 隔音 太差 了", "equal"),
        ("酒店位置很好，服務態度也不錯，就是房間的隔音太差了！", "equal"),
        (f"总的来说，{CHINESE}下次不来了", "contains"),
        ("就是房间的隔音", "part"),
        ("就是房间的", "kept"),
        ("早餐很好，服务态度也不错，就是房间的隔音还行", "shared"),
    ],
)
def test_chinese(text: str, kind: str) -> None:
    assert kind_of(text, CHINESE, "zh") == kind


def test_phrases_of_the_language_count_only_where_they_are_equal() -> None:
    kept, leaks = without_leaks(["A good film!", "what a good film it is"], ["a good film"], "en")
    assert kept == [1]
    assert leaks == Leaks(equal=1, kept=1)


def test_repeats_and_texts_without_letters() -> None:
    texts = ["fine", "Fine.", ":-)", ":-(", ": - )", "", " "]
    assert without_leaks(texts, [":-("], "en") == ([0, 2, 5], Leaks(equal=1, repeated=3, kept=3))


def test_what_is_said() -> None:
    assert str(Leaks(kept=3)) == "3 texts kept, none left out"
    with pytest.raises(InputError, match="unknown language"):
        without_leaks([], [], "fr")


def by_pairs(texts: list[str], held: list[str], language: str) -> list[str]:
    """The rule once more, every text with every held-out one, by Python's own ``in``."""
    own, others = ([plain_text(t, language) for t in some] for some in (texts, held))
    least, bounds = LEAST_WORDS[language], RUN_BOUNDS[language]
    found, seen = [], set()
    for one in own:
        runs = {
            other.key: any(
                one.key[i : i + bounds.of(len(other.key))] in other.key
                for i in range(len(one.key) - bounds.of(len(other.key)) + 1)
            )
            for other in others
        }
        holds = (
            any(one.key == other.key for other in others),
            any(other.words >= least and other.key in one.key for other in others),
            one.words >= least and any(one.key in other.key for other in others),
            any(runs.values()),
            one.key in seen,
            True,
        )
        seen.add(one.key)
        found.append(ORDER[holds.index(True)])
    return found


WORDS = st.lists(st.sampled_from(["a", "bad", "film", "Good", "it", ",", "very"]), max_size=26)
CHARACTERS = st.text("好坏酒店。 ", max_size=50)


@given(st.lists(WORDS.map(" ".join), max_size=8), st.lists(WORDS.map(" ".join), max_size=6))
def test_as_every_pair_of_english_texts_says(texts: list[str], held: list[str]) -> None:
    check(texts, held, "en")


@given(st.lists(CHARACTERS, max_size=8), st.lists(CHARACTERS, max_size=6))
def test_as_every_pair_of_chinese_texts_says(texts: list[str], held: list[str]) -> None:
    check(texts, held, "zh")


def check(texts: list[str], held: list[str], language: str) -> None:
    kept, leaks = without_leaks(texts, held, language)
    kinds = by_pairs(texts, held, language)
    assert kept == [i for i, kind in enumerate(kinds) if kind == "kept"]
    assert leaks.to_dict() == {name: kinds.count(name) for name in ORDER}
    again = without_leaks([texts[i] for i in kept], held, language)
    assert again == (list(range(len(kept))), Leaks(kept=len(kept)))


def test_planted_among_many() -> None:
    """More letters than are looked at together, on both sides."""
    held = [f"the {i} th of the long held out texts has {i * i} words in it" for i in range(9000)]
    texts = [f"number {i} says nothing of what stands in {i * 7}" for i in range(9000)]
    planted = {17: held[8999].upper(), 4000: f"so {held[0]} or not", 8998: held[5000][4:33]}
    for at, text in planted.items():
        texts[at] = text
    kept, leaks = without_leaks(texts, held, "en")
    assert sorted(set(range(9000)) - set(kept)) == sorted(planted)
    assert leaks == Leaks(equal=1, contains=1, part=1, kept=8997)


@pytest.mark.data
def test_counts_of_real_data(shared) -> None:
    """Sentences that MR and the treebank share, counted before by other code."""
    mr, sst2, sst5 = (load_dataset(name, shared / "data") for name in ("mr", "sst2", "sst5"))
    every = [*mr.train.texts, *mr.dev.texts, *mr.test.texts]
    assert without_leaks(sst2.test.texts, every, "en")[1].equal == 1496
    counts = [
        without_leaks(mr.test.texts, sst5.split(name).texts, "en")[1].equal
        for name in ("train", "dev", "test")
    ]
    assert counts == [670, 96, 182]
