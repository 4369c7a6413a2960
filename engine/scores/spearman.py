"""Spearman's correlation of answers and grades: a score of STS-B."""

from __future__ import annotations

from collections.abc import Sequence

from .score import Score


def spearman(grades: Sequence[float], answers: Sequence[float]) -> float:
    """From -1 to 1, of their ranks, by SciPy; 0 where all grades, or all answers, are the same."""
    from scipy.stats import spearmanr

    if len(set(grades)) < 2 or len(set(answers)) < 2:
        return 0.0  # of which SciPy warns
    return float(spearmanr(grades, answers).statistic)


SCORE = Score("Spearman correlation", spearman, graded=True)
