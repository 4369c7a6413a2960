"""Paired bootstrap over seeds and texts: what a difference or a ratio of two networks is worth."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

DRAWS = 2000
LEVELS = (0.025, 0.975)
Compare = Callable[[np.ndarray, np.ndarray], np.ndarray]


def points(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """How much more right than left is, in points."""
    return 100 * (right - left)


def times(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """How many times right is in left; infinite where right is nothing."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return left / right


def paired(left: np.ndarray, right: np.ndarray, compare: Compare) -> dict[str, float] | None:
    """A comparison of means and its 95 % interval.

    The same seeds and the same texts are drawn of both, with replacement; of one seed, texts
    alone, so that the interval is of that one training.

    Args:
        left: (S, N), figures of N texts by one network of S seeds
        right: the other's, of the same texts and seeds
        compare: of the two means

    Returns:
        ``value``, ``low`` and ``high``; None where a draw has no finite one, as a ratio to nothing.
    """
    random = np.random.default_rng(0)
    seeds, texts = left.shape
    draws = np.empty((2, DRAWS))
    for number in range(DRAWS):
        of_seeds = random.integers(0, seeds, seeds)
        of_texts = random.integers(0, texts, texts)
        chosen = np.ix_(of_seeds, of_texts)
        draws[:, number] = left[chosen].mean(), right[chosen].mean()
    drawn, value = compare(draws[0], draws[1]), compare(left.mean(), right.mean())
    if not np.isfinite([*drawn, value]).all():
        return None
    low, high = np.quantile(drawn, LEVELS)
    return {"value": float(value), "low": float(low), "high": float(high)}


def between_seeds(left: Sequence[float], right: Sequence[float]) -> dict[str, float]:
    """The mean of how much more right is than left, and the least and the largest of the seeds."""
    own = points(np.array(left), np.array(right))
    return {"value": float(own.mean()), "low": float(own.min()), "high": float(own.max())}


def of_seeds(left: np.ndarray, right: np.ndarray) -> dict[str, float]:
    """A ratio of sums over seeds, and the least and the largest of the seeds' own."""
    own = left / right
    value = float(left.sum() / right.sum())
    return {"value": value, "low": float(own.min()), "high": float(own.max())}
