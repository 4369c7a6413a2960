"""Mean and deviation of all components: so many deviations from the mean become -1 and 1."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from ...errors import InputError
from .options import USUAL, MapOptions
from .value_map import NamedMap, shares


@dataclass(frozen=True)
class RangeMap(NamedMap):
    r"""Values within k standard deviations of the mean, centred and scaled to [-1, 1].

    .. math:: f(x) = \mathrm{clip}((x - \mu) / (k \sigma), -1, 1)

    Lv et al. (ICLR 2023, section 3.1) clip to :math:`\mu \pm 3 \sigma` too and shift to [0, 1];
    theirs is :math:`(1 + f(x)) / 2` with k = 3.

    Attributes:
        mean: of the components of the vectors the map was fitted on.
        std: their standard deviation, positive.
        sigmas: k, positive.

    Raises:
        InputError: ``std`` or ``sigmas`` is not positive, or one of the three is not finite.
    """

    mean: float
    std: float
    sigmas: float = 3.0
    kind: ClassVar[str] = "sigma"
    reads: ClassVar[tuple[str, ...]] = ("map_sigmas",)

    def __post_init__(self) -> None:
        if not (math.isfinite(self.mean) and math.isfinite(self.std) and self.std > 0):
            raise InputError(
                "expected word vectors that differ, with a finite mean and a positive standard "
                f"deviation, but got mean {self.mean} and standard deviation {self.std}: "
                "use other vectors"
            )
        if not (math.isfinite(self.sigmas) and self.sigmas > 0):
            raise InputError(f"expected a positive number of deviations, but got {self.sigmas}")

    @classmethod
    def fit(cls, vectors: np.ndarray, counts: np.ndarray, options: MapOptions = USUAL) -> Self:
        """Mean and deviation over all components of the vectors, each word as often as it occurs.

        Args:
            vectors: (N, D) word vectors.
            counts: (N,) how often each of the words occurs in the training texts.
            options: how many deviations become 1.

        Raises:
            InputError: no words, or all components are equal.
        """
        weights = shares(counts)  # (N,)
        values = np.asarray(vectors, np.float64)  # (N, D)
        mean = float(weights @ values.mean(axis=1))
        variance = float(weights @ np.square(values - mean).mean(axis=1))
        return cls(mean, math.sqrt(variance), options.map_sigmas)

    def apply(self, x: np.ndarray) -> np.ndarray:
        """``x`` of any shape mapped to [-1, 1], float32 of the same shape."""
        mapped = (np.asarray(x, np.float32) - np.float32(self.mean)) / np.float32(
            self.sigmas * self.std
        )
        return np.clip(mapped, -1, 1)

    def to_dict(self) -> dict[str, Any]:
        """Mean and deviation; k where it is not 3, and no kind, as by stages that know of none."""
        more = {} if self.sigmas == 3 else {"sigmas": self.sigmas}
        return {"mean": self.mean, "std": self.std, **more}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """The map that `to_dict` wrote; raises `InputError` for anything else."""
        try:
            return cls(
                float(values["mean"]), float(values["std"]), float(values.get("sigmas", 3.0))
            )
        except (KeyError, TypeError, ValueError):
            raise InputError(
                f"expected a range map with the numbers mean and std, but got {values!r}"
            ) from None


MAP = RangeMap
