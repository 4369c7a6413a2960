"""Soft threshold to a wanted sparsity: the level below which values become zero is fitted."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from ...errors import InputError
from .histogram import Histogram
from .value_map import ValueMap, shares


@dataclass(frozen=True)
class Sparse(ValueMap):
    r"""A value map whose small values become zero, and silent; the others fill [-1, 1] again.

    .. math:: g(x) = \mathrm{sign}(f(x)) \max(|f(x)| - \lambda, 0) / (1 - \lambda)

    Source: Donoho 1995, De-noising by soft-thresholding, scaled.

    Attributes:
        inner: f
        level: :math:`\lambda`, in [0, 1)

    Raises:
        InputError: another level.
    """

    inner: ValueMap
    level: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.level) and 0 <= self.level < 1):
            raise InputError(
                "expected a sparsity that leaves some components, but with this one the values "
                f"below {self.level} of 1 would become zero: give a smaller --sparsity"
            )

    @classmethod
    def over(
        cls, inner: ValueMap, vectors: np.ndarray, counts: np.ndarray, sparsity: float
    ) -> Self:
        """The smallest level that makes a share of all components zero, by the words' counts."""
        found = Histogram(0.0, 1.0)
        found.add(np.abs(inner.apply(vectors)), shares(counts))
        level = float(found.quantiles(np.array([sparsity]))[0])
        return cls(inner, level + found.width / 2)  # all that was counted as this value

    def apply(self, x: np.ndarray) -> np.ndarray:
        """As `ValueMap.apply`."""
        y, level = self.inner.apply(x), np.float32(self.level)
        return np.sign(y) * np.maximum(np.abs(y) - level, 0) / (1 - level)

    def to_dict(self) -> dict[str, Any]:
        """Those of the map inside, with the level."""
        return self.inner.to_dict() | {"level": self.level}
