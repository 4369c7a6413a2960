"""Numba kernels: how the gradient of one text's pooled spikes is shared among its windows.

Symbols as in `kernels.py`. A maximum shares its gradient evenly among all windows that attain it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..compiled.jit import jit
from ..compiled.layer import COUNTS, GATED, MEAN, SPIKES
from .kernels import Neurons


@jit
def share(
    rule: int, u: np.ndarray, g: np.ndarray, one: Any, fired: np.ndarray, silent: np.ndarray
) -> None:
    """Prepare how the gradient g (T, n) of one text's pooled spikes is shared among its windows.

    u: (W, T, n).

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
    whole, yes, no = g.reshape(-1), fired.reshape(-1), silent.reshape(-1)
    for i in range(len(whole)):
        no[i] = whole[i] / windows
        yes[i] = zero if rule == SPIKES else no[i]
    if rule == SPIKES:
        for w in range(windows):
            line = u[w].reshape(-1)
            for i in range(len(line)):
                yes[i] += one if line[i] >= one else zero
        for i in range(len(yes)):
            many, rest = yes[i], no[i]
            part = whole[i] / max(many, one)
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
    neurons: Neurons,
    w: int,
    u: np.ndarray,
    fired: np.ndarray,
    silent: np.ndarray,
    g: np.ndarray,
) -> None:
    """Fill g (T, n), the gradient for the spikes of window ``w`` with potentials u (T, n).

    fired, silent: (T, n), see :func:`share`
    """
    rule, one = neurons.rule, neurons.one
    if rule in (SPIKES, MEAN):
        line, yes = u.reshape(-1), fired.reshape(-1)
        no, out = silent.reshape(-1), g.reshape(-1)
        for i in range(len(line)):
            a, b = yes[i], no[i]  # read both: a load under a condition is not vectorised
            out[i] = a if line[i] >= one else b
    elif rule == GATED:
        for t in range(len(g)):
            for c in range(g.shape[1]):
                part = fired[t, c]
                g[t, c] = part if silent[t, c] == w else one - one
    else:
        _counts_gradient(neurons, u, fired, silent, g)


@jit
def _counts_gradient(
    neurons: Neurons, u: np.ndarray, fired: np.ndarray, silent: np.ndarray, g: np.ndarray
) -> None:
    """:func:`window_gradient` for the rule counts: a spike at t is part of every later count."""
    steps, n = u.shape
    one, zero = neurons.one, neurons.one - neurons.one
    count, later = np.zeros(n, u.dtype), np.zeros(n, u.dtype)
    for t in range(steps):
        for c in range(n):
            count[c] += one if u[t, c] >= one else zero
    for i in range(steps):
        t = neurons.down[i]
        for c in range(n):
            part = fired[t, c]
            later[c] += part if count[c] == silent[t, c] else zero
            g[t, c] = later[c]
            count[c] -= one if u[t, c] >= one else zero
