"""Numba kernels of training, backward: gradients for words and biases by computing spikes again.

Symbols as in `kernels.py`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..compiled.jit import jit
from ..compiled.layer import CURRENTS
from .kernels import DSR, RATE, Batch, Neurons, Piece, gather, highest, integrate, neurons_of
from .shares import share, window_gradient
from .through_time import sum_by_frame, through_rate, through_time


class Gradients(NamedTuple):
    """What the backward pass adds to.

    table: (N, F, k*C) for the projections, or (N, 1, k*C) for those of the mean frame where
    ``piece.way`` is by rates, but for the rule currents; bias: (C,) float64
    """

    table: np.ndarray
    bias: np.ndarray


@jit
def backward_block(
    batch: Batch, piece: Piece, start: int, stop: int, pooled: np.ndarray, gradients: Gradients
) -> None:
    """Add to ``gradients`` what the gradient ``pooled`` (T, B, all channels) makes.

    Args:
        batch: the texts
        piece: some channels of a branch
        start: the first of these channels
        stop: the one after the last
        pooled: gradient for the pooled spikes
        gradients: changed in place
    """
    table, rows, windows = batch.table, batch.rows, batch.windows
    neurons, n, frames = neurons_of(piece, start), stop - start, table.shape[1]
    steps, most, rate = neurons.steps, windows.max(), piece.way in (RATE, DSR)
    scratch = np.empty((most, frames, n), table.dtype)
    # where every step has a frame of its own, potentials take the place of the currents
    apart = steps != frames and neurons.rule != CURRENTS
    potentials = np.empty((most, steps, n), table.dtype) if apart else scratch
    received, g = np.empty((steps, n), table.dtype), np.empty((steps, n), table.dtype)
    h, mean = np.empty_like(g), np.empty(n, table.dtype)
    fired, silent = np.empty_like(g), np.empty_like(g)
    for b in range(len(windows)):
        currents, u = scratch[: windows[b]], potentials[: windows[b]]
        gather(table, rows[b], piece, start, currents)
        read_columns(pooled[:, b], piece.column + start, received)
        if neurons.rule == CURRENTS:
            highest_gradient(currents, piece, neurons, received, g, h)
        else:
            for w in range(windows[b]):
                integrate(currents[w], neurons, u[w])
            share(neurons.rule, u, received, neurons.one, fired, silent)
            for w in range(windows[b]):
                window_gradient(neurons, w, u[w], fired, silent, g)
                if rate:
                    through_rate(u[w], g, neurons, h, mean)
                    currents[w, 0] = mean  # only now: it may be a row of u
                else:
                    through_time(u[w], g, neurons, h)
                    sum_by_frame(g, neurons, currents[w])
        scatter(gradients, rows[b], piece, start, currents)


@jit
def read_columns(pooled: np.ndarray, column: int, received: np.ndarray) -> None:
    """Fill received (T, n) with the columns from ``column`` on of pooled (T, all channels)."""
    for t in range(len(received)):
        line, part = received[t], pooled[t][column:]
        for c in range(len(line)):
            line[c] = part[c]


@jit
def highest_gradient(
    currents: np.ndarray,
    piece: Piece,
    neurons: Neurons,
    received: np.ndarray,
    u: np.ndarray,
    h: np.ndarray,
) -> None:
    """Turn currents (W, F, n) into their gradient where the neuron reads the highest of them.

    received: (T, n), gradient for the neuron's spikes; it is changed. u, h: scratch (T, n)
    """
    best, frames = np.empty_like(currents[0]), np.empty_like(currents[0])
    highest(currents, best)
    integrate(best, neurons, u)
    if piece.way in (RATE, DSR):
        through_rate(u, received, neurons, h, frames[0])
        for f in range(len(frames) - 1, -1, -1):
            for c in range(best.shape[1]):
                frames[f, c] = frames[0, c] * piece.repeats[f] / neurons.steps
    else:
        through_time(u, received, neurons, h)
        sum_by_frame(received, neurons, frames)
    share_highest(currents, neurons, best.reshape(-1), frames.reshape(-1))


@jit
def share_highest(
    currents: np.ndarray, neurons: Neurons, best: np.ndarray, gradient: np.ndarray
) -> None:
    """Share the gradient (F * n) for the highest currents evenly among all windows that have them.

    currents: (W, F, n), turned into their gradient
    """
    one = neurons.one
    zero = one - one
    ties = np.zeros_like(best)
    for w in range(len(currents)):
        line = currents[w].reshape(-1)
        for i in range(len(line)):
            ties[i] += one if line[i] == best[i] else zero
    for w in range(len(currents)):
        line = currents[w].reshape(-1)
        for i in range(len(line)):
            part = gradient[i] / ties[i]
            line[i] = part if line[i] == best[i] else zero


@jit
def scatter(
    gradients: Gradients, rows: np.ndarray, piece: Piece, start: int, currents: np.ndarray
) -> None:
    """Add the gradient for one text's currents (W, F, n) to its words' and to the bias's."""
    gradient, bias, channels = gradients.table, gradients.bias, len(piece.bias)
    windows, _, n = currents.shape
    for w in range(windows):
        for f in range(gradient.shape[1]):
            for c in range(n):
                bias[start + c] += currents[w, f, c]
    for p in range(len(rows)):
        if rows[p] < 0:
            continue
        for f in range(gradient.shape[1]):
            target = gradient[rows[p], f]
            for j in range(piece.width):
                w = p + piece.left - j
                if 0 <= w < windows:
                    line = currents[w, f]
                    part = target[j * channels + start :]
                    for c in range(n):
                        part[c] += line[c]
