"""Repeated texts: against counting every pair, and worked by hand."""

from __future__ import annotations

from dataclasses import asdict

from hypothesis import given
from hypothesis import strategies as st

from snnconvert.text.datasets.repeats import count_repeats, repeat_key

rows = st.lists(
    st.tuples(st.sampled_from(["a b", "A  b", "ａ\tB ", "c", "d", "e"]), st.integers(0, 2)),
    max_size=12,
)


def plain(text: str) -> str:
    """The same by hand, for the letters of these tests."""
    return " ".join(text.replace("ａ", "a").lower().split())


@given(st.tuples(rows, rows, rows))
def test_as_every_pair_of_texts_says(parts: tuple[list[tuple[str, int]], ...]) -> None:
    drawn = dict(zip(("train", "dev", "test"), parts, strict=True))
    found = count_repeats({n: ([t for t, _ in r], [k for _, k in r]) for n, r in drawn.items()})
    for name, own in drawn.items():
        again = [
            [other for j, other in enumerate(own) if j != i and plain(other[0]) == plain(text)]
            for i, (text, _) in enumerate(own)
        ]
        assert found.within[name].texts == sum(map(bool, again))
        # a class of equal texts is torn where any two of it disagree, its own label among them
        torn = [{k for _, k in others} | {own[i][1]} for i, others in enumerate(again) if others]
        assert found.within[name].other_label == sum(len(labels) > 1 for labels in torn)
    assert list(found.between) == ["train-dev", "train-test", "dev-test"]
    for pair, counted in found.between.items():
        first, second = (drawn[name] for name in pair.split("-"))
        there = [
            (label, {k for t, k in first if plain(t) == plain(text)}) for text, label in second
        ]
        assert counted.texts == sum(bool(labels) for _, labels in there)
        assert counted.other_label == sum(bool(labels - {label}) for label, labels in there)


def test_what_texts_may_differ_in() -> None:
    same = ["Ｇood  room", "good room", " GOOD\u3000room\n", "good\troom"]
    assert len(set(map(repeat_key, same))) == 1
    for other in ("good rooms", "goodroom", "good, room", "g\u00f6od room"):
        assert repeat_key(other) != repeat_key("good room")
    repeat_key("half a pair \ud83d")  # as files of odd encodings have them


def test_nothing_repeated() -> None:
    found = asdict(count_repeats({"train": (["a", "b"], [0, 1]), "test": (["c"], [0])}))
    none = {"texts": 0, "other_label": 0}
    assert found["within"] == {"train": none, "test": none}
    assert found["between"] == {"train-test": none}
