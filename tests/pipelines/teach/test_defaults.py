"""What is filled in by the number of texts and their lengths."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from snnconvert.pipelines.settings.teach import TeachSettings
from snnconvert.pipelines.teach.defaults import teach_defaults


def chosen(texts: int, lengths: list[int] | None = None, **own: int) -> tuple[int, int]:
    """(epochs, tokens)."""
    found = teach_defaults(TeachSettings(**own), texts, lengths or [20])
    assert found.epochs is not None and found.max_tokens is not None
    return found.epochs, found.max_tokens


def test_worked_out() -> None:
    assert chosen(6920) == (3, 128)  # 217 steps an epoch
    assert chosen(33_000) == (2, 128)
    assert chosen(1600) == (3, 128)  # 50 steps, three times
    assert chosen(480) == (10, 128)  # 15 steps, ten times
    assert chosen(60) == (10, 128)  # never more often
    assert chosen(60, epochs=2) == (2, 128)


def test_long_texts_are_read_further() -> None:
    assert chosen(100, [256] * 10 + [20] * 90)[1] == 128
    assert chosen(100, [256] * 11 + [20] * 89)[1] == 256
    assert chosen(100, [256] * 100, max_tokens=64)[1] == 64


@given(st.integers(1, 10**6), st.integers(1, 128))
def test_steps_enough_whatever_the_size(texts: int, batch: int) -> None:
    epochs, _ = chosen(texts, batch_size=batch)
    steps = epochs * math.ceil(texts / batch)
    assert 2 <= epochs <= 10 and (steps >= 150 or epochs == 10)
