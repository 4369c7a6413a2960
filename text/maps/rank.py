"""Ranks: values become evenly spread over [-1, 1], so that all levels of a code are used alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar, Self

import numpy as np

from ...errors import InputError
from .histogram import Histogram
from .options import MapOptions
from .value_map import NamedMap, all_equal, shares

KNOTS = 257
BLOCK = 1 << 20  # values that are mapped at once


@dataclass(frozen=True)
class Rank(NamedMap):
    r"""The share of all components that are smaller, twice and less 1, with straight lines between.

    .. math:: f(x) = 2 F(x) - 1

    with F the distribution function of the components of the training words, each word as often as
    it occurs; of equal values the middle of their ranks. The median becomes 0.

    Attributes:
        knots: values, rising
        ranks: what they become, rising, in [-1, 1]

    Raises:
        InputError: fewer than two knots, or something that does not rise.
    """

    knots: tuple[float, ...]
    ranks: tuple[float, ...]
    kind: ClassVar[str] = "rank"

    def __post_init__(self) -> None:
        if len(self.knots) < 2:
            raise all_equal()
        rise = all(a < b for row in (self.knots, self.ranks) for a, b in pairwise(row))
        if len(self.knots) != len(self.ranks) or not rise or not (-1 <= self.ranks[0] < 1):
            raise InputError(
                f"expected as many rising ranks in [-1, 1] as rising knots, but got "
                f"{len(self.ranks)} and {len(self.knots)}"
            )

    @classmethod
    def fit(cls, vectors: np.ndarray, counts: np.ndarray, options: MapOptions) -> Self:
        """As `NamedMap.fit`."""
        low, high = float(np.min(vectors)), float(np.max(vectors))
        if not low < high:
            raise all_equal()
        found = Histogram(low, high)
        found.add(np.asarray(vectors), shares(counts))
        ranks = np.linspace(0, 1, KNOTS)
        knots = found.quantiles(ranks)
        kept, first, often = np.unique(knots, return_index=True, return_counts=True)
        middle = (ranks[first] + ranks[first + often - 1]) / 2  # of knots that are one value
        return cls(tuple(kept.tolist()), tuple((2 * middle - 1).tolist()))

    def apply(self, x: np.ndarray) -> np.ndarray:
        """As `ValueMap.apply`."""
        given = np.asarray(x, np.float32)
        flat, mapped = given.reshape(-1), np.empty(given.size, np.float32)
        for start in range(0, len(flat), BLOCK):
            part = slice(start, start + BLOCK)
            mapped[part] = np.interp(flat[part], self.knots, self.ranks)
        return mapped.reshape(given.shape)

    def to_dict(self) -> dict[str, Any]:
        """As `ValueMap.to_dict`."""
        return {"kind": self.kind, "knots": list(self.knots), "ranks": list(self.ranks)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """As `NamedMap.from_dict`."""
        try:
            return cls(*(tuple(map(float, values[name])) for name in ("knots", "ranks")))
        except (KeyError, TypeError, ValueError):
            raise InputError(
                "expected the value map rank with the numbers knots and ranks, but got "
                f"{str(values)[:200]}"
            ) from None


MAP = Rank
