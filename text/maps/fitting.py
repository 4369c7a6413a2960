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


def fit_map(vectors: np.ndarray, counts: np.ndarray, options: MapOptions) -> ValueMap:
    """The value map of the words of the training texts.

    Args:
        vectors: (N, D) word vectors of any range
        counts: (N,) how often each of the words occurs
        options: which map

    Raises:
        InputError: no words, all components are equal, or a sparsity that leaves none.
    """
    found = VALUE_MAPS[options.value_map].fit(vectors, counts, options)
    return Sparse.over(found, vectors, counts, options.sparsity) if options.sparsity else found


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
