"""Numba kernels: gather table rows, integrate, fire and pool, text after text.

A text needs no padding here: a window that reaches beyond its text reads row 0 of the table, which
is silent. Channels are taken some at a time, as vectors (`vectors.py`): in blocks of `WIDEST`, and
what remains in one vector of as few lanes as hold it. A window runs through all steps at once
(`windows.py`), and its rows are read in the order in which they lie. What the windows of a text
share is one scratch (T, lanes) for each block.

The last vector of a row may reach beyond its channels; what it reads there is computed and thrown
away, so a table needs `WIDEST` more numbers at its end, and so does V(0).

Records of arrays, whose references numba counts, come from Python alone; what is called for every
window takes pointers (`vectors.pointer`).

Constants live inside the functions: a global `np.float32` keeps LLVM from vectorising a loop.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..compiled.jit import inline, jit
from ..compiled.layer import COUNTS, CURRENTS, GATED, MEAN
from ..compiled.vectors import LANES, WIDEST, lanes_of, pointer, zeros
from .windows import Neurons, Scratch, Source, fire_on_largest, run_window


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

    The same float32 operations as `models.encoders.codes.saf`.
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
