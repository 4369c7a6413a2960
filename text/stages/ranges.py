"""The range of word vectors: from any values to [-1, 1], ready to be spikes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ...errors import InputError


@dataclass(frozen=True)
class RangeMap:
    r"""Values within three standard deviations of the mean, centred and scaled to [-1, 1].

    .. math:: f(x) = \mathrm{clip}((x - \mu) / (3 \sigma), -1, 1)

    Lv et al. (ICLR 2023, section 3.1) clip to :math:`\mu \pm 3 \sigma` too and shift to [0, 1];
    theirs is :math:`(1 + f(x)) / 2`.

    Attributes:
        mean: of the components of the vectors the map was fitted on.
        std: their standard deviation, positive.

    Raises:
        InputError: ``std`` is not positive, or one of the two is not finite.
    """

    mean: float
    std: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.mean) and math.isfinite(self.std) and self.std > 0):
            raise InputError(
                "expected word vectors that differ, with a finite mean and a positive standard "
                f"deviation, but got mean {self.mean} and standard deviation {self.std}: "
                "use other vectors"
            )

    @classmethod
    def fit(cls, vectors: np.ndarray, counts: np.ndarray) -> RangeMap:
        """Mean and deviation over all components of the vectors, each word as often as it occurs.

        Args:
            vectors: (N, D) word vectors.
            counts: (N,) how often each of the words occurs in the training texts.

        Raises:
            InputError: no words, or all components are equal.
        """
        if not len(vectors) or not np.sum(counts) > 0:
            raise InputError("expected at least one training word with a vector, but there is none")
        weights = np.asarray(counts, np.float64) / np.sum(counts)  # (N,)
        values = np.asarray(vectors, np.float64)  # (N, D)
        mean = float(weights @ values.mean(axis=1))
        variance = float(weights @ np.square(values - mean).mean(axis=1))
        return cls(mean, math.sqrt(variance))

    def apply(self, x: np.ndarray) -> np.ndarray:
        """``x`` of any shape mapped to [-1, 1], float32 of the same shape."""
        mapped = (np.asarray(x, np.float32) - np.float32(self.mean)) / np.float32(3 * self.std)
        return np.clip(mapped, -1, 1)

    def to_dict(self) -> dict[str, float]:
        """For JSON; `from_dict` reads it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> RangeMap:
        """The map that `to_dict` wrote; raises `InputError` for anything else."""
        try:
            return cls(float(values["mean"]), float(values["std"]))
        except (KeyError, TypeError, ValueError):
            raise InputError(
                f"expected a range map with the numbers mean and std, but got {values!r}"
            ) from None
