"""How many words of a text are read where nothing is said of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snnconvert.text.datasets.dataset import Split
from snnconvert.text.stages.length import MOST, USUAL, are_long, usual_length
from snnconvert.text.stages.words import TextStage


def texts(*lengths: int) -> list[str]:
    return [" ".join(["word"] * length) for length in lengths]


def test_short_texts_are_read_as_ever() -> None:
    assert usual_length(texts(*[20] * 9, 5000), str.split) == USUAL  # one long text of ten
    assert usual_length(texts(*[256] * 3), str.split) == USUAL
    assert usual_length([], str.split) == usual_length([""], str.split) == USUAL


def test_nine_of_ten_long_texts_are_read_whole() -> None:
    assert usual_length(texts(*range(100, 1100, 100)), str.split) == 960  # 900, in steps of 64
    assert usual_length(texts(*[257] * 3), str.split) == 320
    assert usual_length(texts(*[300] * 8, 3000, 3000), str.split) == MOST


def test_a_thousand_texts_of_many_are_looked_at() -> None:
    seen: list[str] = []
    assert usual_length(["a b"] * 5000, lambda text: seen.append(text) or text.split()) == USUAL
    assert len(seen) == 1000


@given(st.lists(st.integers(0, 1500), min_size=1, max_size=40))
def test_it_covers_nine_tenths_or_is_at_a_bound(lengths: list[int]) -> None:
    most = usual_length(texts(*lengths), str.split)
    whole = sum(length <= most for length in lengths)
    assert USUAL <= most <= MOST and most % 64 == 0
    assert most == MOST or whole >= 0.9 * len(lengths)
    assert most == USUAL or sum(length <= most - 64 for length in lengths) < 0.9 * len(lengths)


@pytest.mark.parametrize(
    ("lengths", "most", "long"),
    [
        ([300] * 2 + [9] * 8, 256, True),
        ([300] + [9] * 9, 256, False),  # one of ten
        ([256] * 10, 256, False),
        ([300] * 10, 320, True),
        ([300] * 10, 255, False),  # read as short ones
    ],
)
def test_texts_are_long_where_more_than_a_tenth_are(
    lengths: list[int], most: int, long: bool
) -> None:
    split = Split(texts(*lengths), [0] * 10)
    stage, _ = TextStage.fit(split, "en", "random", dim=2, max_length=most)
    assert are_long(stage, 10) == long
