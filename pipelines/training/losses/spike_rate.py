"""Squared distance of output neurons' rates from a wanted rate for the class and one for others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from .loss import Loss, Reads, text_mean, wanted_values

TRUE_RATE = 0.75
FALSE_RATE = 0.05


@dataclass(frozen=True)
class SpikeRate(Loss):
    """The spike-rate loss of SLAYER: sum over classes of (rate - wanted rate) squared.

    Wanted are `TRUE_RATE` of a text's class and `FALSE_RATE` of the others, as in SNNLP (Knipper
    et al. 2024). SLAYER adds up the texts of a batch where this takes their mean.
    """

    outputs: ClassVar[Reads] = "spikes"

    def loss(self, outputs: Tensor, labels: Tensor, weight: Tensor | None = None) -> Tensor:
        """The loss of rates (B, K), in the (weighted) mean of the batch."""
        wanted = wanted_rates(labels, outputs.shape[1])  # (B, K)
        return text_mean((outputs - wanted).square().sum(1), labels, weight)


def wanted_rates(labels: Tensor, classes: int) -> Tensor:
    """The rates (B, K) float32 that labels (B,) stand for.

    >>> [round(rate, 2) for rate in wanted_rates(torch.tensor([1]), 2)[0].tolist()]
    [0.05, 0.75]
    """
    return wanted_values(labels, classes, TRUE_RATE, FALSE_RATE)


LOSS = SpikeRate
