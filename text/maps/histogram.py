"""Quantiles of very many weighted values, in little memory."""

from __future__ import annotations

import numpy as np

BINS = 1 << 17
ROWS = 4096  # that are counted at once


class Histogram:
    """How much weight lies where in [low, high]; quantiles are right to a hundred-thousandth of it.

    To sort all components of 100,000 words of 300 would take a gigabyte.
    """

    def __init__(self, low: float, high: float) -> None:
        self.low, self.high = low, high
        self.weight = np.zeros(BINS)
        self.width = (high - low) / (BINS - 1)

    def add(self, values: np.ndarray, weights: np.ndarray) -> None:
        """Count values (N, D), each row with its weight of weights (N,)."""
        for start in range(0, len(values), ROWS):
            rows = np.asarray(values[start : start + ROWS], np.float64)
            places = np.rint((rows - self.low) / self.width).clip(0, BINS - 1).astype(np.int64)
            weight = np.repeat(weights[start : start + ROWS], rows.shape[1])
            self.weight += np.bincount(places.reshape(-1), weight, BINS)

    def quantiles(self, wanted: np.ndarray) -> np.ndarray:
        """For each share in [0, 1] the smallest value that it is at or below; the least for 0."""
        below = np.cumsum(self.weight)
        # what rounding in the sum may be off by
        least = np.maximum(np.asarray(wanted) * below[-1] - 1e-9 * below[-1], np.nextafter(0, 1))
        places = np.minimum(np.searchsorted(below, least), BINS - 1)
        found: np.ndarray = self.low + places * self.width
        return found
