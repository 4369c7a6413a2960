"""Numba kernels: gather table rows, integrate, fire and pool, text after text.

A text needs no padding here: a window that reaches beyond its text reads row 0 of the table, which
is silent. Channels are taken some at a time, as vectors (`vectors.py`); the potentials of one
window stay in registers while it runs through all steps, and its rows are read in the order in
which they lie. What the windows of a text share is one scratch (T, lanes).

The last vector of a row may reach beyond its channels; what it reads there is computed and thrown
away, so a table needs `vectors.WIDEST` more numbers at its end.

Constants live inside the functions: a global `np.float32` keeps LLVM from vectorising a loop.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..compiled.jit import inline, jit
from ..compiled.vectors import (
    add,
    either,
    in_units,
    larger,
    load,
    silenced,
    spikes_of,
    store,
    subtract,
    where_larger,
    zeros16,
    zeros32,
    zeros64,
)

SPIKES, COUNTS, GATED, MEAN, CURRENTS = range(5)
RULES = {"spikes": SPIKES, "counts": COUNTS, "gated": GATED, "mean": MEAN, "currents": CURRENTS}


@inline
def current(like: Any, table: np.ndarray, at: np.ndarray, offset: int, unit: np.float32) -> Any:
    """Currents of some channels of one window and frame: the sum over taps of table rows.

    Rows of int16 are multiples of ``unit``, a power of two, so their sums are exact too.
    """
    total = load(like, table, at[0] + offset)
    for j in range(1, len(at)):
        total = add(total, load(like, table, at[j] + offset))
    return in_units(total, table, unit)


@inline
def run_spikes(
    like: Any,
    soft: bool,
    initial: np.ndarray,
    channel: int,
    rows: np.ndarray,
    at: np.ndarray,
    unit: np.float32,
    base: int,
    order: np.ndarray,
    stride: int,
    pooled: np.ndarray,
    put: int,
    lanes: int,
) -> None:
    """One window through all steps: a spike of the window is a spike of the pool.

    V(0) is ``initial`` from ``channel`` on, the current of step t the sum of ``rows`` from
    ``at[j] + base + order[t] * stride`` on, and the pool's scratch (T, lanes) starts at
    ``pooled[put]``. (Slices of arrays would cost more than the steps, where T is small.)
    """
    v = load(like, initial, channel)
    if soft:
        for t in range(len(order)):
            u = add(v, current(like, rows, at, base + order[t] * stride, unit))
            s = spikes_of(u)
            v = subtract(u, s)
            store(pooled, put, either(load(like, pooled, put), s))
            put += lanes
    else:
        for t in range(len(order)):
            u = add(v, current(like, rows, at, base + order[t] * stride, unit))
            v = silenced(u)
            store(pooled, put, either(load(like, pooled, put), spikes_of(u)))
            put += lanes


@inline
def run_counted(
    like: Any,
    rule: int,
    soft: bool,
    initial: np.ndarray,
    channel: int,
    rows: np.ndarray,
    at: np.ndarray,
    unit: np.float32,
    base: int,
    order: np.ndarray,
    stride: int,
    pooled: np.ndarray,
    gate: np.ndarray,
    put: int,
    lanes: int,
) -> None:
    """One window through all steps, for the rules that count its spikes (see `run_spikes`).

    mean: ``pooled`` (T, lanes) sums spikes; counts: it is the largest count so far; gated: the
    same, and ``gate`` is the spike of the first window that has it.
    """
    v = load(like, initial, channel)
    count = subtract(v, v)
    for t in range(len(order)):
        u = add(v, current(like, rows, at, base + order[t] * stride, unit))
        s = spikes_of(u)
        v = subtract(u, s) if soft else silenced(u)
        count = add(count, s)
        before = load(like, pooled, put)
        if rule == MEAN:
            store(pooled, put, add(before, s))
        else:
            store(pooled, put, larger(before, count))
            if rule == GATED:
                store(gate, put, where_larger(count, before, s, load(like, gate, put)))
        put += lanes


@inline
def gather(
    like: Any,
    table: np.ndarray,
    at: np.ndarray,
    unit: np.float32,
    base: int,
    stride: int,
    frames: int,
    mine: np.ndarray,
    lanes: int,
) -> None:
    """Currents of one window for every frame, into ``mine`` (F, lanes)."""
    for f in range(frames):
        store(mine, f * lanes, current(like, table, at, base + f * stride, unit))


@inline
def take_larger(
    like: Any, values: np.ndarray, size: int, lanes: int, largest: np.ndarray, put: int
) -> None:
    """The larger of ``largest`` from ``put`` on and ``values``, into ``largest``."""
    for i in range(0, size, lanes):
        store(largest, put + i, larger(load(like, largest, put + i), load(like, values, i)))


@inline
def run_window(
    like: Any,
    lanes: int,
    channel: int,
    rule: int,
    soft: bool,
    initial: np.ndarray,
    table: np.ndarray,
    at: np.ndarray,
    unit: np.float32,
    here: np.ndarray,
    frames: int,
    channels: int,
    order: np.ndarray,
    mine: np.ndarray,
    pooled: np.ndarray,
    gate: np.ndarray,
    put: int,
) -> None:
    """One window, some channels: from table rows to the pool's scratch.

    ``mine`` (F, lanes) is room for the currents of a few frames, and empty where all T differ;
    ``here`` is one zero, the place of the only row in it. Of currents, the largest are pooled.
    """
    if len(mine) == 0:
        if rule == SPIKES:
            run_spikes(
                like,
                soft,
                initial,
                channel,
                table,
                at,
                unit,
                channel,
                order,
                channels,
                pooled,
                put,
                lanes,
            )
        else:
            run_counted(
                like, rule, soft, initial, channel, table, at, unit, channel, order, channels,
                pooled, gate, put, lanes,
            )  # fmt: skip
        return
    gather(like, table, at, unit, channel, channels, frames, mine, lanes)
    if rule == CURRENTS:
        take_larger(like, mine, frames * lanes, lanes, pooled, put)
    elif rule == SPIKES:
        run_spikes(
            like, soft, initial, channel, mine, here, unit, 0, order, lanes, pooled, put, lanes
        )
    else:
        run_counted(
            like,
            rule,
            soft,
            initial,
            channel,
            mine,
            here,
            unit,
            0,
            order,
            lanes,
            pooled,
            gate,
            put,
            lanes,
        )


@jit
def write_pooled(
    rule: int,
    windows: int,
    pooled: np.ndarray,
    gate: np.ndarray,
    start: int,
    lanes: int,
    steps: int,
    out: np.ndarray,
) -> None:
    """Some channels of a text from its scratch: ``out`` (T, C), or (1, C) for their sums.

    The scratch (T, lanes) from ``start`` on may have more lanes than there are channels left.
    """
    whole = np.float32(windows)
    each = len(out) == steps
    if not each:
        out[0, :] = 0.0
    for t in range(steps):
        row = out[t if each else 0]
        for c in range(len(row)):
            i = start + t * lanes + c
            value = pooled[i]
            if rule == COUNTS and t > 0:
                value -= pooled[i - lanes]
            elif rule == GATED:
                value = gate[i]
            elif rule == MEAN:
                value /= whole
            row[c] = value if each else row[c] + value


@jit
def pool_texts(
    like: Any,
    lanes: int,
    rule: int,
    soft: bool,
    initial: np.ndarray,
    table: np.ndarray,
    unit: np.float32,
    shape: tuple[int, int, int],
    order: np.ndarray,
    slots: np.ndarray,
    starts: np.ndarray,
    left: int,
    extra: int,
    first: int,
    last: int,
    out: np.ndarray,
) -> None:
    """A branch (see :func:`pool_branch`) whose last channels are taken ``lanes`` at a time."""
    width, rows, frames = shape
    steps, channels = len(order), len(initial)
    whole = (channels - 1) // 64  # blocks of 64 channels before the last ones
    v0 = np.zeros(whole * 64 + lanes, np.float32)
    v0[:channels] = initial
    few = frames < steps or rule == CURRENTS  # currents of a frame are needed more than once
    mine = np.empty(frames * 64 if few else 0, np.float32)
    # a block's scratch is (T, 64), or (F, 64) for currents, one block after the other
    depth = frames if rule == CURRENTS else steps
    pooled = np.empty(depth * len(v0), np.float32)
    gate = np.empty(len(pooled) if rule == GATED else 0, np.float32)
    spikes = np.zeros(steps * len(v0) if rule == CURRENTS else 0, np.float32)
    at = np.empty(width, np.int64)
    here = np.zeros(1, np.int64)
    for text in range(first, last):
        words = starts[text + 1] - starts[text]
        windows = max(words + extra, width) - width + 1
        pooled[:] = -np.inf if rule == CURRENTS else (-1.0 if rule == GATED else 0.0)
        for window in range(windows):
            for j in range(width):
                word = window + j - left
                row = slots[starts[text] + word] if 0 <= word < words else 0
                at[j] = (j * rows + row) * frames * channels
            # all channels of a window follow each other: its rows are in a near cache by then
            for block in range(whole):
                run_window(
                    zeros64(), 64, block * 64, rule, soft, v0, table, at, unit, here, frames,
                    channels, order, mine, pooled, gate, block * depth * 64,
                )  # fmt: skip
            run_window(
                like, lanes, whole * 64, rule, soft, v0, table, at, unit, here, frames, channels,
                order, mine, pooled, gate, whole * depth * 64,
            )  # fmt: skip
        if rule == CURRENTS:
            spikes[:] = 0.0
            for block in range(whole):
                run_spikes(
                    zeros64(), soft, v0, block * 64, pooled, here, unit, block * depth * 64, order,
                    64, spikes, block * steps * 64, 64,
                )  # fmt: skip
            run_spikes(
                like, soft, v0, whole * 64, pooled, here, unit, whole * depth * 64, order, lanes,
                spikes, whole * steps * 64, lanes,
            )  # fmt: skip
        for block in range(whole + 1):
            write_pooled(
                rule, windows, spikes if rule == CURRENTS else pooled, gate, block * steps * 64,
                64 if block < whole else lanes, steps, out[:, text, block * 64 : block * 64 + 64],
            )  # fmt: skip


@jit
def pool_by_16(
    rule: int,
    soft: bool,
    initial: np.ndarray,
    table: np.ndarray,
    unit: np.float32,
    shape: tuple[int, int, int],
    order: np.ndarray,
    slots: np.ndarray,
    starts: np.ndarray,
    left: int,
    extra: int,
    first: int,
    last: int,
    out: np.ndarray,
) -> None:
    """See :func:`pool_branch`; the last channels are taken 16 at a time."""
    pool_texts(
        zeros16(), 16, rule, soft, initial, table, unit, shape, order, slots, starts, left, extra,
        first, last, out,
    )  # fmt: skip


@jit
def pool_by_32(
    rule: int,
    soft: bool,
    initial: np.ndarray,
    table: np.ndarray,
    unit: np.float32,
    shape: tuple[int, int, int],
    order: np.ndarray,
    slots: np.ndarray,
    starts: np.ndarray,
    left: int,
    extra: int,
    first: int,
    last: int,
    out: np.ndarray,
) -> None:
    """See :func:`pool_branch`; the last channels are taken 32 at a time."""
    pool_texts(
        zeros32(), 32, rule, soft, initial, table, unit, shape, order, slots, starts, left, extra,
        first, last, out,
    )  # fmt: skip


@jit
def pool_by_64(
    rule: int,
    soft: bool,
    initial: np.ndarray,
    table: np.ndarray,
    unit: np.float32,
    shape: tuple[int, int, int],
    order: np.ndarray,
    slots: np.ndarray,
    starts: np.ndarray,
    left: int,
    extra: int,
    first: int,
    last: int,
    out: np.ndarray,
) -> None:
    """See :func:`pool_branch`; the last channels are taken 64 at a time."""
    pool_texts(
        zeros64(), 64, rule, soft, initial, table, unit, shape, order, slots, starts, left, extra,
        first, last, out,
    )  # fmt: skip


def pool_branch(
    rule: int,
    soft: bool,
    initial: np.ndarray,
    table: np.ndarray,
    unit: np.float32,
    shape: tuple[int, int, int],
    order: np.ndarray,
    slots: np.ndarray,
    starts: np.ndarray,
    left: int,
    extra: int,
    first: int,
    last: int,
    out: np.ndarray,
) -> None:
    """One branch of the front for the texts ``first`` to ``last`` - 1.

    Args:
        rule: a number of ``RULES``
        soft: reset by subtraction, or to zero
        initial: V(0), (C,) float32
        table: the branch's rows (k, rows, F, C) of float32 or int16, flat; row 0 is silent, the
            bias is in tap 0
        unit: what an int16 table counts in; unused where the table is float32
        shape: k, rows, F
        order: (T,) int64, the frame of each step
        slots: table rows of the words of all texts, one text after the other
        starts: (B + 1,) where each text starts in ``slots``
        left: zeros before a text
        extra: zeros before and after it
        first: of the texts
        last: the text after the last one
        out: (T, B, C) pooled spikes, or (1, B, C) for their sums over the steps
    """
    remainder = (len(initial) - 1) % 64 + 1
    # three functions, so that only the one that is needed is compiled
    by = pool_by_64 if remainder > 32 else pool_by_32 if remainder > 16 else pool_by_16
    by(rule, soft, initial, table, unit, shape, order, slots, starts, left, extra, first, last, out)


@jit
def sum_and_fire(magnitudes: np.ndarray, signs: np.ndarray, frames: np.ndarray) -> None:
    """The saf code of rows (N, K): frames (N, F, K) with ``signs`` where a spike is, 0 elsewhere.

    The same float32 operations as `models.encoders.saf`.
    """
    one = np.float32(1.0)
    half = np.float32(0.5)
    zero = np.float32(0.0)
    v = np.empty(magnitudes.shape[1], np.float32)
    for n in range(len(magnitudes)):
        x = magnitudes[n]
        sign = signs[n]
        v[:] = half
        for t in range(frames.shape[1]):
            row = frames[n, t]
            for d in range(len(v)):
                u = v[d] + x[d]
                fired = u >= one
                v[d] = u - one if fired else u
                row[d] = sign[d] if fired else zero
