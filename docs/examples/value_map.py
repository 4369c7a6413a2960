"""A value map that spreads small components: the cube root of x over the largest."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from snnconvert.text.maps import VALUE_MAPS
from snnconvert.text.maps.value_map import NamedMap, shares


@dataclass(frozen=True)
class Cubic(NamedMap):
    """f(x) = cbrt(x / largest), within [-1, 1]."""

    largest: float
    kind = "cubic"

    @classmethod
    def fit(cls, vectors: np.ndarray, counts: np.ndarray, options: Any) -> Self:
        """The largest component of the words that occur."""
        return cls(float(np.abs(vectors[shares(counts) > 0]).max()))

    def apply(self, x: np.ndarray) -> np.ndarray:
        """As `ValueMap.apply`."""
        return np.cbrt(np.clip(np.asarray(x, np.float32) / self.largest, -1, 1))

    def to_dict(self) -> dict[str, Any]:
        """Its name and its one number."""
        return {"kind": self.kind, "largest": self.largest}

    @classmethod
    def from_dict(cls, values: Any) -> Self:
        """The map that `to_dict` wrote."""
        return cls(float(values["largest"]))


VALUE_MAPS.add("cubic", Cubic)
