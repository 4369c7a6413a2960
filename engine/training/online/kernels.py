"""Numba kernels of training in pieces of time: potentials go from piece to piece.

Symbols as in `engine/training/kernels.py`. A piece of time has T' steps; what windows keep from
one piece to the next is a `Carried`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...compiled.jit import jit
from ..backward import Gradients, read_columns, scatter
from ..kernels import (
    DSR,
    EXACT,
    OTTT,
    RATE,
    Batch,
    Neurons,
    Piece,
    gather,
    integrate_from,
    join_window,
    neurons_of,
    write_pooled,
)
from ..shares import share, window_gradient
from ..through_time import slopes, sum_by_frame, through_time


class Carried(NamedTuple):
    """What the windows of a batch keep from piece to piece, (B, W, C) each.

    v: potentials; total: sum of gradients: for spikes, and for currents of ottt those of the steps
    that are to come; trace, slope: of `rate.py`, and for dsr ``slope`` is the spikes so far. Arrays
    that a way has no use for are empty.
    """

    v: np.ndarray
    total: np.ndarray
    trace: np.ndarray
    slope: np.ndarray


@jit
def stream_forward(
    batch: Batch, piece: Piece, start: int, stop: int, v: np.ndarray, pooled: np.ndarray
) -> None:
    """Fill ``piece``'s columns of pooled (T', B, all channels), for channels ``start`` to ``stop``.

    v: (B, W, C), the potentials that the windows begin with; they are changed
    """
    table, rows, windows = batch.table, batch.rows, batch.windows
    neurons, n, one = neurons_of(piece, start), stop - start, piece.one
    scratch = np.empty((windows.max(), table.shape[1], n), table.dtype)
    u, own = np.empty((neurons.steps, n), table.dtype), np.empty(n, table.dtype)
    joined, top = np.empty_like(u), np.empty_like(u)
    for b in range(len(windows)):
        currents = scratch[: windows[b]]
        gather(table, rows[b], piece, start, currents)
        joined[:] = one - one
        for w in range(windows[b]):
            own[:] = v[b, w, start:stop]
            integrate_from(currents[w], neurons, own, u)
            v[b, w, start:stop] = own
            join_window(neurons.rule, u, one, joined, top)
        write_pooled(neurons, joined, windows[b], piece.column + start, pooled[:, b])


@jit
def stream_backward(
    batch: Batch,
    piece: Piece,
    start: int,
    stop: int,
    pooled: np.ndarray,
    carried: Carried,
    collect: bool,
    gradients: Gradients,
) -> None:
    """Go through one more piece of time with the gradient ``pooled`` (T', B, all channels).

    Args:
        batch: the texts
        piece: some channels of a branch
        start: the first of these channels
        stop: the one after the last
        pooled: gradient for the pooled spikes
        carried: changed in place
        collect: only sum up what is needed later, in ``carried``
        gradients: otherwise changed in place
    """
    table, rows, windows = batch.table, batch.rows, batch.windows
    neurons, n = neurons_of(piece, start), stop - start
    most, frames = windows.max(), table.shape[1]
    scratch = np.empty((most, frames, n), table.dtype)
    potentials = np.empty((most, neurons.steps, n), table.dtype)
    received = np.empty((neurons.steps, n), table.dtype)
    g, h = np.empty_like(received), np.empty_like(received)
    fired, silent, own = np.empty_like(g), np.empty_like(g), np.empty(n, table.dtype)
    for b in range(len(windows)):
        currents, u = scratch[: windows[b]], potentials[: windows[b]]
        gather(table, rows[b], piece, start, currents)
        read_columns(pooled[:, b], piece.column + start, received)
        for w in range(windows[b]):
            own[:] = carried.v[b, w, start:stop]
            integrate_from(currents[w], neurons, own, u[w])
            carried.v[b, w, start:stop] = own
        share(neurons.rule, u, received, neurons.one, fired, silent)
        for w in range(windows[b]):
            window_gradient(neurons, w, u[w], fired, silent, g)
            if collect:
                collect_window(u[w], g, neurons, h, carried, b, w)
            else:
                spread_window(u[w], g, neurons, h, carried, b, w)
                sum_by_frame(g, neurons, currents[w])
        if not collect:
            scatter(gradients, rows[b], piece, start, currents)


@jit
def collect_window(
    u: np.ndarray,
    g: np.ndarray,
    neurons: Neurons,
    h: np.ndarray,
    carried: Carried,
    b: int,
    w: int,
) -> None:
    """Take the gradient g (T', n) for a window's spikes into ``carried``; h is scratch (T', n)."""
    one, first, n = neurons.one, neurons.first, u.shape[1]
    zero = one - one
    slopes(u.reshape(-1), neurons, h.reshape(-1))
    total = carried.total[b, w, first : first + n]
    for t in range(len(u)):
        for c in range(n):
            total[c] += g[t, c] * h[t, c] if neurons.way == OTTT else g[t, c]
    if neurons.way == DSR:
        slope = carried.slope[b, w, first : first + n]
        for t in range(len(u)):
            for c in range(n):
                slope[c] += one if u[t, c] >= one else zero
    if neurons.way == RATE:
        slope = carried.slope[b, w, first : first + n]
        trace = carried.trace[b, w, first : first + n]
        for t in range(len(u)):
            for c in range(n):
                slope[c] += trace[c] * h[t, c]
                keep = zero if u[t, c] >= one else one
                fall = h[t, c] if neurons.soft else one - keep + u[t, c] * h[t, c]
                trace[c] = one + trace[c] * (one - fall)


@jit
def spread_window(
    u: np.ndarray,
    g: np.ndarray,
    neurons: Neurons,
    h: np.ndarray,
    carried: Carried,
    b: int,
    w: int,
) -> None:
    """Turn g (T', n) from the gradient for a window's spikes into that for its currents."""
    if neurons.way == EXACT:
        through_time(u, g, neurons, h)
        return
    slopes(u.reshape(-1), neurons, h.reshape(-1))
    for t in range(len(u)):
        for c in range(u.shape[1]):
            g[t, c] *= h[t, c]
    if neurons.way == OTTT:
        left = carried.total[b, w, neurons.first : neurons.first + u.shape[1]]
        for t in range(len(u)):
            for c in range(u.shape[1]):
                here = g[t, c]
                g[t, c] = left[c]
                left[c] -= here


@jit
def finish(
    batch: Batch,
    piece: Piece,
    start: int,
    stop: int,
    steps: int,
    carried: Carried,
    gradients: Gradients,
) -> None:
    """Add the gradient for the mean frame, by what rate and dsr have carried through T steps."""
    rows, windows = batch.rows, batch.windows
    neurons, n = neurons_of(piece, start), stop - start
    zero = piece.one - piece.one
    scratch = np.empty((windows.max(), 1, n), carried.v.dtype)
    for b in range(len(windows)):
        for w in range(windows[b]):
            for c in range(n):
                g, slope = carried.total[b, w, start + c], carried.slope[b, w, start + c]
                if neurons.way == RATE:
                    scratch[w, 0, c] = g * (slope / steps)
                else:
                    arrived = carried.v[b, w, start + c] - piece.initial[start + c] + slope
                    scratch[w, 0, c] = g if zero <= arrived <= steps else zero
        scatter(gradients, rows[b], piece, start, scratch[: windows[b]])
