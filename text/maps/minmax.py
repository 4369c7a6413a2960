"""The range of all components: the smallest becomes -1, the largest 1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from .affine import Affine
from .options import MapOptions
from .value_map import shares


@dataclass(frozen=True)
class MinMax(Affine):
    """Nothing of the training words is clipped; a single far value makes all others small."""

    kind: ClassVar[str] = "minmax"

    @classmethod
    def fit(cls, vectors: np.ndarray, counts: np.ndarray, options: MapOptions) -> Self:
        """As `NamedMap.fit`."""
        seen = np.asarray(vectors)[shares(counts) > 0]
        low, high = float(seen.min()), float(seen.max())
        return cls.of(low / 2 + high / 2, high / 2 - low / 2)


MAP = MinMax
