"""Wall-clock times of a text, with a clock that the test turns."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from snnconvert.pipelines.quality.latency import BUDGET, MOST, cpu_name, timed


class Worker:
    """Needs ``start`` seconds for a call, and ``text`` for every text."""

    def __init__(self, start: float, text: float) -> None:
        self.start, self.text, self.now = start, text, 0.0
        self.calls: list[int] = []

    def answer(self, texts: Sequence[str]) -> None:
        self.calls.append(len(texts))
        self.now += self.start + self.text * len(texts)


def test_the_median_of_single_texts_and_a_share_of_a_batch() -> None:
    worker = Worker(0.0009, 0.0001)
    found = timed(worker.answer, ["a"] * MOST, lambda: worker.now)
    assert found["one"] == pytest.approx(0.001) and found["one_high"] == pytest.approx(0.001)
    assert (found["texts"], found["batch"]) == (MOST, MOST)
    assert found["batched"] == pytest.approx((0.0009 + 0.0001 * MOST) / MOST)


def test_a_slow_model_ends_in_bounded_time() -> None:
    worker = Worker(0.0, 0.1)
    found = timed(worker.answer, ["a"] * MOST, lambda: worker.now)
    assert found["texts"] == 3 and found["batch"] == 2
    # one call before the clock, texts until the budget is spent, batches likewise
    assert worker.now <= 2 * BUDGET + 4 * 0.1 + 1e-9


def test_a_model_slower_than_the_budget_is_still_timed() -> None:
    worker = Worker(0.0, 9.0)
    found = timed(worker.answer, ["a"] * MOST, lambda: worker.now)
    assert (found["texts"], found["batch"], found["batched"]) == (1, 1, pytest.approx(9.0))


def test_the_processor_has_a_name() -> None:
    assert cpu_name().strip(" ,")
