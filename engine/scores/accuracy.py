"""The share of right answers."""

from __future__ import annotations

from collections.abc import Sequence

from .score import Score


def accuracy(labels: Sequence[float], answers: Sequence[float]) -> float:
    """Of N answers the share that are the labels."""
    return sum(map(int.__eq__, map(int, labels), map(int, answers))) / len(labels)


SCORE = Score("Accuracy", accuracy)
