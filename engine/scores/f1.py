"""F1 of class 1: the score of MRPC, whose class 1 are paraphrases."""

from __future__ import annotations

from collections.abc import Sequence

from .score import Score


def f1(labels: Sequence[float], answers: Sequence[float]) -> float:
    """The harmonic mean of precision and recall of class 1; 0 where it is never right."""
    from sklearn.metrics import f1_score

    return float(f1_score(labels, answers, labels=[1], average="micro", zero_division=0))


SCORE = Score("F1 of the second class", f1)
