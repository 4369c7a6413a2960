"""What a value map answers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np

from ...errors import InputError
from .options import MapOptions


class ValueMap(ABC):
    """Vectors of any range to [-1, 1], component by component, never falling."""

    @abstractmethod
    def apply(self, x: np.ndarray) -> np.ndarray:
        """``x`` (..., D) mapped to [-1, 1], float32 of the same shape."""

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """For JSON; `fitting.read_map` reads it."""


class NamedMap(ValueMap):
    """A value map that is chosen by name.

    One of one's own subclasses this as a frozen dataclass and is registered by ``VALUE_MAPS.add``.
    It is fitted once, on the words of the training texts, and saved with the text stage, so that
    what comes later is mapped alike.

    Attributes:
        kind: its name in `VALUE_MAPS`
        reads: the options of `MapOptions` that its `fit` reads, beside ``sparsity``
        by_component: whether every component is fitted by itself, so that what all words have in
            common is taken off
    """

    kind: ClassVar[str]
    by_component: ClassVar[bool] = False
    reads: ClassVar[tuple[str, ...]] = ()

    @classmethod
    @abstractmethod
    def fit(cls, vectors: np.ndarray, counts: np.ndarray, options: MapOptions) -> Self:
        """The map of N vectors, each counted as often as it occurs.

        Args:
            vectors: (N, D), of at least one word
            counts: (N,) how often each of the words occurs in the training texts
            options: how

        Raises:
            InputError: all components are equal, or there are no words.
        """

    @classmethod
    @abstractmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """The map whose `to_dict`, with its ``kind``, gave ``values``.

        Raises:
            InputError: they are of something else.
        """


def shares(counts: np.ndarray) -> np.ndarray:
    """Counts (N,) as weights (N,) float64 that sum to 1.

    Raises:
        InputError: there are none.
    """
    if not np.sum(counts) > 0:
        raise InputError("expected at least one training word with a vector, but there is none")
    return np.asarray(counts, np.float64) / np.sum(counts)


def all_equal() -> InputError:
    """The error of vectors that no map can spread."""
    return InputError(
        "expected word vectors that differ, but all their components are the same: use other "
        "vectors"
    )
