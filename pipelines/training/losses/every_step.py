"""Cross entropy at every step (temporal efficient training, TET)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from ....models.families.family import same_option
from ..options import LossOptions
from .loss import CrossEntropy, text_mean

CONSTANT = 1.0
"""What outputs are drawn towards: the threshold, which is 1 everywhere."""


@dataclass(frozen=True)
class EveryStep(CrossEntropy):
    """The mean over steps of the cross entropy of each step's output current alone.

    A step that is wrong costs even where the mean over all steps is right. A share ``tet_lambda``
    of the loss is the mean squared distance of the currents from `CONSTANT`, and the rest cross
    entropy.
    Source: Deng et al. 2022 (ICLR, arXiv 2202.11946), equations 9 to 12.
    """

    every_step: ClassVar[bool] = True
    tet_lambda: float = same_option(LossOptions, "tet_lambda")

    def loss(self, outputs: Tensor, labels: Tensor, weight: Tensor | None = None) -> Tensor:
        """The loss of currents (T, B, K), in the mean of steps and batch."""
        repeated = labels.repeat(len(outputs))  # (T B,)
        entropy = self.cross_entropy(outputs.flatten(0, 1), repeated, weight)
        if not self.tet_lambda:
            return entropy
        distance = (outputs - CONSTANT).square().mean(dim=(0, 2))  # (B,)
        pulled = text_mean(distance, labels, weight)
        return (1 - self.tet_lambda) * entropy + self.tet_lambda * pulled


LOSS = EveryStep
