"""Pearson's correlation of answers and grades: a score of STS-B."""

from __future__ import annotations

from collections.abc import Sequence

from .score import Score


def pearson(grades: Sequence[float], answers: Sequence[float]) -> float:
    """From -1 to 1, of the values, by SciPy; 0 where all grades, or all answers, are the same."""
    from scipy.stats import pearsonr

    if len(set(grades)) < 2 or len(set(answers)) < 2:
        return 0.0  # of which SciPy warns
    return float(pearsonr(grades, answers).statistic)


SCORE = Score("Pearson correlation", pearson, graded=True)
