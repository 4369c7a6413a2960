"""Numba kernels of training, backward: gradients for words and biases by computing spikes again.

Symbols as in `kernels.py`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..compiled.jit import jit
from .kernels import (
    ATAN,
    COUNTS,
    CURRENTS,
    GATED,
    MEAN,
    RECTANGLE,
    SIGMOID,
    SPIKES,
    Piece,
    gather,
    highest,
    integrate,
)


@jit
def slopes(u: np.ndarray, piece: Piece, h: np.ndarray) -> None:
    """Fill h (n,) with the surrogate's slope at u (n,); x = u - 1.

    atan: height / (1 + (scale x)^2); sigmoid: scale z (1 - z), z = 1 / (1 + exp(-scale x));
    rectangle: height for |x| < edge; triangle: height - scale |x| for |x| <= edge.
    """
    one, height, scale, edge = piece.one, piece.height, piece.scale, piece.edge
    zero = one - one
    if piece.slope == ATAN:
        for i in range(len(h)):
            x = scale * (u[i] - one)
            h[i] = height / (one + x * x)
    elif piece.slope == SIGMOID:
        for i in range(len(h)):
            e = np.exp(-abs(scale * (u[i] - one)))  # with 1 - z digits would be lost
            h[i] = scale * e / ((one + e) * (one + e))
    elif piece.slope == RECTANGLE:
        for i in range(len(h)):
            h[i] = height if abs(u[i] - one) < edge else zero
    else:
        for i in range(len(h)):
            x = abs(u[i] - one)
            h[i] = height - scale * x if x <= edge else zero


@jit
def share(
    rule: int, u: np.ndarray, g: np.ndarray, one: Any, fired: np.ndarray, silent: np.ndarray
) -> None:
    """Prepare how the gradient g (T, n) of one text's pooled spikes is shared among its windows.

    u: (W, T, n). A maximum shares its gradient evenly among all windows that attain it.

    spikes: a window that fires at t receives ``fired``, another one ``silent`` (all share where
    none fires). mean: both are g / W. counts: ``fired`` is the gradient for the largest count over
    the number of windows that have it, ``silent`` that count. gated: ``fired`` is g and ``silent``
    the window whose spike is passed.
    """
    windows = len(u)
    zero = one - one
    if rule in (COUNTS, GATED):
        _share_counted(rule, u, g, one, fired, silent)
        return
    given, yes, no = g.reshape(-1), fired.reshape(-1), silent.reshape(-1)
    for i in range(len(given)):
        no[i] = given[i] / windows
        yes[i] = zero if rule == SPIKES else no[i]
    if rule == SPIKES:
        for w in range(windows):
            line = u[w].reshape(-1)
            for i in range(len(line)):
                yes[i] += one if line[i] >= one else zero
        for i in range(len(yes)):
            many, rest = yes[i], no[i]
            part = given[i] / max(many, one)
            yes[i] = part if many > zero else zero
            no[i] = zero if many > zero else rest


@jit
def _share_counted(
    rule: int, u: np.ndarray, g: np.ndarray, one: Any, fired: np.ndarray, silent: np.ndarray
) -> None:
    """:func:`share` for the rules that count spikes: counts and gated."""
    windows, steps, n = u.shape
    zero = one - one
    top = np.full((steps, n), -one, u.dtype)
    first = np.zeros((steps, n), u.dtype)
    many = np.zeros((steps, n), u.dtype)
    for w in range(windows):
        count = np.zeros(n, u.dtype)
        for t in range(steps):
            for c in range(n):
                count[c] += one if u[w, t, c] >= one else zero
                if count[c] > top[t, c]:
                    top[t, c], first[t, c], many[t, c] = count[c], w, one
                elif count[c] == top[t, c]:
                    many[t, c] += one
    for t in range(steps):
        for c in range(n):
            if rule == GATED:
                fired[t, c], silent[t, c] = g[t, c], first[t, c]
            else:  # the largest count M(t) is passed on as M(t) - M(t-1)
                after = g[t + 1, c] if t + 1 < steps else zero
                fired[t, c], silent[t, c] = (g[t, c] - after) / many[t, c], top[t, c]


@jit
def window_gradient(
    rule: int,
    w: int,
    u: np.ndarray,
    one: Any,
    fired: np.ndarray,
    silent: np.ndarray,
    g: np.ndarray,
    down: np.ndarray,
) -> None:
    """Fill g (T, n), the gradient for the spikes of window ``w`` with potentials u (T, n)."""
    steps, n = u.shape
    zero = one - one
    if rule in (SPIKES, MEAN):
        line, yes = u.reshape(-1), fired.reshape(-1)
        no, out = silent.reshape(-1), g.reshape(-1)
        for i in range(len(line)):
            a, b = yes[i], no[i]  # read both: a load under a condition is not vectorised
            out[i] = a if line[i] >= one else b
    elif rule == GATED:
        for t in range(steps):
            for c in range(n):
                part = fired[t, c]
                g[t, c] = part if silent[t, c] == w else zero
    else:  # a spike at t is part of every later count
        count = np.zeros(n, u.dtype)
        for t in range(steps):
            for c in range(n):
                count[c] += one if u[t, c] >= one else zero
        later = np.zeros(n, u.dtype)
        for t in down:
            for c in range(n):
                part = fired[t, c]
                later[c] += part if count[c] == silent[t, c] else zero
                g[t, c] = later[c]
                count[c] -= one if u[t, c] >= one else zero


@jit
def through_time(u: np.ndarray, g: np.ndarray, piece: Piece, h: np.ndarray) -> None:
    """Turn g (T, n) from the gradient for the spikes into that for the currents, exactly.

    d(t) = g(t) h(u(t)) + d(t+1) r(t) with r = 1 - h (soft reset), or 1 - s - u h (hard reset);
    h is scratch (T, n).
    """
    slopes(u.reshape(-1), piece, h.reshape(-1))
    last, rise = g[len(g) - 1], h[len(g) - 1]
    for c in range(len(last)):
        last[c] *= rise[c]
    if piece.soft:
        _back_soft(g, h, piece.down[1:], piece.one)
    else:
        _back_hard(u, g, h, piece.down[1:], piece.one)


@jit
def _back_soft(g: np.ndarray, h: np.ndarray, down: np.ndarray, one: Any) -> None:
    """The recursion of :func:`through_time` from the last step but one, for soft reset."""
    for t in down:
        rise, now, after = h[t], g[t], g[t + 1]
        for c in range(g.shape[1]):
            now[c] = now[c] * rise[c] + after[c] * (one - rise[c])


@jit
def _back_hard(u: np.ndarray, g: np.ndarray, h: np.ndarray, down: np.ndarray, one: Any) -> None:
    """The same for hard reset."""
    zero = one - one
    for t in down:
        line, rise, now, after = u[t], h[t], g[t], g[t + 1]
        for c in range(g.shape[1]):
            keep = zero if line[c] >= one else one
            now[c] = now[c] * rise[c] + after[c] * (keep - line[c] * rise[c])


@jit
def through_rate(
    u: np.ndarray, g: np.ndarray, piece: Piece, h: np.ndarray, rate: np.ndarray
) -> None:
    """Fill rate (n,), the gradient for the mean current, by rates (`rate.py`).

    g: (T, n), gradient for the spikes; h: scratch (T, n)
    """
    steps, n = u.shape
    one = piece.one
    zero = one - one
    slopes(u.reshape(-1), piece, h.reshape(-1))
    trace, slope = np.full(n, one, u.dtype), np.zeros(n, u.dtype)
    rate[:] = zero
    for t in range(steps):
        line, rise, now = u[t], h[t], g[t]
        for c in range(n):
            rate[c] += now[c]
        for c in range(n):
            slope[c] += trace[c] * rise[c]
        if piece.soft:
            for c in range(n):
                trace[c] = one + trace[c] * (one - rise[c])
        else:
            for c in range(n):
                keep = zero if line[c] >= one else one
                trace[c] = one + trace[c] * (keep - line[c] * rise[c])
    for c in range(n):
        rate[c] *= slope[c] / steps


@jit
def sum_by_frame(g: np.ndarray, order: np.ndarray, frames: np.ndarray) -> None:
    """Fill frames (F, n) with the sums of g (T, n) over the steps of each frame."""
    frames[:] = 0
    for t in range(len(order)):
        line, target = g[t], frames[order[t]]
        for c in range(len(line)):
            target[c] += line[c]


@jit
def backward_block(
    table: np.ndarray,
    rows: np.ndarray,
    windows: np.ndarray,
    piece: Piece,
    start: int,
    stop: int,
    pooled: np.ndarray,
    gradient: np.ndarray,
    bias: np.ndarray,
) -> None:
    """Add to gradient and bias what the gradient ``pooled`` (T, B, all channels) makes.

    table, rows, windows, piece, start and stop are as in :func:`forward_block`; gradient is
    (N, F, k*C) for the projections, or (N, 1, k*C) for those of the mean frame where
    ``piece.rate``, but for the rule currents; bias is (C,) float64.
    """
    steps, n, frames = len(piece.order), stop - start, table.shape[1]
    most = windows.max()
    scratch = np.empty((most, frames, n), table.dtype)
    # where every step has a frame of its own, potentials take the place of the currents
    apart = steps != frames and piece.rule != CURRENTS
    potentials = np.empty((most, steps, n), table.dtype) if apart else scratch
    given, g = np.empty((steps, n), table.dtype), np.empty((steps, n), table.dtype)
    h, rate = np.empty_like(g), np.empty(n, table.dtype)
    fired, silent = np.empty_like(g), np.empty_like(g)
    for b in range(len(windows)):
        currents, u = scratch[: windows[b]], potentials[: windows[b]]
        gather(table, rows[b], piece, start, currents)
        for t in range(steps):
            line, part = given[t], pooled[t, b][piece.column + start :]
            for c in range(n):
                line[c] = part[c]
        if piece.rule == CURRENTS:
            _currents_gradient(currents, piece, start, given, g, h)
        else:
            for w in range(windows[b]):
                integrate(currents[w], piece, start, u[w])
            share(piece.rule, u, given, piece.one, fired, silent)
            for w in range(windows[b]):
                window_gradient(piece.rule, w, u[w], piece.one, fired, silent, g, piece.down)
                if piece.rate:
                    through_rate(u[w], g, piece, h, rate)
                    currents[w, 0] = rate  # only now: it may be a row of u
                else:
                    through_time(u[w], g, piece, h)
                    sum_by_frame(g, piece.order, currents[w])
        scatter(gradient, rows[b], piece, start, currents, bias)


@jit
def _currents_gradient(
    currents: np.ndarray,
    piece: Piece,
    start: int,
    given: np.ndarray,
    u: np.ndarray,
    h: np.ndarray,
) -> None:
    """Turn currents (W, F, n) into their gradient where the neuron reads the largest of them.

    given: (T, n), gradient for the neuron's spikes; it is changed. u, h: scratch (T, n)
    """
    one = piece.one
    zero = one - one
    best, many = np.empty_like(currents[0]), np.zeros_like(currents[0])
    frames = np.empty_like(best)
    highest(currents, best)
    integrate(best, piece, start, u)
    if piece.rate:
        through_rate(u, given, piece, h, frames[0])
        for f in range(len(frames) - 1, -1, -1):
            for c in range(best.shape[1]):
                frames[f, c] = frames[0, c] * piece.repeats[f] / len(piece.order)
    else:
        through_time(u, given, piece, h)
        sum_by_frame(given, piece.order, frames)
    top, ties, found = best.reshape(-1), many.reshape(-1), frames.reshape(-1)
    for w in range(len(currents)):
        line = currents[w].reshape(-1)
        for i in range(len(line)):
            ties[i] += one if line[i] == top[i] else zero
    for w in range(len(currents)):
        line = currents[w].reshape(-1)
        for i in range(len(line)):
            part = found[i] / ties[i]
            line[i] = part if line[i] == top[i] else zero


@jit
def scatter(
    gradient: np.ndarray,
    rows: np.ndarray,
    piece: Piece,
    start: int,
    currents: np.ndarray,
    bias: np.ndarray,
) -> None:
    """Add the gradient for one text's currents (W, F, n) to its words' and to the bias's.

    gradient: (N, F or less, k*C)
    """
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
                    part = target[j * len(piece.bias) + start :]
                    for c in range(n):
                        part[c] += line[c]
