"""Mean squared error of the mean output current, the readout's potential over T."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from .loss import Wanted


@dataclass(frozen=True)
class MseOutputs(Wanted):
    """Squared distance of mean outputs from what is wanted of the class and of the others.

    A readout without spikes adds its currents up, so its mean output is its potential after T
    steps, over T.
    """

    def loss(self, outputs: Tensor, labels: Tensor, weight: Tensor | None = None) -> Tensor:
        """The loss of logits (B, K), in the mean of classes and batch."""
        return self.distance(outputs, labels, weight)


LOSS = MseOutputs
