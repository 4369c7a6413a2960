"""Quantiles of each component: a low one becomes -1, a high one 1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from .affine import Affine
from .options import MapOptions
from .value_map import shares


@dataclass(frozen=True)
class Quantile(Affine):
    """The values of each component but for a share at either end, which is clipped."""

    kind: ClassVar[str] = "quantile"
    by_component: ClassVar[bool] = True
    reads: ClassVar[tuple[str, ...]] = ("map_tail",)

    @classmethod
    def fit(cls, vectors: np.ndarray, counts: np.ndarray, options: MapOptions) -> Self:
        """As `NamedMap.fit`."""
        weights, values = shares(counts), np.asarray(vectors, np.float64)
        wanted = (options.map_tail, 1 - options.map_tail)
        found = np.array([_quantiles(column, weights, wanted) for column in values.T])  # (D, 2)
        return cls.of(found.mean(axis=1), (found[:, 1] - found[:, 0]) / 2)


def _quantiles(values: np.ndarray, weights: np.ndarray, wanted: tuple[float, ...]) -> np.ndarray:
    """The smallest of the values (N,) that a share of the weight is at or below, for each share."""
    order = np.argsort(values, kind="stable")
    below = np.cumsum(weights[order])
    places = np.searchsorted(below, np.array(wanted) - 1e-9)  # 1e-9: of rounding in the sum
    return values[order][np.minimum(places, len(order) - 1)]


MAP = Quantile
