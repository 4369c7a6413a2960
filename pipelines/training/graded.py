"""Training on grades: how much of the second of two classes a text has."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import pvariance

from torch import Tensor

from ...errors import InputError
from .losses.loss import Loss
from .losses.mean_logits import MeanLogits


@dataclass(frozen=True)
class SquaredGrades(Loss):
    """Squared distance of the probability of the second class from the grade.

    Two logits have one output between them, z_2 - z_1, whose logistic function is the answer. So a
    network of grades is one of two classes to everything that reads, converts or prices it.
    """

    def loss(self, outputs: Tensor, labels: Tensor, weight: Tensor | None = None) -> Tensor:
        """The mean over logits (B, 2) and grades (B,) from 0 to 1."""
        return (outputs.softmax(dim=1)[:, 1] - labels).square().mean()


def by_grades(loss: Loss, *others: object) -> Loss:
    """The loss of grades in place of that of classes.

    Args:
        loss: what a training on classes would have: cross entropy, where nothing was asked of it
        others: what else was asked for that is of classes; all must be false

    Raises:
        InputError: something was.
    """
    if loss != MeanLogits() or any(others):
        raise InputError(
            "expected the usual loss, and no teacher, further texts, class weights, R-Drop or "
            "label smoothing, with texts that have grades and not classes: leave them out"
        )
    return SquaredGrades()


def cost_scale(grades: Sequence[float] | None) -> float:
    """What a cost beside the loss of grades is multiplied by; 1 for texts of classes.

    It is the loss of one answer for all texts, the variance of the grades, in that of two even
    classes, log 2, so that a cost weighs as much beside either loss.

    Args:
        grades: of the training texts, from 0 to 1

    >>> round(cost_scale([0.0, 1.0]), 2)
    0.36
    """
    return pvariance(grades) / math.log(2) if grades else 1.0
