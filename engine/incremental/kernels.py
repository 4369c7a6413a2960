"""Numba kernels for texts that differ from a base text in a few words.

What pooling leaves of a stretch of windows is a *summary*, a matrix (R, C) by rule:

    spikes    R = T   the largest spike at each step
    counts    R = T   the largest spike count after each step
    gated     R = 2T  the largest count after each step, then the spikes of the first window with it
    mean      R = T   the sum of the spikes at each step
    currents  R = F   the largest current of each frame
    largest   R = 1   the same, of an ANN: nothing is integrated

Summaries of neighbouring stretches join into that of both, left before right where it matters
(gated). So a text's summary is that of its untouched first windows, read from the base, of the
touched ones, which are computed, and of its untouched last windows, read from the base.

A text is rows of a branch's table (k, rows, F * C) of projected words (`store.py`): row 0 is
silent, and the bias is in tap 0. Summaries and currents lie flat too, because LLVM vectorises loops
over one axis of plain vectors, and the longer the better.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np

from ..compiled.jit import jit
from ..inference.store import SILENT

SPIKES, COUNTS, GATED, MEAN, CURRENTS, LARGEST = range(6)
RULES = {
    "spikes": SPIKES,
    "counts": COUNTS,
    "gated": GATED,
    "mean": MEAN,
    "currents": CURRENTS,
    "largest": LARGEST,
}

# a call hands over seven numbers for each array, which costs as much as a step of 100 neurons
inlined: Any = numba.njit(nogil=True, cache=True, error_model="numpy", forceinline=True)


class Layer(NamedTuple):
    """One branch, as the kernels read it.

    rule: see `RULES`; width: k; left, right: zeros beside a text; soft: reset by subtraction;
    exact: sums are the same in any order; one: the threshold 1; initial: (C,) V(0); order: (T,)
    int64, the frame of each step.
    """

    rule: int
    width: int
    left: int
    right: int
    soft: bool
    exact: bool
    one: np.float32  # a float32 global would stop LLVM from vectorising
    initial: np.ndarray
    order: np.ndarray


def summary_rows(rule: int, steps: int, frames: int) -> int:
    """R, the rows of a summary."""
    return {GATED: 2 * steps, CURRENTS: frames, LARGEST: 1}.get(rule, steps)


@jit
def window_count(words: int, layer: Layer) -> int:
    """Windows of a text of ``words`` words: at least one."""
    return max(words + layer.left + layer.right, layer.width) - layer.width + 1


@jit
def unchanged(base: np.ndarray, text: np.ndarray) -> tuple[int, int]:
    """Lengths of the longest common prefix, and of the longest common suffix behind it."""
    most = min(len(base), len(text))
    first = 0
    while first < most and base[first] == text[first]:
        first += 1
    last = 0
    while last < most - first and base[len(base) - 1 - last] == text[len(text) - 1 - last]:
        last += 1
    return first, last


@jit
def unchanged_of_all(base: np.ndarray, words: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Common prefix and suffix (N, 2) of ``base`` with texts ``words[starts[i]:starts[i + 1]]``."""
    found = np.empty((len(starts) - 1, 2), np.int64)
    for i in range(len(starts) - 1):
        found[i] = unchanged(base, words[starts[i] : starts[i + 1]])
    return found


@inlined
def copy(values: np.ndarray, out: np.ndarray) -> None:
    """Set out = values."""
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
    """One step of IF neurons (C,): changes ``v``, fills ``spikes``.

    Called at every step, so it does not take a whole `Layer`: handing one over costs more than
    the step does.
    """
    if soft:
        fire_soft(current, one, v, spikes)
    else:
        fire_hard(current, one, v, spikes)


