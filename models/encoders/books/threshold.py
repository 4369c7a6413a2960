"""One threshold a component: what the books `sign` and `median` write and read."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from .book import Writing


@dataclass(frozen=True)
class Thresholds(Writing):
    """A bit a component, set above its threshold.

    thresholds: (D,); low, high: (D,) what an unset and a set bit stand for
    """

    thresholds: Tensor
    low: Tensor
    high: Tensor

    @classmethod
    def of(cls, vectors: Tensor, weights: Tensor, thresholds: Tensor) -> Thresholds:
        """With the weighted means of the values (V, D) on either side."""
        above = vectors > thresholds
        n = weights.to(vectors.dtype)[:, None]
        means = []
        for side in (~above, above):
            count = (n * side).sum(dim=0)
            mean = (n * side * vectors).sum(dim=0) / count.clamp(min=1e-12)
            means.append(torch.where(count > 0, mean, thresholds))
        return cls(thresholds, *means)

    def write(self, vectors: Tensor) -> Tensor:
        """As `Writing.write`, K = D."""
        return (vectors > self.thresholds).to(torch.uint8)

    def decode(self, bits: Tensor) -> Tensor:
        """As `Writing.decode`: the mean of the values that have the bit."""
        return torch.where(bits > 0, self.high, self.low)
