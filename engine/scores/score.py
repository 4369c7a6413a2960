"""What a score answers, and the scores of a task beside those of a constant answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Score:
    """A score of answers by labels, the higher the better, 1 at the most.

    Attributes:
        title: what it is called.
        of: the score of N >= 1 answers, after the N labels: both are class numbers, or with
            ``graded`` numbers from 0 to 1.
        graded: whether it is of grades and not of classes. The answer is then the probability of
            the second of two classes, and an answer that is always the same has 0.
    """

    title: str
    of: Callable[[Sequence[float], Sequence[float]], float]
    graded: bool = False

    def of_logits(
        self, logits: Tensor, labels: Sequence[int], grades: Sequence[float] = ()
    ) -> float:
        """The score of logits (N, K).

        Args:
            logits: (N, K)
            labels: N class numbers
            grades: N numbers from 0 to 1, which a graded score needs
        """
        if self.graded:
            return self.of(grades, logits.double().softmax(dim=1)[:, 1].tolist())
        return self.of(labels, logits.argmax(dim=1).tolist())

    def trivial(self, labels: Sequence[int]) -> float:
        """The best score that one answer for every text has."""
        if self.graded:
            return 0.0
        return max(self.of(labels, [answer] * len(labels)) for answer in sorted(set(labels)))
