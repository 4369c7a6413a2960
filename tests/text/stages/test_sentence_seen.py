"""Vectors of a sentence encoder are made once for each text."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from snnconvert.text.stages.sentence.seen import Seen

ROW = 8  # bytes of a vector of two float32


class Counting:
    """An encoder that counts what it is asked: length, and first letter."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, texts) -> np.ndarray:
        self.asked += texts
        return np.array([[len(t), ord(t[0]) if t else 0] for t in texts], np.float32)


@given(
    st.lists(st.lists(st.text("ab", max_size=2), min_size=1, max_size=6), min_size=1, max_size=8),
    st.integers(0, 5),
)
def test_they_are_those_of_the_encoder_however_few_are_kept(batches, kept):
    seen, encoder = Seen(kept * ROW), Counting()
    for texts in batches:
        np.testing.assert_array_equal(seen.vectors(texts, encoder), Counting()(texts))
        assert len(seen) <= kept


def test_a_text_is_encoded_once():
    seen, encoder = Seen(), Counting()
    seen.vectors(["a", "b", "a"], encoder)
    seen.vectors(["b", "c"], encoder)
    assert encoder.asked == ["a", "b", "c"]


def test_what_was_not_asked_for_the_longest_goes_first():
    seen, encoder = Seen(2 * ROW), Counting()
    for texts in (["a"], ["b"], ["a"], ["c"], ["a"], ["b"]):
        seen.vectors(texts, encoder)
    assert encoder.asked == ["a", "b", "c", "b"]


def test_another_way_to_make_them_has_its_own():
    seen, encoder = Seen(), Counting()
    seen.vectors(["a"], encoder, "whole")
    seen.vectors(["a"], encoder, "begun")
    assert encoder.asked == ["a", "a"]


def test_callers_may_change_what_they_get():
    seen, encoder = Seen(), Counting()
    seen.vectors(["a", "b"], encoder)[:] = 0
    np.testing.assert_array_equal(seen.vectors(["b"], encoder), Counting()(["b"]))


def test_threads_may_share_it():
    seen, encoder = Seen(3 * ROW), Counting()
    batches = [[f"{letter}{number % 5}" for letter in "abc"] for number in range(400)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda texts: seen.vectors(texts, encoder), batches))
    for texts, rows in zip(batches, found, strict=True):
        np.testing.assert_array_equal(rows, Counting()(texts))
    assert len(seen) <= 3
