"""Cross entropy on the mean output current, which is what a prediction is made of."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from .loss import CrossEntropy


@dataclass(frozen=True)
class MeanLogits(CrossEntropy):
    """Cross entropy on mean logits; also the loss of an ANN, whose logits are one step."""

    def loss(self, outputs: Tensor, labels: Tensor, weight: Tensor | None = None) -> Tensor:
        """Cross entropy of logits (B, K), in the mean of the batch."""
        return self.cross_entropy(outputs, labels, weight)


LOSS = MeanLogits
