"""What pooling leaves of a stretch of windows, and how one more window or stretch is joined to it.

A *summary* is a matrix (R, C) by rule:

    spikes    R = T   the largest spike at each step
    counts    R = T   the largest spike count after each step
    gated     R = 2T  the largest count after each step, then the spikes of the first window with it
    mean      R = T   the sum of the spikes at each step
    currents  R = F   the largest current of each frame
    largest   R = 1   the same, of an ANN: nothing is integrated

Summaries of neighbouring stretches join into that of both, left before right where it matters
(gated). Summaries and currents lie flat, because LLVM vectorises loops over one axis of plain
vectors, and the longer the better.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np

from ..compiled.jit import jit
from ..compiled.layer import COUNTS, CURRENTS, GATED, LARGEST, MEAN, SPIKES, Layer
from ..compiled.vectors import Pointer, pointer

# a call hands over seven numbers for each array, which costs as much as a step of 100 neurons
inlined: Any = numba.njit(nogil=True, cache=True, error_model="numpy", forceinline=True)


class Neurons(NamedTuple):
    """A branch's neurons in numbers and pointers, which cost nothing to hand over: see `Layer`."""

    rule: int
    soft: bool
    one: np.float32
    channels: int
    steps: int
    initial: Pointer
    order: Pointer


@inlined
def neurons_of(layer: Layer) -> Neurons:
    """The neurons of a branch, which must be kept as long as they are used."""
    return Neurons(
        layer.rule,
        layer.soft,
        layer.one,
        len(layer.initial),
        len(layer.order),
        pointer(layer.initial),
        pointer(layer.order),
    )


def summary_size(layer: Layer, frames: int) -> int:
    """Numbers of one summary of a branch whose words have so many frames: R * C."""
    rows = {GATED: 2 * layer.steps, CURRENTS: frames, LARGEST: 1}.get(layer.rule, layer.steps)
    return rows * layer.channels


@inlined
def copy(values: np.ndarray | Pointer, out: np.ndarray) -> None:
    """Set out = values, of an array or a pointer."""
    for i in range(len(out)):
        out[i] = values[i]


@inlined
def add(values: np.ndarray, out: np.ndarray) -> None:
    """Set out = out + values."""
    for i in range(len(out)):
        out[i] += values[i]


@inlined
def take_larger(values: np.ndarray, out: np.ndarray) -> None:
    """Set out = max(out, values)."""
    for i in range(len(out)):
        out[i] = values[i] if values[i] > out[i] else out[i]


@inlined
def take_winner(
    counts: np.ndarray, spikes: np.ndarray, best: np.ndarray, passed: np.ndarray, later: bool
) -> None:
    """The larger of two counts and its spikes; of equal ones, those of the earlier window."""
    if later:
        for i in range(len(best)):
            wins = counts[i] > best[i]
            best[i] = counts[i] if wins else best[i]
            passed[i] = spikes[i] if wins else passed[i]
    else:
        for i in range(len(best)):
            wins = counts[i] >= best[i]
            best[i] = counts[i] if wins else best[i]
            passed[i] = spikes[i] if wins else passed[i]


@inlined
def fire_soft(current: np.ndarray, one: np.float32, v: np.ndarray, spikes: np.ndarray) -> None:
    """One step of IF neurons with soft reset (`models.neurons.if_step`)."""
    zero = np.float32(0)
    for c in range(len(v)):
        u = v[c] + current[c]
        s = one if u >= one else zero
        spikes[c] = s
        v[c] = u - s


@inlined
def fire_hard(current: np.ndarray, one: np.float32, v: np.ndarray, spikes: np.ndarray) -> None:
    """One step of IF neurons with hard reset."""
    zero = np.float32(0)
    for c in range(len(v)):
        u = v[c] + current[c]
        s = one if u >= one else zero
        spikes[c] = s
        v[c] = u * (one - s)


@inlined
def fire(
    current: np.ndarray, soft: bool, one: np.float32, v: np.ndarray, spikes: np.ndarray
) -> None:
    """One step of IF neurons (C,): changes ``v``, fills ``spikes``."""
    if soft:
        fire_soft(current, one, v, spikes)
    else:
        fire_hard(current, one, v, spikes)


@jit
def clear(neurons: Neurons, out: np.ndarray) -> None:
    """Make ``out`` (R * C) the summary of no window."""
    out[:] = -np.inf if neurons.rule >= CURRENTS else 0
    if neurons.rule == GATED:
        out[: len(out) // 2] = -1


@jit
def add_window(
    neurons: Neurons, current: np.ndarray, later: bool, scratch: np.ndarray, out: np.ndarray
) -> None:
    """Join one window into the summary ``out`` (R * C).

    Args:
        neurons: of the branch
        current: (F * C), of each frame
        later: the window lies behind those in ``out``, not before them
        scratch: (3, C), for potentials, spikes and counts
        out: changed in place
    """
    if neurons.rule >= CURRENTS:
        take_larger(current, out)
        return
    n, soft, one = neurons.channels, neurons.soft, neurons.one
    v, spikes, counts = scratch[0], scratch[1], scratch[2]
    copy(neurons.initial, v)
    counts[:] = 0
    for t in range(neurons.steps):
        f = neurons.order[t]
        fire(current[f * n : f * n + n], soft, one, v, spikes)
        best = out[t * n : t * n + n]
        if neurons.rule == SPIKES:
            take_larger(spikes, best)
        elif neurons.rule == MEAN:
            add(spikes, best)
        else:
            add(spikes, counts)
            if neurons.rule == COUNTS:
                take_larger(counts, best)
            else:
                behind = len(out) // 2 + t * n
                take_winner(counts, spikes, best, out[behind : behind + n], later)


@jit
def join(neurons: Neurons, right: np.ndarray, out: np.ndarray) -> None:
    """Join the summary ``right`` (R * C) of later windows into ``out`` (R * C)."""
    if neurons.rule == GATED:
        half = len(out) // 2
        take_winner(right[:half], right[half:], out[:half], out[half:], True)
    elif neurons.rule == MEAN:
        add(right, out)
    else:
        take_larger(right, out)


@jit
def passed_on(
    neurons: Neurons, summary: np.ndarray, windows: int, v: np.ndarray, spikes: np.ndarray
) -> np.ndarray:
    """What pooling passes on (T * C), from the summary of all ``windows`` of a text.

    Args:
        neurons: of the branch
        summary: (R * C), changed in place
        windows: W
        v: scratch (C,) for potentials
        spikes: (T * C) where the rule is currents, filled in
    """
    n, steps, half, size = len(v), neurons.steps, len(summary) // 2, np.float32(windows)
    if neurons.rule == GATED:
        return summary[half:]
    if neurons.rule == MEAN:
        for i in range(len(summary)):
            summary[i] /= size
    elif neurons.rule == COUNTS:
        for t in range(steps - 1, 0, -1):
            count, before = summary[t * n : t * n + n], summary[t * n - n : t * n]
            for c in range(n):
                count[c] -= before[c]
    elif neurons.rule == CURRENTS:
        copy(neurons.initial, v)
        for t in range(steps):
            f = neurons.order[t]
            current = summary[f * n : f * n + n]
            fire(current, neurons.soft, neurons.one, v, spikes[t * n : t * n + n])
        return spikes
    return summary
