"""Mean and deviation of each component: every one sends as much as the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from .affine import Affine
from .options import MapOptions
from .value_map import shares


@dataclass(frozen=True)
class Scale(Affine):
    """As ``sigma``, with the mean and the deviation of each component in place of those of all.

    What all words have in common is taken off (Mu and Viswanath, ICLR 2018, begin so too), and no
    component is clipped more than others.
    """

    kind: ClassVar[str] = "scale"
    by_component: ClassVar[bool] = True
    reads: ClassVar[tuple[str, ...]] = ("map_sigmas",)

    @classmethod
    def fit(cls, vectors: np.ndarray, counts: np.ndarray, options: MapOptions) -> Self:
        """As `NamedMap.fit`."""
        weights, values = shares(counts), np.asarray(vectors, np.float64)
        mean = weights @ values  # (D,)
        deviation = np.sqrt(weights @ np.square(values - mean))
        return cls.of(mean, options.map_sigmas * deviation)


MAP = Scale
