"""Numba kernels of training: a branch's spikes forward, and their gradient by recomputing them.

A *piece* is some channels of one branch. Its table (N, F, k*C) holds the projections of N distinct
rows (words) under F frames; filter tap j and channel c lie in column j*C + c, so what one word
adds to its windows is read in one stretch. No kernel stores anything of the size T x windows x
channels for the batch: the potentials of one text and a block of channels fill a scratch array
that fits the cache, and are computed again in the backward pass.

Every sum runs in an order that depends on the batch alone, so results are the same for any number
of threads and any size of block: a thread owns its channels.

Symbols: u(t) potential before the reset, s(t) spike, h(u) slope of the surrogate at the threshold,
g(t) gradient of the loss for s(t), d(t) gradient for u(t).

What Python hands over is records of arrays. numba counts the references to an array in a record,
so what is called for every window takes records of numbers and pointers (`Neurons`), and arrays.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..compiled.jit import inline, jit
from ..compiled.layer import COUNTS, CURRENTS, MEAN, SPIKES
from ..compiled.vectors import Pointer, pointer

ATAN, SIGMOID, RECTANGLE, TRIANGLE = range(4)
EXACT, RATE, DSR, SLTT, OTTT = range(5)
BACKWARD_WAYS = {"exact": EXACT, "rate": RATE, "dsr": DSR, "sltt": SLTT, "ottt": OTTT}
SLOPES = {"atan": ATAN, "sigmoid": SIGMOID, "rectangle": RECTANGLE, "triangle": TRIANGLE}


class Piece(NamedTuple):
    """Some channels of one branch, as the kernels read them; floats have the table's dtype.

    rule: see `layer.RULES`; column: where its channels begin in the pooled features; width: k;
    left: zeros before a text; soft: reset by subtraction; way: of the backward pass, of
    `BACKWARD_WAYS` (`models/surrogates.py`); cut: steps from cut to cut, see
    `through_time.through_time`; one: the threshold 1 (a float constant of another type would stop
    vectorisation); bias, initial: (C,); order: (T,) int64, the frame of each step; repeats: (F,),
    the steps of each frame; down: (T,), the steps from last to first (a loop that counts down in
    plain sight is not vectorised: LLVM moves its test for overlapping rows to where a negative
    stride fails it); slope: see `SLOPES`; height, scale, edge: of the surrogate, see
    `through_time.slopes`.
    """

    rule: int
    column: int
    width: int
    left: int
    soft: bool
    way: int
    cut: int
    one: np.floating
    bias: np.ndarray
    initial: np.ndarray
    order: np.ndarray
    repeats: np.ndarray
    down: np.ndarray
    slope: int
    height: np.floating
    scale: np.floating
    edge: np.floating


class Batch(NamedTuple):
    """The texts of a batch, for one piece.

    table: (N, F, k*C) projections; rows: (B, L) int64, -1 where no word stands; windows: (B,)
    int64, at least 1 each
    """

    table: np.ndarray
    rows: np.ndarray
    windows: np.ndarray


class Neurons(NamedTuple):
    """The neurons of a piece from one of its channels on: see `Piece`."""

    rule: int
    soft: bool
    way: int
    cut: int
    one: Any
    steps: int
    initial: Pointer
    first: int
    order: Pointer
    down: Pointer
    slope: int
    height: Any
    scale: Any
    edge: Any


@inline
def neurons_of(piece: Piece, start: int) -> Neurons:
    """The neurons of a piece, which must be kept as long as they are used, from ``start`` on."""
    return Neurons(
        piece.rule,
        piece.soft,
        piece.way,
        piece.cut,
        piece.one,
        len(piece.order),
        pointer(piece.initial),
        start,
        pointer(piece.order),
        pointer(piece.down),
        piece.slope,
        piece.height,
        piece.scale,
        piece.edge,
    )


@jit
def gather(
    table: np.ndarray, rows: np.ndarray, piece: Piece, start: int, currents: np.ndarray
) -> None:
    """Fill currents (W, F, n) of one text's windows, for the n channels from ``start``.

    rows: (L,), -1 where no word stands
    """
    windows, frames, n = currents.shape
    bias = piece.bias[start : start + n]
    for w in range(windows):
        for f in range(frames):
            line = currents[w, f]
            for c in range(n):
                line[c] = bias[c]
    for p in range(len(rows)):
        if rows[p] < 0:
            continue
        for f in range(frames):
            source = table[rows[p], f]
            for j in range(piece.width):
                w = p + piece.left - j
                if 0 <= w < windows:
                    line = currents[w, f]
                    part = source[j * len(piece.bias) + start :]
                    for c in range(n):
                        line[c] += part[c]


@jit
def integrate(currents: np.ndarray, neurons: Neurons, u: np.ndarray) -> None:
    """Fill u (T, n), the potentials before the reset, for currents (F, n); u may be currents."""
    v = np.empty(u.shape[1], u.dtype)
    for c in range(len(v)):
        v[c] = neurons.initial[neurons.first + c]
    integrate_from(currents, neurons, v, u)


@jit
def integrate_from(currents: np.ndarray, neurons: Neurons, v: np.ndarray, u: np.ndarray) -> None:
    """:func:`integrate` from potentials v (n,) on, which become those after the last step."""
    steps, n = u.shape
    one = neurons.one
    for t in range(steps):
        line, target = currents[neurons.order[t]], u[t]
        if neurons.soft:
            for c in range(n):
                x = v[c] + line[c]
                target[c] = x
                v[c] = x - one if x >= one else x
        else:
            for c in range(n):
                x = v[c] + line[c]
                target[c] = x
                v[c] = one - one if x >= one else x


@jit
def highest(currents: np.ndarray, best: np.ndarray) -> None:
    """Fill best (F, n) with the largest of currents (W, F, n) over windows."""
    top = best.reshape(-1)
    for w in range(len(currents)):
        line = currents[w].reshape(-1)
        for i in range(len(top)):
            top[i] = line[i] if w == 0 or line[i] > top[i] else top[i]


@jit
def join_window(rule: int, u: np.ndarray, one: Any, joined: np.ndarray, top: np.ndarray) -> None:
    """Take one more window with potentials u (T, n) into what its text's pool has seen.

    spikes: joined (T, n) is the largest spike. mean: the sum. counts: the largest count so far.
    gated: the spike of the first window with the largest count, which is ``top``.
    """
    zero = one - one
    flat, whole = u.reshape(-1), joined.reshape(-1)
    if rule == SPIKES:
        for i in range(len(flat)):
            whole[i] = one if flat[i] >= one else whole[i]
    elif rule == MEAN:
        for i in range(len(flat)):
            whole[i] += one if flat[i] >= one else zero
    else:
        count = np.zeros(u.shape[1], u.dtype)
        for t in range(u.shape[0]):
            line, out, best = u[t], joined[t], top[t]
            for c in range(len(count)):
                count[c] += one if line[c] >= one else zero
            if rule == COUNTS:
                for c in range(len(count)):
                    out[c] = count[c] if count[c] > out[c] else out[c]
            else:
                for c in range(len(count)):
                    if count[c] > best[c]:
                        best[c] = count[c]
                        out[c] = one if line[c] >= one else zero


@jit
def write_pooled(
    neurons: Neurons, joined: np.ndarray, windows: int, column: int, pooled: np.ndarray
) -> None:
    """Write what a text's pool has seen (T, n) to the columns of pooled (T, all channels)."""
    steps, n = joined.shape
    for t in range(steps):
        out, line = pooled[t][column:], joined[t]
        for c in range(n):
            out[c] = line[c]
        if neurons.rule == MEAN:
            for c in range(n):
                out[c] /= windows
        if neurons.rule == COUNTS and t > 0:
            before = joined[t - 1]
            for c in range(n):
                out[c] -= before[c]


