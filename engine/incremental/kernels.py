"""Numba kernels for texts that differ from a base text in a few words.

A text's summary (`summaries.py`) is that of its untouched first windows, read from the base, of the
touched ones, which are computed, and of its untouched last windows, read from the base.

A text is rows of a branch's table (k, rows, F * C) of projected words (`store.py`): row 0 is
silent, and the bias is in tap 0.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..compiled.jit import jit
from ..compiled.layer import CURRENTS, Layer
from ..inference.store import SILENT
from .summaries import (
    add,
    add_window,
    clear,
    copy,
    join,
    neurons_of,
    passed_on,
    take_larger,
)


class Edits(NamedTuple):
    """Texts that share words with a base.

    rows: of the words of all texts, one text after the other; starts: (N + 1,) where each text
    starts in ``rows``; same: (N, 2) words that each text has in common with the base, from its
    start and from its end.
    """

    rows: np.ndarray
    starts: np.ndarray
    same: np.ndarray


class Ends(NamedTuple):
    """Summaries (W + 1, R * C) of a base's first i windows, and of its last i, i = 0 .. W."""

    first: np.ndarray
    last: np.ndarray


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
    same = np.empty((len(starts) - 1, 2), np.int64)
    for i in range(len(starts) - 1):
        same[i] = unchanged(base, words[starts[i] : starts[i + 1]])
    return same


@jit
def add_words(
    table: np.ndarray,
    rows: np.ndarray,
    begin: int,
    changed: tuple[int, int],
    inside: bool,
    current: np.ndarray,
) -> None:
    """Add to ``current`` (F * C) what some positions of the window from ``begin`` on send.

    These are the ``changed`` ones, first <= p < last (``inside``), or the others, tap after tap.
    """
    for j in range(len(table)):
        position = begin + j
        if (changed[0] <= position < changed[1]) == inside:
            row = rows[position] if 0 <= position < len(rows) else SILENT
            add(table[j, row], current)


@jit
def write_signal(passed: np.ndarray, column: int, n: int, out: np.ndarray) -> None:
    """Write what pooling passes on (T * n) to the columns from ``column`` on.

    out: (T, sum of C), or (1, sum of C) for the sum over the steps
    """
    steps = len(passed) // n
    if len(out) == steps:
        for t in range(steps):
            copy(passed[t * n : t * n + n], out[t, column : column + n])
        return
    out[0, column : column + n] = 0
    for t in range(steps):
        add(passed[t * n : t * n + n], out[0, column : column + n])


@jit
def base_summaries(table: np.ndarray, rows: np.ndarray, layer: Layer, ends: Ends) -> None:
    """Summaries of a base text's first and last i windows, i = 0 .. W.

    Args:
        table: (k, rows, F * C)
        rows: (n,) rows of the base's words
        layer: the branch
        ends: filled in
    """
    neurons, first, last = neurons_of(layer), ends.first, ends.last
    windows = len(first) - 1
    current = np.empty(table.shape[2], np.float32)
    scratch = np.empty((3, neurons.channels), np.float32)
    clear(neurons, first[0])
    clear(neurons, last[0])
    for i in range(windows):
        for later in (True, False):
            target, window = (first, i) if later else (last, windows - 1 - i)
            current[:] = 0
            add_words(table, rows, window - layer.left, (0, 0), False, current)
            copy(target[i], target[i + 1])
            add_window(neurons, current, later, scratch, target[i + 1])


@jit
def most_touched(edits: Edits, width: int) -> int:
    """No text has more windows that hold a changed word."""
    most = 1
    for i in range(len(edits.same)):
        words = edits.starts[i + 1] - edits.starts[i]
        most = max(most, words - edits.same[i].sum() + width)
    return most


@jit
def pooled_variants(
    table: np.ndarray, edits: Edits, layer: Layer, base: Ends, column: int, out: np.ndarray
) -> None:
    """Pooled signals of texts that share words with a base.

    Where sums are the same in any order, the words that neighbouring texts share are added up once
    for all of them: put texts that differ at the same place side by side.

    Args:
        table: (k, rows, F * C)
        edits: the N texts
        layer: the branch
        base: its summaries
        column: the branch's first column in ``out``
        out: (N, T, sum of C), filled in; or (N, 1, sum of C), for sums over the steps
    """
    neurons, left, exact = neurons_of(layer), layer.left, layer.exact
    rows, starts, same, first, last = edits.rows, edits.starts, edits.same, base.first, base.last
    shared = np.empty((most_touched(edits, layer.width), table.shape[2]), np.float32)
    current = np.empty(table.shape[2], np.float32)
    scratch = np.empty((3, neurons.channels), np.float32)
    spikes = np.empty(neurons.steps * neurons.channels * (layer.rule == CURRENTS), np.float32)
    summary = np.empty(first.shape[1], np.float32)
    size = -1  # words of the text before
    for i in range(len(same)):
        text = rows[starts[i] : starts[i + 1]]
        changed = same[i, 0], len(text) - same[i, 1]
        # windows that hold none of them
        before = max(changed[0] + left - layer.width + 1, 0)
        behind = max(same[i, 1] + layer.right - layer.width + 1, 0)
        windows = window_count(len(text), layer)
        if not exact:
            changed = 0, 0  # nothing is shared, and words are added from left to right
        if size != len(text) or changed[0] != same[i - 1, 0] or same[i, 1] != same[i - 1, 1]:
            size = len(text)
            for w in range(before, windows - behind):
                shared[w - before] = 0
                if exact:
                    add_words(table, text, w - left, changed, False, shared[w - before])
        copy(first[before], summary)
        for w in range(before, windows - behind):
            copy(shared[w - before], current)
            add_words(table, text, w - left, changed, exact, current)
            add_window(neurons, current, True, scratch, summary)
        join(neurons, last[behind], summary)
        passed = passed_on(neurons, summary, windows, scratch[0], spikes)
        write_signal(passed, column, neurons.channels, out[i])


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
            add_words(table, text, w - layer.left, (0, 0), False, current)
            if w:
                take_larger(current, out[i])
            else:
                copy(current, out[i])
