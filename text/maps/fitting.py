"""A value map fitted on training words, and read again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ...errors import InputError
from . import VALUE_MAPS
from .options import MapOptions
from .sigma import RangeMap
from .sparse import Sparse
from .value_map import ValueMap

TRIED = 1000
"""Words that a map is tried on."""


def fit_map(vectors: np.ndarray, counts: np.ndarray, options: MapOptions) -> ValueMap:
    """The value map of the words of the training texts.

    Args:
        vectors: (N, D) word vectors of any range
        counts: (N,) how often each of the words occurs
        options: which map

    Raises:
        InputError: no words, all components are equal, a sparsity that leaves none, or a map of the
            user's own that does not keep what it must.
    """
    found = VALUE_MAPS[options.value_map].fit(vectors, counts, options)
    _check(options.value_map, found, vectors[:TRIED])
    return Sparse.over(found, vectors, counts, options.sparsity) if options.sparsity else found


def _check(name: str, found: ValueMap, vectors: np.ndarray) -> None:
    """Refuse a map that leaves [-1, 1] at some of N vectors (N, D), or is read back as another."""
    mapped = np.asarray(found.apply(vectors))
    if mapped.shape != vectors.shape or not np.all(np.abs(mapped) <= 1):  # NaN is not
        got = f"{mapped.shape} from {mapped.min():g} to {mapped.max():g}"
        raise InputError(
            f"expected the value map {name} to give {vectors.shape} numbers within [-1, 1] for "
            f"vectors of this shape, but got {got}"
        )
    kind = found.to_dict().get("kind", RangeMap.kind)
    if kind != name:
        raise InputError(
            f"expected the value map {name} to write its name under 'kind' in to_dict, by which it "
            f"is read back, but it writes {kind!r}"
        )


def read_map(values: Any) -> ValueMap:
    """The value map that `ValueMap.to_dict` wrote; one without a kind is ``sigma``.

    Raises:
        InputError: it is something else, or of a kind that is not known here.
    """
    if not isinstance(values, Mapping):
        return RangeMap.from_dict(values)  # says what was expected
    found = VALUE_MAPS[str(values.get("kind", RangeMap.kind))].from_dict(values)
    if "level" not in values:
        return found
    try:
        return Sparse(found, float(values["level"]))
    except (TypeError, ValueError):
        raise InputError(
            f"expected a number as the level of a value map, but got {values['level']!r}"
        ) from None
