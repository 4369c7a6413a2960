"""Products with a matrix of spikes as sums over the spikes alone, compiled.

Four rows are added at a time, so that what they are added to is read and written once for four.
"""

from __future__ import annotations

import numpy as np

from ..compiled.jit import jit

TILE = 64
"""Rows of spikes that are gone through together: what they add stays in a near cache."""


@jit
def add_weights(spikes: np.ndarray, weight: np.ndarray, out: np.ndarray) -> None:
    """``spikes @ weight``: for every row of spikes the sum of the weights that they reach.

    Args:
        spikes: (R, D) int8, 0 or 1
        weight: (D, H), whole numbers whose sums ``out`` can hold
        out: (R, H) of the type of ``weight``, written
    """
    rows, dim = spikes.shape
    size = weight.shape[1]
    places = np.empty(dim + 1, np.int64)
    for row in range(rows):
        count = 0
        for d in range(dim):  # without a branch: a place that is not kept is written over
            places[count] = d
            count += spikes[row, d]
        sums = out[row]
        sums[:] = 0
        together = count - count % 4
        for k in range(0, together, 4):
            a, b = weight[places[k]], weight[places[k + 1]]
            c, e = weight[places[k + 2]], weight[places[k + 3]]
            for i in range(size):
                sums[i] += a[i] + b[i] + c[i] + e[i]
        for k in range(together, count):
            a = weight[places[k]]
            for i in range(size):
                sums[i] += a[i]


@jit
def add_rows(spikes: np.ndarray, rows: np.ndarray, out: np.ndarray) -> None:
    """``spikes.T @ rows``: for every column of spikes the sum of the rows where it spikes.

    Args:
        spikes: (R, D) int8, 0 or 1
        rows: (R, H) float32
        out: (D, H) float32, written
    """
    count_rows, dim = spikes.shape
    size = rows.shape[1]
    places = np.empty(TILE + 1, np.int64)
    out[:] = 0
    for start in range(0, count_rows, TILE):
        for d in range(dim):
            count = 0
            for row in range(start, min(start + TILE, count_rows)):
                places[count] = row
                count += spikes[row, d]
            sums = out[d]
            together = count - count % 4
            for k in range(0, together, 4):
                a, b = rows[places[k]], rows[places[k + 1]]
                c, e = rows[places[k + 2]], rows[places[k + 3]]
                for i in range(size):
                    sums[i] += (a[i] + b[i]) + (c[i] + e[i])
            for k in range(together, count):
                a = rows[places[k]]
                for i in range(size):
                    sums[i] += a[i]