@jit
def forward_block(batch: Batch, piece: Piece, start: int, stop: int, pooled: np.ndarray) -> None:
    """Fill ``piece``'s columns of pooled (T, B, all channels) for channels ``start`` to ``stop``.

    Args:
        batch: the texts
        piece: some channels of a branch
        start: the first of these channels
        stop: the one after the last
        pooled: filled in
    """
    table, rows, windows = batch.table, batch.rows, batch.windows
    neurons, n, one = neurons_of(piece, start), stop - start, piece.one
    scratch = np.empty((windows.max(), table.shape[1], n), table.dtype)
    best = np.empty_like(scratch[0])
    u = np.empty((neurons.steps, n), table.dtype)
    joined, top = np.empty_like(u), np.empty_like(u)
    for b in range(len(windows)):
        currents = scratch[: windows[b]]
        gather(table, rows[b], piece, start, currents)
        joined[:] = one - one
        top[:] = -one
        if neurons.rule == CURRENTS:
            highest(currents, best)
            integrate(best, neurons, u)
            join_window(SPIKES, u, one, joined, top)
        else:
            for w in range(windows[b]):
                integrate(currents[w], neurons, u)
                join_window(neurons.rule, u, one, joined, top)
        write_pooled(neurons, joined, windows[b], piece.column + start, pooled[:, b])
