"""When a classifier is at chance: exact values, false alarms both ways, unequal classes."""

from __future__ import annotations

from math import comb, factorial, prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from snnconvert.engine.chance import LEVEL, chance_figures, independence_p, perfect_p

TRIALS = 1000


def table(labels: np.ndarray, answers: np.ndarray, classes: int) -> list[list[int]]:
    matrix = np.zeros((classes, classes), int)
    np.add.at(matrix, (labels, answers), 1)
    return matrix.tolist()


def flagged(classes: list[float], answers: list[float], texts: int, known: float, trials: int):
    """Share of simulated classifiers at chance.

    Args:
        classes: probability of each class
        answers: of each answer that is guessed
        texts: how many
        known: probability that a text is answered rightly without guessing
        trials: how many classifiers
    """
    random = np.random.default_rng(5)
    hits = 0
    for _ in range(trials):
        labels = random.choice(len(classes), texts, p=classes)
        found = random.choice(len(classes), texts, p=answers)
        found = np.where(random.random(texts) < known, labels, found)
        hits += chance_figures(table(labels, found, len(classes)))["at_chance"] is True
    return hits / trials


def test_exact_values() -> None:
    # 52 of 52 right, 2 of them of the small class: one arrangement of C(52, 2)
    assert chance_figures([[50, 0], [0, 2]]) == {
        "at_chance": False,
        "chance_p": pytest.approx(1 / comb(52, 2)),
    }
    # the tea of Fisher's lady: 3 of 4 right gives 17/70
    assert chance_figures([[3, 1], [1, 3]])["chance_p"] == pytest.approx(17 / 70)
    assert chance_figures([[50, 0], [2, 0]]) == {"at_chance": True, "chance_p": 1.0}
    assert chance_figures([[0, 40], [0, 40]])["at_chance"] is True
    assert chance_figures([[0, 40], [40, 0]])["at_chance"] is True  # always wrong is no better


@pytest.mark.parametrize("matrix", [[[5, 0], [0, 0]], [[0, 0], [3, 9]], [[0]]])
def test_one_class_alone_tells_nothing(matrix: list[list[int]]) -> None:
    assert chance_figures(matrix) == {"at_chance": None, "chance_p": None}


@pytest.mark.parametrize("size", [2, 3, 4])
def test_too_few_texts_cannot_tell(size: int) -> None:
    """All of 2 x 4 right has p = 1/70, of 2 x 5 1/252; a constant answer is one all the same."""
    found = chance_figures([[size, 0], [0, size]])
    assert found == {"at_chance": None, "chance_p": pytest.approx(1 / comb(2 * size, size))}
    assert chance_figures([[size, 0], [size, 0]])["at_chance"] is True
    # right answers and wrong ones tell no more than right ones alone
    assert chance_figures([[1, size - 1], [size - 1, 1]])["at_chance"] is None
    assert chance_figures([[5, 0], [0, 5]])["at_chance"] is False
    assert chance_figures([[4, 1], [1, 4]])["at_chance"] is True


@given(st.lists(st.integers(0, 30), min_size=2, max_size=5))
def test_the_best_that_texts_can_show(sizes: list[int]) -> None:
    orders = factorial(sum(sizes)) / prod(factorial(size) for size in sizes)
    assert perfect_p(np.array(sizes)) == pytest.approx(1 / orders)


def test_three_classes_agree_with_two() -> None:
    """With an empty third class the random tables have Fisher's distribution."""
    two = np.array([[30, 20], [18, 32]])
    three = np.pad(two, (0, 1))
    assert independence_p(three) == pytest.approx(independence_p(two), abs=0.006)
    assert independence_p(three) == independence_p(three)  # no new draws


@pytest.mark.parametrize(
    ("classes", "answers", "texts"),
    [
        ([0.5, 0.5], [0.5, 0.5], 40),
        ([0.5, 0.5], [0.9, 0.1], 200),
        ([0.9, 0.1], [0.6, 0.4], 200),
        ([0.6, 0.4], [0.98, 0.02], 1000),
    ],
)
def test_guessing_seldom_passes_for_knowledge(
    classes: list[float], answers: list[float], texts: int
) -> None:
    """At most `LEVEL` of them, and what a thousand trials may be above it (3 deviations)."""
    passed = 1 - flagged(classes, answers, texts, 0.0, TRIALS)
    assert passed <= LEVEL + 3 * (LEVEL * (1 - LEVEL) / TRIALS) ** 0.5


def test_guessing_among_three_classes_seldom_passes() -> None:
    passed = 1 - flagged([0.5, 0.3, 0.2], [0.2, 0.3, 0.5], 100, 0.0, 300)
    assert passed <= LEVEL + 3 * (LEVEL * (1 - LEVEL) / 300) ** 0.5


@pytest.mark.parametrize(
    ("classes", "answers", "texts", "known"),
    [
        ([0.5, 0.5], [0.5, 0.5], 80, 0.7),  # 85 % right
        ([0.5, 0.5], [0.5, 0.5], 1000, 0.2),  # 60 % right
        ([0.96, 0.04], [1.0, 0.0], 500, 0.6),  # no more right than the large class and a bit
        ([0.2] * 5, [0.2] * 5, 200, 0.25),  # 40 % right
    ],
)
def test_knowledge_is_seldom_taken_for_guessing(
    classes: list[float], answers: list[float], texts: int, known: float
) -> None:
    assert flagged(classes, answers, texts, known, 200) <= 0.02


def test_nearly_always_one_class_is_at_chance_however_many_texts_show_it() -> None:
    """Four hits in ten thousand texts are significant, and of no use."""
    found = chance_figures([[9590, 10], [392, 8]])
    assert found["chance_p"] < LEVEL and found["at_chance"] is True
    # with more right than the largest class has, it is of some use
    found = chance_figures([[5990, 10], [3900, 100]])
    assert found["chance_p"] < LEVEL and found["at_chance"] is False


@given(st.lists(st.integers(0, 60), min_size=4, max_size=4))
def test_more_right_is_never_more_like_chance(cells: list[int]) -> None:
    """Two texts that swap a wrong answer for the right one keep all sums: p may only fall."""
    a, b, c, d = cells
    before = chance_figures([[a, b + 1], [c + 1, d]])["chance_p"]
    after = chance_figures([[a + 1, b], [c, d + 1]])["chance_p"]
    assert after <= before + 1e-12
