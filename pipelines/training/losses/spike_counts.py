"""Cross entropy on counts of spikes of output neurons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from .loss import CrossEntropy, Reads

SHARPNESS = 10.0
"""Rates lie in [0, 1]: sharpened, so that their softmax can come close to one class."""


@dataclass(frozen=True)
class SpikeCounts(CrossEntropy):
    """Cross entropy on the rates of output neurons, times `SHARPNESS`."""

    outputs: ClassVar[Reads] = "spikes"

    def loss(self, outputs: Tensor, labels: Tensor, weight: Tensor | None = None) -> Tensor:
        """Cross entropy of rates (B, K), in the mean of the batch."""
        return self.cross_entropy(SHARPNESS * outputs, labels, weight)


LOSS = SpikeCounts
