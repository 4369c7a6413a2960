"""What every kernel knows of the branches of a front; nothing here needs numba."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

SPIKES, COUNTS, GATED, MEAN, CURRENTS, LARGEST = range(6)
"""The pooling rules of `plan.Branch` as kernels tell them apart; see `RULES`."""
RULES = {
    "spikes": SPIKES,
    "counts": COUNTS,
    "gated": GATED,
    "mean": MEAN,
    "currents": CURRENTS,
    "largest": LARGEST,
}


class Layer(NamedTuple):
    """One branch of a front, as kernels read it.

    rule: see `RULES`; width: k; left, right: zeros beside a text; soft: reset by subtraction;
    exact: sums are the same in any order; one: the threshold 1; initial: (C,) V(0); order: (T,)
    int64, the frame of each step. Where nothing is integrated (the rule largest) there is one step,
    and V(0) is not read.
    """

    rule: int
    width: int
    left: int
    right: int
    soft: bool
    exact: bool
    one: np.float32  # a float32 global would stop LLVM from vectorising
    initial: np.ndarray
    order: np.ndarray

    @property
    def channels(self) -> int:
        """C."""
        return len(self.initial)

    @property
    def steps(self) -> int:
        """T."""
        return len(self.order)
