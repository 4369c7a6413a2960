"""Maps that shift and scale: of all components alike, or of each by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from ...errors import InputError
from .value_map import NamedMap, all_equal


@dataclass(frozen=True)
class Affine(NamedMap):
    r"""A component within ``reach`` of its centre becomes a value in [-1, 1], others its ends.

    .. math:: f(x)_d = \mathrm{clip}((x_d - c_d) / r_d, -1, 1)

    Attributes:
        centre: c, one number for all components or one for each
        reach: r likewise, at least 0; a component of reach 0 is always the same, and becomes 0

    Raises:
        InputError: the two do not fit each other, or no component differs.
    """

    centre: tuple[float, ...]
    reach: tuple[float, ...]

    def __post_init__(self) -> None:
        numbers = np.array([*self.centre, *self.reach], np.float64)
        if len(self.centre) != len(self.reach) or not np.isfinite(numbers).all():
            raise InputError(
                "expected as many finite centres as reaches of a value map, but got "
                f"{len(self.centre)} and {len(self.reach)}, or numbers that are not finite"
            )
        if min(self.reach, default=0.0) < 0 or not any(self.reach):
            raise all_equal()

    @classmethod
    def of(cls, centre: Any, reach: Any) -> Self:
        """The map of two numbers, or of two arrays (D,)."""
        return cls(*(tuple(np.atleast_1d(part).astype(float).tolist()) for part in (centre, reach)))

    def apply(self, x: np.ndarray) -> np.ndarray:
        """As `ValueMap.apply`."""
        reach = np.array(self.reach, np.float32)
        shifted = np.asarray(x, np.float32) - np.array(self.centre, np.float32)
        with np.errstate(over="ignore"):  # by a tiny reach: it is clipped
            spread = np.where(reach > 0, shifted / np.where(reach > 0, reach, 1), 0)
        return np.clip(spread, -1, 1).astype(np.float32)

    def to_dict(self) -> dict[str, Any]:
        """As `ValueMap.to_dict`."""
        return {"kind": self.kind, "centre": list(self.centre), "reach": list(self.reach)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """As `NamedMap.from_dict`."""
        try:
            return cls(*(tuple(map(float, values[name])) for name in ("centre", "reach")))
        except (KeyError, TypeError, ValueError):
            raise InputError(
                f"expected the value map {cls.kind} with the numbers centre and reach, but got "
                f"{str(values)[:200]}"
            ) from None
