"""Quantisers of components: evenly spaced levels around each component's centre."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

SPACINGS = tuple(i / 40 for i in range(4, 81))
"""In standard deviations; what is tried."""
POINTS = 4001


@dataclass(frozen=True)
class Levels:
    """N levels of each component, at centre + (i - (N - 1) / 2) * spacing, i = 0 .. N - 1.

    centre, spacing: (D,)
    """

    centre: Tensor
    spacing: Tensor
    count: int

    def index(self, vectors: Tensor) -> Tensor:
        """The nearest level of each value: int64 (N, D)."""
        places = (vectors - self.centre) / self.spacing + (self.count - 1) / 2
        return places.round().clamp(0, self.count - 1).long()

    def value(self, index: Tensor) -> Tensor:
        """The values (N, D) of levels (N, D)."""
        return self.centre + (index.to(self.centre.dtype) - (self.count - 1) / 2) * self.spacing


def fit_levels(vectors: Tensor, weights: Tensor, count: int) -> Levels:
    """Levels of the least squared error of a normal distribution, for each component's own spread.

    Source: Max, IRE Transactions on Information Theory 1960, Quantizing for Minimum Distortion.

    Args:
        vectors: (V, D)
        weights: (V,) how much each word counts
        count: N, at least 2
    """
    centre = weighted_quantile(vectors, weights, 0.5)
    share = (weights / weights.sum()).to(vectors.dtype)
    spread = (share @ (vectors - centre).square()).sqrt()
    return Levels(centre, (spread * normal_spacing(count)).clamp(min=1e-6), count)


def normal_spacing(count: int) -> float:
    """The spacing of ``count`` even levels of the least error for a standard normal variable."""
    x = torch.linspace(-5, 5, POINTS, dtype=torch.float64)
    density = torch.exp(-x.square() / 2)
    zero = torch.zeros(1, dtype=torch.float64)

    def error(spacing: float) -> float:
        levels = Levels(zero, zero + spacing, count)
        return float(density @ (levels.value(levels.index(x[:, None]))[:, 0] - x).square())

    return min(SPACINGS, key=error)


def weighted_quantile(vectors: Tensor, weights: Tensor, share: float) -> Tensor:
    """The value (D,) of each component below which ``share`` of the words lie, by their weights."""
    values, order = vectors.sort(dim=0)  # (V, D)
    below = weights.double()[order].cumsum(dim=0)
    first = (below < share * below[-1]).sum(dim=0, keepdim=True).clamp(max=len(values) - 1)
    return values.gather(0, first)[0]
