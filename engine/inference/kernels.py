"""Numba kernels: gather table rows, integrate, fire and pool, text after text.

A text needs no padding here: a window that reaches beyond its text reads row 0 of the table, which
is silent. Channels are taken some at a time, as vectors (`vectors.py`): in blocks of `WIDEST`, and
what remains in one vector of as few lanes as hold it. The potentials of one window stay in
registers while it runs through all steps, and its rows are read in the order in which they lie.
What the windows of a text share is one scratch (T, lanes) for each block.

The last vector of a row may reach beyond its channels; what it reads there is computed and thrown
away, so a table needs `WIDEST` more numbers at its end, and so does V(0).

Kernels hand each other records of numbers and pointers, which are free once they are inlined;
records of arrays, whose references numba counts, come from Python alone (`vectors.pointer`).

Constants live inside the functions: a global `np.float32` keeps LLVM from vectorising a loop.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..compiled.jit import inline, jit
from ..compiled.layer import COUNTS, CURRENTS, GATED, MEAN, SPIKES
from ..compiled.vectors import (
    LANES,
    WIDEST,
    Pointer,
    add,
    either,
    in_units,
    lanes_of,
    larger,
    load,
    pointer,
    silenced,
    spikes_of,
    store,
    subtract,
    where_larger,
    zeros,
)


class TableBranch(NamedTuple):
    """One branch of the front and its table, as Python hands them to the kernels.

    rule: see `layer.RULES`; soft: reset by subtraction, or to zero; width: k; left: zeros before a
    text; both: zeros before and after it; channels: C; column: its first one in the pooled signals;
    initial: V(0), (C + WIDEST,) float32; order: (T,) int64, the frame of each step; table: the rows
    (k, rows, F, C) of float32 or int16, flat; row 0 is silent, the bias is in tap 0; unit: what an
    int16 table counts in (a power of two, so that sums are exact too); rows, frames: of the table.
    """

    rule: int
    soft: bool
    width: int
    left: int
    both: int
    channels: int
    column: int
    initial: np.ndarray
    order: np.ndarray
    table: np.ndarray
    unit: np.float32
    rows: int
    frames: int


class Neurons(NamedTuple):
    """A branch's neurons: how they fire, and where V(0) and the frame of each step lie.

    depth: T, or F where currents are pooled: the rows of the pool's scratch
    """

    rule: int
    soft: bool
    channels: int
    steps: int
    depth: int
    initial: Pointer
    order: Pointer


class Source(NamedTuple):
    """Where the currents of a window lie: for each tap one number a channel and frame.

    The currents of frame f are the sum over taps j of ``values`` from ``at[j] + first +
    f * stride`` on, in multiples of ``unit`` where they are int16.
    """

    values: Pointer
    at: Pointer
    taps: int
    unit: np.float32
    first: int
    stride: int


class Scratch(NamedTuple):
    """Room that all texts share: arrays where it is made, pointers to them where it is used.

    at: (k,) where the taps of a window begin in the table; zero: (1,) the same for ``currents``;
    currents: (F, WIDEST) of a window whose frames are needed more than once, else nothing; pooled:
    (depth, lanes) for each block of channels; gate: the same for the rule gated, else nothing;
    spikes: (T, lanes) for each block for the rule currents, else nothing
    """

    at: Any
    zero: Any
    currents: Any
    pooled: Any
    gate: Any
    spikes: Any


@inline
def current(like: Any, source: Source, frame: int) -> Any:
    """Currents of some channels of one window and frame: the sum over taps of table rows."""
    offset = source.first + frame * source.stride
    total = load(like, source.values, source.at[0] + offset)
    for j in range(1, source.taps):
        total = add(total, load(like, source.values, source.at[j] + offset))
    return in_units(total, source.values, source.unit)


@inline
def run_spikes(
    like: Any, neurons: Neurons, channel: int, source: Source, pooled: Pointer, put: int
) -> None:
    """One window through all steps: a spike of the window is a spike of the pool.

    V(0) is that of ``neurons`` from ``channel`` on, and the pool's scratch (T, lanes) starts at
    ``pooled[put]``. (Slices of arrays would cost more than the steps, where T is small.)
    """
    v = load(like, neurons.initial, channel)
    if neurons.soft:
        for t in range(neurons.steps):
            u = add(v, current(like, source, neurons.order[t]))
            s = spikes_of(u)
            v = subtract(u, s)
            store(pooled, put, either(load(like, pooled, put), s))
            put += lanes_of(like)
    else:
        for t in range(neurons.steps):
            u = add(v, current(like, source, neurons.order[t]))
            v = silenced(u)
            store(pooled, put, either(load(like, pooled, put), spikes_of(u)))
            put += lanes_of(like)


@inline
def run_counted(
    like: Any, neurons: Neurons, channel: int, source: Source, scratch: Scratch, put: int
) -> None:
    """One window through all steps, for the rules that count its spikes (see `run_spikes`).

    mean: ``pooled`` (T, lanes) sums spikes; counts: it is the largest count so far; gated: the
    same, and ``gate`` is the spike of the first window that has it.
    """
    v = load(like, neurons.initial, channel)
    count = subtract(v, v)
    for t in range(neurons.steps):
        u = add(v, current(like, source, neurons.order[t]))
        s = spikes_of(u)
        v = subtract(u, s) if neurons.soft else silenced(u)
        count = add(count, s)
        before = load(like, scratch.pooled, put)
        if neurons.rule == MEAN:
            store(scratch.pooled, put, add(before, s))
        else:
            store(scratch.pooled, put, larger(before, count))
            if neurons.rule == GATED:
                passed = load(like, scratch.gate, put)
                store(scratch.gate, put, where_larger(count, before, s, passed))
        put += lanes_of(like)


@inline
def run_steps(
    like: Any, neurons: Neurons, channel: int, source: Source, scratch: Scratch, put: int
) -> None:
    """One window through all steps, by the branch's rule."""
    if neurons.rule == SPIKES:
        run_spikes(like, neurons, channel, source, scratch.pooled, put)
    else:
        run_counted(like, neurons, channel, source, scratch, put)


