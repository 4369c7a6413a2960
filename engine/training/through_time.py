"""Numba kernels: from the gradient for a window's spikes to that for its currents.

Symbols as in `kernels.py`. Either exactly, backward through time, or by rates (`rate.py`).
"""

from __future__ import annotations

import numpy as np

from ..compiled.jit import jit
from .kernels import ATAN, DSR, EXACT, OTTT, RECTANGLE, SIGMOID, Neurons


@jit
def slopes(u: np.ndarray, neurons: Neurons, h: np.ndarray) -> None:
    """Fill h (n,) with the surrogate's slope at u (n,); x = u - 1.

    atan: height / (1 + (scale x)^2); sigmoid: scale z (1 - z), z = 1 / (1 + exp(-scale x));
    rectangle: height for |x| < edge; triangle: height - scale |x| for |x| <= edge.
    """
    one, height, scale, edge = neurons.one, neurons.height, neurons.scale, neurons.edge
    zero = one - one
    if neurons.slope == ATAN:
        for i in range(len(h)):
            x = scale * (u[i] - one)
            h[i] = height / (one + x * x)
    elif neurons.slope == SIGMOID:
        for i in range(len(h)):
            e = np.exp(-abs(scale * (u[i] - one)))  # with 1 - z digits would be lost
            h[i] = scale * e / ((one + e) * (one + e))
    elif neurons.slope == RECTANGLE:
        for i in range(len(h)):
            h[i] = height if abs(u[i] - one) < edge else zero
    else:
        for i in range(len(h)):
            x = abs(u[i] - one)
            h[i] = height - scale * x if x <= edge else zero


@jit
def through_time(u: np.ndarray, g: np.ndarray, neurons: Neurons, h: np.ndarray) -> None:
    """Turn g (T, n) from the gradient for the spikes into that for the currents, through steps.

    d(t) = g(t) h(u(t)) + d(t+1) r(t) with r = 1 - h (soft reset), or 1 - s - u h (hard reset);
    h is scratch (T, n). Where t + 1 is a multiple of ``neurons.cut``, d(t+1) is left out. Of the
    other ways (`online_neurons.py`), sltt has r = 0, and ottt r = 1.
    """
    slopes(u.reshape(-1), neurons, h.reshape(-1))
    if neurons.way != EXACT:
        _at_each_step(neurons, g, h)
        return
    _at_one_step(g[len(g) - 1], h[len(g) - 1])
    if neurons.soft:
        _back_soft(neurons, g, h)
    else:
        _back_hard(neurons, u, g, h)


@jit
def _at_one_step(now: np.ndarray, rise: np.ndarray) -> None:
    """:func:`through_time` at a step (n,) to which nothing comes back from the next one."""
    for c in range(len(now)):
        now[c] *= rise[c]


@jit
def _at_each_step(neurons: Neurons, g: np.ndarray, h: np.ndarray) -> None:
    """:func:`through_time` for the ways sltt and ottt."""
    whole, rise = g.reshape(-1), h.reshape(-1)
    for i in range(len(whole)):
        whole[i] *= rise[i]
    if neurons.way == OTTT:
        for i in range(1, len(g)):
            t = neurons.down[i]
            now, after = g[t], g[t + 1]
            for c in range(len(now)):
                now[c] += after[c]


@jit
def _back_soft(neurons: Neurons, g: np.ndarray, h: np.ndarray) -> None:
    """The recursion of :func:`through_time` from the last step but one, for soft reset."""
    one = neurons.one
    for i in range(1, len(g)):
        t = neurons.down[i]
        rise, now, after = h[t], g[t], g[t + 1]
        if (t + 1) % neurons.cut == 0:
            _at_one_step(now, rise)
            continue
        for c in range(g.shape[1]):
            now[c] = now[c] * rise[c] + after[c] * (one - rise[c])


@jit
def _back_hard(neurons: Neurons, u: np.ndarray, g: np.ndarray, h: np.ndarray) -> None:
    """The same for hard reset."""
    one, zero = neurons.one, neurons.one - neurons.one
    for i in range(1, len(g)):
        t = neurons.down[i]
        line, rise, now, after = u[t], h[t], g[t], g[t + 1]
        if (t + 1) % neurons.cut == 0:
            _at_one_step(now, rise)
            continue
        for c in range(g.shape[1]):
            keep = zero if line[c] >= one else one
            now[c] = now[c] * rise[c] + after[c] * (keep - line[c] * rise[c])


@jit
def through_rate(
    u: np.ndarray, g: np.ndarray, neurons: Neurons, h: np.ndarray, rate: np.ndarray
) -> None:
    """Fill rate (n,), the gradient for the mean current, by rates (`rate.py`).

    g: (T, n), gradient for the spikes; h: scratch (T, n)
    """
    if neurons.way == DSR:
        _through_clip(u, g, neurons, rate)
        return
    steps, n = u.shape
    one = neurons.one
    zero = one - one
    slopes(u.reshape(-1), neurons, h.reshape(-1))
    trace, slope = np.full(n, one, u.dtype), np.zeros(n, u.dtype)
    rate[:] = zero
    for t in range(steps):
        line, rise, now = u[t], h[t], g[t]
        for c in range(n):
            rate[c] += now[c]
        for c in range(n):
            slope[c] += trace[c] * rise[c]
        if neurons.soft:
            for c in range(n):
                trace[c] = one + trace[c] * (one - rise[c])
        else:
            for c in range(n):
                keep = zero if line[c] >= one else one
                trace[c] = one + trace[c] * (keep - line[c] * rise[c])
    for c in range(n):
        rate[c] *= slope[c] / steps


@jit
def _through_clip(u: np.ndarray, g: np.ndarray, neurons: Neurons, rate: np.ndarray) -> None:
    """:func:`through_rate` for the way dsr, of soft reset: the rate is the mean current, clipped.

    What came in is what is left in the end and was spent on spikes, less V(0).
    """
    steps, n = u.shape
    one = neurons.one
    zero, most = one - one, one * steps
    arrived = np.empty(n, u.dtype)
    for c in range(n):
        arrived[c] = u[steps - 1, c] - neurons.initial[neurons.first + c]
        rate[c] = zero
    for t in range(steps):
        line, now = u[t], g[t]
        for c in range(n):
            rate[c] += now[c]
        if t < steps - 1:
            for c in range(n):
                arrived[c] += one if line[c] >= one else zero
    for c in range(n):
        inside = zero <= arrived[c] <= most
        rate[c] = rate[c] if inside else zero


@jit
def sum_by_frame(g: np.ndarray, neurons: Neurons, frames: np.ndarray) -> None:
    """Fill frames (F, n) with the sums of g (T, n) over the steps of each frame."""
    frames[:] = 0
    for t in range(len(g)):
        line, target = g[t], frames[neurons.order[t]]
        for c in range(len(line)):
            target[c] += line[c]
