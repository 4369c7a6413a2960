"""Nodes of NIR beside one another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import nir


def alike(found: nir.NIRNode, wanted: nir.NIRNode) -> bool:
    """Whether two nodes are of one type and hold the same arrays."""
    left, right = found.to_dict(), wanted.to_dict()
    keys = {key for key in (*left, *right) if key != "metadata"}
    return type(found) is type(wanted) and all(
        key in left
        and key in right
        and np.array_equal(np.asarray(left[key]), np.asarray(right[key]))
        for key in keys
    )