@jit
def clear(layer: Layer, out: np.ndarray) -> None:
    """Make ``out`` (R * C) the summary of no window."""
    out[:] = -np.inf if layer.rule >= CURRENTS else 0
    if layer.rule == GATED:
        out[: len(out) // 2] = -1


@jit
def add_words(
    table: np.ndarray,
    rows: np.ndarray,
    layer: Layer,
    window: int,
    first: int,
    last: int,
    inside: bool,
    current: np.ndarray,
) -> None:
    """Add to ``current`` (F * C) what some of a window's positions send.

    These are the positions first <= p < last (``inside``), or the others, tap after tap.
    """
    for j in range(layer.width):
        position = window - layer.left + j
        if (first <= position < last) == inside:
            row = rows[position] if 0 <= position < len(rows) else SILENT
            add(table[j, row], current)


@jit
def add_window(
    layer: Layer, current: np.ndarray, later: bool, scratch: np.ndarray, out: np.ndarray
) -> None:
    """Join one window into the summary ``out`` (R * C).

    Args:
        layer: the branch
        current: (F * C), of each frame
        later: the window lies behind those in ``out``, not before them
        scratch: (3, C), for potentials, spikes and counts
        out: changed in place
    """
    if layer.rule >= CURRENTS:
        take_larger(current, out)
        return
    n, soft, one = len(layer.initial), layer.soft, layer.one
    v, spikes, counts = scratch[0], scratch[1], scratch[2]
    copy(layer.initial, v)
    counts[:] = 0
    for t in range(len(layer.order)):
        f = layer.order[t]
        fire(current[f * n : f * n + n], soft, one, v, spikes)
        best = out[t * n : t * n + n]
        if layer.rule == SPIKES:
            take_larger(spikes, best)
        elif layer.rule == MEAN:
            add(spikes, best)
        else:
            add(spikes, counts)
            if layer.rule == COUNTS:
                take_larger(counts, best)
            else:
                behind = len(out) // 2 + t * n
                take_winner(counts, spikes, best, out[behind : behind + n], later)


@jit
def join(layer: Layer, right: np.ndarray, out: np.ndarray) -> None:
    """Join the summary ``right`` (R * C) of later windows into ``out`` (R * C)."""
    if layer.rule == GATED:
        half = len(out) // 2
        take_winner(right[:half], right[half:], out[:half], out[half:], True)
    elif layer.rule == MEAN:
        add(right, out)
    else:
        take_larger(right, out)


@jit
def pooled_signal(
    layer: Layer,
    summary: np.ndarray,
    windows: int,
    scratch: np.ndarray,
    column: int,
    out: np.ndarray,
) -> None:
    """What pooling passes on, from the summary of all ``windows`` of a text.

    Args:
        layer: the branch
        summary: (R * C)
        windows: W
        scratch: (3, C)
        column: the branch's first column in ``out``
        out: (T, sum of C), filled in; or (1, sum of C), for the sum over the steps
    """
    steps, n = len(layer.order), len(layer.initial)
    if layer.rule == LARGEST:
        copy(summary, out[0, column : column + n])
        return
    half, size = len(summary) // 2, np.float32(windows)
    v, line = scratch[0], scratch[1]
    copy(layer.initial, v)
    if len(out) < steps:
        out[0, column : column + n] = 0
    for t in range(steps):
        if layer.rule != CURRENTS:
            copy(summary[t * n : t * n + n], line)
        if layer.rule == GATED:
            copy(summary[half + t * n : half + t * n + n], line)
        elif layer.rule == MEAN:
            for c in range(n):
                line[c] /= size
        elif layer.rule == CURRENTS:
            f = layer.order[t]
            fire(summary[f * n : f * n + n], layer.soft, layer.one, v, line)
        elif layer.rule == COUNTS and t:
            previous = summary[t * n - n : t * n]
            for c in range(n):
                line[c] -= previous[c]
        if len(out) < steps:
            add(line, out[0, column : column + n])
        else:
            copy(line, out[t, column : column + n])


@jit
def base_summaries(
    table: np.ndarray, rows: np.ndarray, layer: Layer, first: np.ndarray, last: np.ndarray
) -> None:
    """Summaries of a base text's first and last i windows, i = 0 .. W.

    Args:
        table: (k, rows, F * C)
        rows: (n,) rows of the base's words
        layer: the branch
        first: (W + 1, R * C), filled in
        last: (W + 1, R * C), filled in
    """
    windows = len(first) - 1
    current = np.empty(table.shape[2], np.float32)
    scratch = np.empty((3, len(layer.initial)), np.float32)
    clear(layer, first[0])
    clear(layer, last[0])
    for i in range(windows):
        for later in (True, False):
            target, window = (first, i) if later else (last, windows - 1 - i)
            current[:] = 0
            add_words(table, rows, layer, window, 0, 0, False, current)
            copy(target[i], target[i + 1])
            add_window(layer, current, later, scratch, target[i + 1])


@jit
def pooled_variants(
    table: np.ndarray,
    rows: np.ndarray,
    starts: np.ndarray,
    same: np.ndarray,
    layer: Layer,
    first: np.ndarray,
    last: np.ndarray,
    column: int,
    out: np.ndarray,
) -> None:
    """Pooled signals of texts that share words with a base.

    Where sums are the same in any order, the words that neighbouring texts share are added up once
    for all of them: put texts that differ at the same place side by side.

    Args:
        table: (k, rows, F * C)
        rows: rows of the words of all texts, one text after the other
        starts: (N + 1,) where each text starts in ``rows``
        same: (N, 2) words that each text has in common with the base, from its start and its end
        layer: the branch
        first: of the base, see :func:`base_summaries`
        last: of the base
        column: the branch's first column in ``out``
        out: (N, T, sum of C), filled in; or (N, 1, sum of C), for sums over the steps
    """
    most = 1
    for i in range(len(same)):
        most = max(most, starts[i + 1] - starts[i] - same[i].sum() + layer.width)
    shared = np.empty((most, table.shape[2]), np.float32)
    current = np.empty(table.shape[2], np.float32)
    scratch = np.empty((3, len(layer.initial)), np.float32)
    summary = np.empty(first.shape[1], np.float32)
    size = -1  # words of the text before
    for i in range(len(same)):
        text = rows[starts[i] : starts[i + 1]]
        begin, end = same[i, 0], len(text) - same[i, 1]  # the words that changed
        # windows that hold none of them
        before = max(begin + layer.left - layer.width + 1, 0)
        behind = max(same[i, 1] + layer.right - layer.width + 1, 0)
        touched = window_count(len(text), layer) - before - behind
        if not layer.exact:
            begin, end = 0, 0  # nothing is shared, and words are added from left to right
        if size != len(text) or begin != same[i - 1, 0] or same[i, 1] != same[i - 1, 1]:
            size = len(text)
            for w in range(touched):
                shared[w] = 0
                if layer.exact:
                    add_words(table, text, layer, before + w, begin, end, False, shared[w])
        copy(first[before], summary)
        for w in range(touched):
            copy(shared[w], current)
            add_words(table, text, layer, before + w, begin, end, layer.exact, current)
            add_window(layer, current, True, scratch, summary)
        join(layer, last[behind], summary)
        windows = before + touched + behind
        pooled_signal(layer, summary, windows, scratch, column, out[i])


@jit
def largest_of_texts(
    table: np.ndarray, rows: np.ndarray, starts: np.ndarray, layer: Layer, out: np.ndarray
) -> None:
    """The largest currents of texts, from all of their windows.

    Args:
        table: (k, rows, C)
        rows: rows of the words of all texts, one text after the other
        starts: (N + 1,) where each text starts in ``rows``
        layer: the branch
        out: (N, C), filled in
    """
    current = np.empty(table.shape[2], np.float32)
    for i in range(len(out)):
        text = rows[starts[i] : starts[i + 1]]
        for w in range(window_count(len(text), layer)):
            current[:] = 0
            add_words(table, text, layer, w, 0, 0, False, current)
            if w:
                take_larger(current, out[i])
            else:
                copy(current, out[i])