@inline
def take_larger(like: Any, values: Pointer, rows: int, largest: Pointer, put: int) -> None:
    """The larger of ``largest`` from ``put`` on and ``values`` (rows, lanes), into ``largest``."""
    for i in range(0, rows * lanes_of(like), lanes_of(like)):
        store(largest, put + i, larger(load(like, largest, put + i), load(like, values, i)))


@inline
def run_window(
    like: Any, neurons: Neurons, channel: int, table: Source, frames: int, scratch: Scratch
) -> None:
    """One window, some channels: from table rows to the pool's scratch.

    ``frames`` is F where a frame's currents are needed more than once and so are added up once, and
    0 where every step has a frame of its own. Of currents, the largest are pooled.
    """
    put, lanes = neurons.depth * channel, lanes_of(like)
    source = Source(table.values, table.at, table.taps, table.unit, channel, table.stride)
    if frames == 0:
        run_steps(like, neurons, channel, source, scratch, put)
        return
    for f in range(frames):
        store(scratch.currents, f * lanes, current(like, source, f))
    if neurons.rule == CURRENTS:
        take_larger(like, scratch.currents, frames, scratch.pooled, put)
    else:
        added = Source(scratch.currents, scratch.zero, 1, table.unit, 0, lanes)
        run_steps(like, neurons, channel, added, scratch, put)


@inline
def fire_on_largest(like: Any, neurons: Neurons, channel: int, scratch: Scratch) -> None:
    """Spikes of the neurons that read the largest currents of all windows."""
    first = neurons.depth * channel
    largest = Source(scratch.pooled, scratch.zero, 1, np.float32(1), first, lanes_of(like))
    run_spikes(like, neurons, channel, largest, scratch.spikes, neurons.steps * channel)


@jit
def write_channels(
    neurons: Neurons, channel: int, lanes: int, windows: int, scratch: Scratch, out: np.ndarray
) -> None:
    """What some channels of a text pass on: ``out`` (T, C), or (1, C) for the sums over the steps.

    Their scratch (T, lanes) may have more lanes than there are channels left.
    """
    values = scratch.spikes if neurons.rule == CURRENTS else scratch.pooled
    rule, whole, each = neurons.rule, np.float32(windows), len(out) == neurons.steps
    if not each:
        out[0, :] = 0.0
    for t in range(neurons.steps):
        row, i = out[t if each else 0], neurons.steps * channel + t * lanes
        for c in range(len(row)):
            value = values[i + c]
            if rule == COUNTS and t > 0:
                value -= values[i + c - lanes]
            elif rule == GATED:
                value = scratch.gate[i + c]
            elif rule == MEAN:
                value /= whole
            row[c] = value if each else row[c] + value


