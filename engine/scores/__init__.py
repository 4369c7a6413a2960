"""What a task is judged by besides accuracy, in `SCORES`: names are listed without loading any."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ...registry import Registry

if TYPE_CHECKING:
    from .score import Score

USUAL = ("accuracy",)
"""The scores of a data set that says nothing of them."""
BUILT_IN = ("accuracy", "matthews", "f1", "pearson", "spearman")
SCORES: Registry[Score] = Registry("score", __name__, "SCORE", BUILT_IN)


def with_grades(names: Iterable[str]) -> bool:
    """Whether a task with scores of these names has grades in the place of classes."""
    return any(SCORES[name].graded for name in names if name in SCORES)
