"""Numba kernels for noise fields: spikes, and where their projections go."""

from __future__ import annotations

import numpy as np

from ..compiled.jit import jit


@jit
def spikes_of_noise(
    noise: np.ndarray, positions: np.ndarray, rates: np.ndarray, signed: bool, out: np.ndarray
) -> None:
    """Frames of words under a noise field.

    Args:
        noise: (P, T, D')
        positions: (n,) of the words
        rates: (n, D') spike probabilities
        signed: the second half of the channels is subtracted from the first (see `Front.signed`)
        out: (n, T, K), filled in: K = D', or half of it
    """
    one, zero = np.float32(1), np.float32(0)
    size = out.shape[2]
    for n in range(len(positions)):
        here, rate = noise[positions[n]], rates[n]
        for t in range(out.shape[1]):
            drawn, row = here[t], out[n, t]
            for k in range(size):
                row[k] = one if drawn[k] < rate[k] else zero
            if signed:
                for k in range(size):
                    row[k] -= one if drawn[size + k] < rate[size + k] else zero


@jit
def put_taps(
    product: np.ndarray, slots: np.ndarray, start: int, bias: np.ndarray, table: np.ndarray
) -> None:
    """Copy one branch's projections to their rows, the bias to those of tap 0.

    Args:
        product: (n, F, taps) of all branches
        slots: (n,) rows
        start: the branch's first tap
        bias: (C,)
        table: (k, rows, F, C), changed in place
    """
    channels = len(bias)
    for n in range(len(slots)):
        for j in range(len(table)):
            for f in range(product.shape[1]):
                first = start + j * channels
                values, row = product[n, f, first : first + channels], table[j, slots[n], f]
                for c in range(channels):
                    row[c] = values[c]
                if j == 0:
                    for c in range(channels):
                        row[c] += bias[c]
