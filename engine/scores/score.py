"""What a score answers, and the scores of a task beside those of a constant answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Score:
    """A score of answers by labels, the higher the better, 1 at the most.

    Attributes:
        title: what it is called.
        of: the score of N >= 1 answers, after the N labels; both are class numbers.
    """

    title: str
    of: Callable[[Sequence[int], Sequence[int]], float]

    def trivial(self, labels: Sequence[int]) -> float:
        """The best score that one answer for every text has."""
        return max(self.of(labels, [answer] * len(labels)) for answer in sorted(set(labels)))
