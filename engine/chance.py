"""Whether a classifier has learned anything, or is at chance or at the largest class's share."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEVEL = 0.01
"""A network that has learned nothing passes for one that has with at most this probability."""
LEAST_SKILL = 0.05
"""Balanced accuracy above chance, on a scale from 0 (chance) to 1, that is more than nothing."""
DRAWS = 1_999
"""Random tables for three and more classes."""
MOST_CELLS = 1 << 22
"""So many cells of random tables are held at a time."""


def chance_figures(confusion_matrix: Sequence[Sequence[int]]) -> dict[str, Any]:
    """Judge a classifier by its answers on texts that it was neither trained nor chosen on.

    It is at chance where one of two things holds.

    1. Its answers do not depend on the labels, as far as these texts can tell. Were it so, then,
       with the sizes of the classes (row sums) and the numbers of answers (column sums) as they
       are, every assignment of answers to texts would be equally likely, and the number right
       would be the trace of a random table with those sums. p is the probability of a trace as
       large as the one seen; the null hypothesis of Cohen's kappa = 0 (Cohen 1960). Two classes:
       Fisher's exact test, one-sided. More: `DRAWS` random tables, p = (1 + as large) /
       (1 + draws), which keeps the level (Phipson and Smyth 2010). p > `LEVEL` is chance.
       A constant answer has p = 1. A test of the accuracy against the largest class's share would
       miss what is learned of unequal classes: 52 of 52 texts right, 50 of them of one class,
       is no evidence against that share (p = 0.13), and is against independence (p = 0.0008).
    2. It nearly always answers one class: the balanced accuracy is hardly above chance
       ((b - 1/K) / (1 - 1/K) < `LEAST_SKILL`, K classes that occur), however many texts show that
       it is above, and the accuracy is not above the largest class's share. That is a sign test
       on the same texts: those of other classes that are right, against those of the largest
       class that are wrong; p > `LEVEL` is not above.

    So a classifier that has learned nothing is called one that has in at most one of a hundred
    cases. The other error depends on the number of texts. Where there are so few that even all of
    them right has p > `LEVEL` (sizes n_k of N texts: product of n_k! / N!), they cannot tell;
    that all answers are the same can be said even then.

    Args:
        confusion_matrix: K rows of true classes with K counts of answers

    Returns:
        ``at_chance``, None where the texts cannot tell, and ``chance_p`` of the first test, None
        where fewer than two classes occur.
    """
    matrix = np.asarray(confusion_matrix, dtype=np.int64)  # (K, K)
    texts = matrix.sum(axis=1)  # (K,)
    if np.count_nonzero(texts) < 2:
        return {"at_chance": None, "chance_p": None}
    p = independence_p(matrix)
    constant = skill(matrix) < LEAST_SKILL and larger_p(matrix) > LEVEL
    # of few texts the skill of answers that differ is 0 often enough: one of two right, of each
    one_answer = matrix.sum(axis=0).max() == texts.sum()
    told = one_answer or perfect_p(texts) <= LEVEL
    return {"at_chance": bool(p > LEVEL or constant) if told else None, "chance_p": p}


def perfect_p(texts: NDArray[np.int64]) -> float:
    """The p of independence where all texts are right, from the sizes (K,) of the classes."""
    log = sum(math.lgamma(size + 1) for size in texts.tolist()) - math.lgamma(texts.sum() + 1)
    return math.exp(log)


def independence_p(matrix: NDArray[np.int64]) -> float:
    """Probability of as many right, were the answers independent of the labels; of (K, K)."""
    from scipy import stats

    classes = len(matrix)
    if classes == 2:
        return float(stats.fisher_exact(matrix, alternative="greater").pvalue)
    table = stats.random_table(
        matrix.sum(axis=1), matrix.sum(axis=0), seed=np.random.default_rng(0)
    )
    as_large, least = 0, np.trace(matrix)
    together = max(1, MOST_CELLS // classes**2)
    for begin in range(0, DRAWS, together):
        tables = table.rvs(min(together, DRAWS - begin))  # (R, K, K)
        as_large += int((np.trace(tables, axis1=1, axis2=2) >= least).sum())
    return (1 + as_large) / (1 + DRAWS)


def skill(matrix: NDArray[np.int64]) -> float:
    """Balanced accuracy, 0 at chance and 1 where all is right; of (K, K), two classes or more."""
    texts = matrix.sum(axis=1)
    there = texts > 0
    balanced = float((matrix.diagonal()[there] / texts[there]).mean())
    chance = 1 / int(there.sum())
    return (balanced - chance) / (1 - chance)


def larger_p(matrix: NDArray[np.int64]) -> float:
    """One-sided p of a sign test: more right than by always answering the largest class."""
    from scipy.stats import binomtest

    largest = int(matrix.sum(axis=1).argmax())
    won = int(np.trace(matrix) - matrix[largest, largest])
    lost = int(matrix[largest].sum() - matrix[largest, largest])
    return float(binomtest(won, won + lost, 0.5, "greater").pvalue) if won + lost else 1.0
