"""Numba kernels: one window and some of its channels, through all steps, as vectors (`vectors.py`).

The potentials stay in registers while a window runs through its steps. Kernels hand each other
records of numbers and pointers, which cost nothing once they are inlined.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..compiled.jit import inline
from ..compiled.layer import CURRENTS, GATED, MEAN, SPIKES
from ..compiled.vectors import (
    Pointer,
    add,
    either,
    in_units,
    lanes_of,
    larger,
    load,
    silenced,
    spikes_of,
    store,
    subtract,
    where_larger,
)


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