@inline
def write_text(
    like: Any, neurons: Neurons, windows: int, scratch: Scratch, out: np.ndarray
) -> None:
    """What a text passes on, block after block: ``out`` (T, C), or (1, C) for the sums."""
    rest = (neurons.channels - 1) // WIDEST * WIDEST
    if neurons.rule == CURRENTS:
        for i in range(neurons.steps * (rest + lanes_of(like))):
            scratch.spikes[i] = 0.0
        for channel in range(0, rest, WIDEST):
            fire_on_largest(zeros(WIDEST), neurons, channel, scratch)
        fire_on_largest(like, neurons, rest, scratch)
    for channel in range(0, rest, WIDEST):
        here = out[:, channel : channel + WIDEST]
        write_channels(neurons, channel, WIDEST, windows, scratch, here)
    write_channels(neurons, rest, lanes_of(like), windows, scratch, out[:, rest:])


@jit
def pool_texts(
    like: Any,
    branch: TableBranch,
    room: Scratch,
    slots: np.ndarray,
    starts: np.ndarray,
    texts: tuple[int, int],
    out: np.ndarray,
) -> None:
    """See :func:`pool_branch`; the last channels are taken as many at a time as ``like`` has."""
    rule, width, stride = branch.rule, branch.width, branch.frames * branch.channels
    left, both, rows, column = branch.left, branch.both, branch.rows, branch.column
    depth = branch.frames if rule == CURRENTS else len(branch.order)
    neurons = Neurons(
        rule, branch.soft, branch.channels, len(branch.order), depth, pointer(branch.initial),
        pointer(branch.order),
    )  # fmt: skip
    at, pooled = room.at, room.pooled
    frames = branch.frames if len(room.currents) else 0
    table = Source(pointer(branch.table), pointer(at), width, branch.unit, 0, branch.channels)
    scratch = Scratch(
        pointer(at), pointer(room.zero), pointer(room.currents), pointer(pooled),
        pointer(room.gate), pointer(room.spikes),
    )  # fmt: skip
    rest = (branch.channels - 1) // WIDEST * WIDEST
    for text in range(texts[0], texts[1]):
        words = starts[text + 1] - starts[text]
        windows = max(words + both, width) - width + 1
        pooled[:] = -np.inf if rule == CURRENTS else (-1.0 if rule == GATED else 0.0)
        for window in range(windows):
            for j in range(width):
                word = window + j - left
                row = slots[starts[text] + word] if 0 <= word < words else 0
                at[j] = (j * rows + row) * stride
            # all channels of a window follow each other: its rows are in a near cache by then
            for channel in range(0, rest, WIDEST):
                run_window(zeros(WIDEST), neurons, channel, table, frames, scratch)
            run_window(like, neurons, rest, table, frames, scratch)
        place = out[:, text, column : column + neurons.channels]
        write_text(like, neurons, windows, scratch, place)


@jit
def scratch_of(branch: TableBranch, lanes: int) -> Scratch:
    """Room for the texts of a branch whose last channels are taken ``lanes`` at a time."""
    steps, by_currents = len(branch.order), branch.rule == CURRENTS
    size = (branch.channels - 1) // WIDEST * WIDEST + lanes
    repeated = by_currents or branch.frames < steps
    return Scratch(
        np.empty(branch.width, np.int64),
        np.zeros(1, np.int64),
        np.empty(branch.frames * WIDEST if repeated else 0, np.float32),
        np.empty((branch.frames if by_currents else steps) * size, np.float32),
        np.empty(steps * size if branch.rule == GATED else 0, np.float32),
        np.empty(steps * size if by_currents else 0, np.float32),
    )


def pooling_by(lanes: int) -> Callable[..., None]:
    """:func:`pool_branch` for branches whose last channels are taken ``lanes`` at a time."""

    @jit
    def pool(
        branch: TableBranch,
        slots: np.ndarray,
        starts: np.ndarray,
        first: int,
        last: int,
        out: np.ndarray,
    ) -> None:
        room = scratch_of(branch, lanes)
        pool_texts(zeros(lanes), branch, room, slots, starts, (first, last), out)

    return pool


POOLING = {lanes: pooling_by(lanes) for lanes in LANES}  # only what is called is compiled


def pool_branch(
    branch: TableBranch,
    slots: np.ndarray,
    starts: np.ndarray,
    first: int,
    last: int,
    out: np.ndarray,
) -> None:
    """One branch of the front for the texts ``first`` to ``last`` - 1.

    Args:
        branch: with its table
        slots: table rows of the words of all texts, one text after the other
        starts: (B + 1,) where each text starts in ``slots``
        first: of the texts
        last: the text after the last one
        out: (T, B, all channels) pooled spikes, or (1, B, all channels) for their sums over the
            steps; the branch's columns are filled in
    """
    rest = (branch.channels - 1) % WIDEST + 1
    lanes = next(lanes for lanes in LANES if rest <= lanes)
    POOLING[lanes](branch, slots, starts, first, last, out)


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
