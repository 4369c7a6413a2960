"""GPU kernels of training: the gradient of a front by recomputing it, and sums by word.

Three kernels. :func:`backward_kernel` runs a tile of windows again from the table, then goes back
through its steps and writes the gradient for the currents. :func:`fire_backward_kernel` does the
same for neurons that read pooled currents. :func:`segment_kernel` adds up, for every word and
filter tap, the gradients of the windows that read it. Positions are sorted by word beforehand, so
that every sum is one program's and runs in one order: no float is added atomically, and two runs
agree to the last bit.

Symbols: u(t) potential before the reset, h(u) slope of the surrogate at the threshold, g(t)
gradient of the loss for a spike, d(t) gradient for u(t). ``reading``, ``shape``, ``group`` and
``surrogate`` are what `arguments.py` calls Reading, Shape, Group and Slope.
"""

from __future__ import annotations

import triton
import triton.language as tl

from .kernels import currents_at, fire, first_potential, held_currents, tile_of, zeros


@triton.jit
def slopes(u: tl.tensor, surrogate: tl.tuple, slope: tl.constexpr) -> tl.tensor:
    """The surrogate's slope at u, as `engine/training/kernels.py` defines it."""
    x = u - 1.0
    if slope == "atan":
        z = surrogate.scale * x
        return surrogate.height / (1.0 + z * z)
    elif slope == "sigmoid":
        z = 1.0 / (1.0 + tl.exp(-surrogate.scale * x))
        return (1.0 - z) * z * surrogate.scale
    elif slope == "rectangle":
        return tl.where(tl.abs(x) < surrogate.edge, surrogate.height, 0.0)
    else:
        side = surrogate.height - surrogate.scale * tl.abs(x)
        return tl.where(tl.abs(x) <= surrogate.edge, side, 0.0)


@triton.jit
def before_step(
    u: tl.tensor,
    given: tl.tensor,
    after: tl.tensor,
    surrogate: tl.tuple,
    slope: tl.constexpr,
    soft: tl.constexpr,
) -> tl.tensor:
    """One step back through the neuron.

    d(t) = g(t) h(u) + d(t+1) r(t) with r = 1 - h (soft reset), or 1 - s - u h (hard reset).
    """
    h = slopes(u, surrogate, slope)
    if soft:
        return given * h + after * (1.0 - h)
    return given * h + after * (tl.where(u >= 1.0, 0.0, 1.0) - u * h)


@triton.jit
def window_share(
    over: tl.tensor, windows: tl.tensor, share: tl.tensor, mark: tl.tensor, rule: tl.constexpr
) -> tl.tensor:
    """The gradient for each window's spike at one step, by the rules without memory."""
    if rule == "spikes":
        return tl.where(over | (mark == 0), share, 0.0)
    elif rule == "gated":
        return tl.where(windows[:, None] == mark, share, 0.0)
    else:
        return tl.where(over, share, share)


@triton.jit
def cells(
    group: tl.tuple,
    tile: tl.tuple,
    t: tl.tensor,
    texts: tl.tensor,
    text: tl.tensor,
    shape: tl.constexpr,
) -> tl.tensor:
    """Where the tile's values lie in (T, texts, longest, C), at step t of text ``text``."""
    row = (tl.cast(t, tl.int64) * texts + text) * group.longest
    return (row + tile.windows[:, None]) * shape.channels + tile.channel[None, :]


@triton.jit
def given_at(
    where: tl.tensor, reading: tl.tuple, tile: tl.tuple, t: tl.tensor, shape: tl.constexpr
) -> tl.tensor:
    """What (T, B, C) holds for the tile's text and channels at step t: (1, block_c)."""
    at = (t * reading.texts + tile.text).to(tl.int64) * shape.channels + tile.channel
    return tl.load(where + at, mask=tile.inside, other=0)[None, :]


@triton.jit
def share_currents(
    reading: tl.tuple,
    group: tl.tuple,
    tile: tl.tuple,
    held: tl.tuple,
    given: tl.tensor,
    marks: tl.tensor,
    shape: tl.constexpr,
) -> None:
    """The gradient of a maximum of currents: T counts frames here, and no time passes."""
    stored = (tile.windows < group.longest)[:, None] & tile.inside[None, :]
    for t in range(reading.steps):
        largest = currents_at(reading, tile, held, t, shape) == given_at(
            marks, reading, tile, t, shape
        )
        share = given_at(given, reading, tile, t, shape)
        d = tl.where(tile.valid[:, None] & largest, share, 0.0)
        at = cells(group, tile, t, reading.texts, tile.text, shape)
        tl.store(group.gradient + at, d, mask=stored)


@triton.jit
def run_again(
    reading: tl.tuple, group: tl.tuple, tile: tl.tuple, held: tl.tuple, shape: tl.constexpr
) -> tl.tensor:
    """Run the tile forward and keep every u(t) in ``group.scratch``; the spikes of each neuron."""
    stored = (tile.windows < group.longest)[:, None] & tile.inside[None, :]
    soft: tl.constexpr = shape.soft
    v = first_potential(reading, tile, shape)
    fires = zeros(shape, tl.int32)
    for t in range(reading.steps):
        fired = fire(v, currents_at(reading, tile, held, t, shape), soft)
        v = fired.v
        fires += fired.over.to(tl.int32)
        at = cells(group, tile, t, group.texts, tile.text - group.first, shape)
        tl.store(group.scratch + at, fired.u, mask=stored)
    return fires


@triton.jit
def added(
    sums: tl.tuple, d: tl.tensor, reading: tl.tuple, t: tl.tensor, shape: tl.constexpr
) -> tl.tuple:
    """``sums``, one for each frame, with d added to that of the frame of step t."""
    frames: tl.constexpr = shape.frames
    frame = tl.load(reading.order + t)
    new = ()
    for f in tl.static_range(frames):
        new += (sums[f] + tl.where(frame == f, d, 0.0),)  # type: ignore[assignment]
    return new


@triton.jit
def go_back(
    reading: tl.tuple,
    group: tl.tuple,
    tile: tl.tuple,
    fires: tl.tensor,
    surrogate: tl.tuple,
    given: tl.tensor,
    marks: tl.tensor,
    shape: tl.constexpr,
    slope: tl.constexpr,
) -> None:
    """Go back through the steps of `run_again` and write the gradient for the currents."""
    stored = (tile.windows < group.longest)[:, None] & tile.inside[None, :]
    d = zeros(shape, tl.float32)
    later = zeros(shape, tl.float32)
    rule: tl.constexpr = shape.rule
    soft: tl.constexpr = shape.soft
    frames: tl.constexpr = shape.frames
    sums = ()
    for _ in tl.static_range(frames):
        sums += (zeros(shape, tl.float32),)  # type: ignore[assignment]
    for back in range(reading.steps):
        t = reading.steps - 1 - back
        at = cells(group, tile, t, group.texts, tile.text - group.first, shape)
        u = tl.load(group.scratch + at, mask=stored, other=0.0)
        share = given_at(given, reading, tile, t, shape)
        mark = given_at(marks, reading, tile, t, shape)
        over = u >= 1.0
        if rule == "counts":  # a spike is part of every later count
            later += tl.where(fires == mark, share, 0.0)
            fires -= over.to(tl.int32)
            g = later
        else:
            g = window_share(over, tile.windows, share, mark, rule)
        g = tl.where(tile.valid[:, None], g, 0.0)
        d = before_step(u, g, d, surrogate, slope, soft)
        if frames > 0:
            sums = added(sums, d, reading, t, shape)
        else:
            at = cells(group, tile, t, reading.texts, tile.text, shape)
            tl.store(group.gradient + at, d, mask=stored)
    for f in tl.static_range(frames):
        at = cells(group, tile, f, reading.texts, tile.text, shape)
        tl.store(group.gradient + at, sums[f], mask=stored)


@triton.jit
def backward_kernel(
    reading: tl.tuple,
    group: tl.tuple,
    surrogate: tl.tuple,
    given: tl.tensor,
    marks: tl.tensor,
    shape: tl.constexpr,
    slope: tl.constexpr,
) -> None:
    """Gradient for the currents of one branch; grid (group of texts, channel blocks, tiles).

    Which windows share ``given`` (T, B, C) is told by ``marks`` (T, B, C): those that spike, or all
    where ``marks`` counts no spike (rule spikes); all (mean); those whose count so far is the mark
    (counts); the one whose number is the mark (gated); those whose current is the mark, a float32
    (currents, where T counts frames).

    Args:
        reading: as `kernels.front_kernel` reads it
        group: the texts, and where the gradient goes
        surrogate: of the backward pass
        given: (T, B, C) float32, already divided among the windows that share it
        marks: (T, B, C) int32 or float32
        shape: of the branch; without frames held the gradient is written for every step
        slope: name of the surrogate
    """
    tile = tile_of(reading, tl.program_id(0) + group.first, shape)
    held = held_currents(reading, tile, shape)
    if shape.rule == "currents":
        share_currents(reading, group, tile, held, given, marks, shape)
    else:
        fires = run_again(reading, group, tile, held, shape)
        tl.debug_barrier()  # whichever thread wrote a potential, all may read it
        go_back(reading, group, tile, fires, surrogate, given, marks, shape, slope)


@triton.jit
def fire_backward_kernel(
    currents: tl.tensor,
    initial: tl.tensor,
    given: tl.tensor,
    gradient: tl.tensor,
    steps: tl.int32,
    neurons: tl.int64,
    surrogate: tl.tuple,
    channels: tl.constexpr,
    soft: tl.constexpr,
    slope: tl.constexpr,
    block: tl.constexpr,
) -> None:
    """Gradient (T, B, C) for pooled currents (T, B, C), from ``given`` for their spikes.

    Args:
        currents: (T, B, C) float32
        initial: (C,) float32
        given: (T, B, C) float32
        gradient: (T, B, C) float32; holds the potentials in between
        steps: T
        neurons: B * C
        surrogate: of the backward pass
        channels: C
        soft: soft reset
        slope: name of the surrogate
        block: neurons of a program
    """
    neuron = tl.program_id(0) * block + tl.arange(0, block)
    live = neuron < neurons
    v = tl.load(initial + neuron % channels, mask=live, other=0.0)
    for t in range(steps):
        at = neurons * t + neuron
        fired = fire(v, tl.load(currents + at, mask=live, other=0.0), soft)
        v = fired.v
        tl.store(gradient + at, fired.u, mask=live)
    tl.debug_barrier()  # as above
    d = tl.zeros((block,), dtype=tl.float32)
    for back in range(steps):
        at = neurons * (steps - 1 - back) + neuron
        u = tl.load(gradient + at, mask=live, other=0.0)
        g = tl.load(given + at, mask=live, other=0.0)
        d = before_step(u, g, d, surrogate, slope, soft)
        tl.store(gradient + at, d, mask=live)


@triton.jit
def segment_kernel(
    currents: tl.tensor,
    entries: tl.tensor,
    starts: tl.tensor,
    sums: tl.tensor,
    reading: tl.tuple,
    longest: tl.int64,
    words: tl.int32,
    shape: tl.constexpr,
    block_e: tl.constexpr,
) -> None:
    """Gradient (F, N, k * C) for the table; grid (words, frames, k * channel blocks).

    The window that reads position p with tap j is p + left - j.

    Args:
        currents: (F, B, longest, C) float32, the gradient for the currents
        entries: int32, positions b * L + p of words, sorted by word
        starts: (N + 1,) int32, where each word's entries start
        sums: (F, N, k * C) float32
        reading: of the branch
        longest: the most windows a text has
        words: N
        shape: of the branch
        block_e: entries added at once
    """
    word = tl.program_id(0)
    frame = tl.program_id(1).to(tl.int64)
    block_c: tl.constexpr = shape.block_c
    blocks = (shape.channels + block_c - 1) // block_c
    j = tl.program_id(2) // blocks
    channel = (tl.program_id(2) % blocks) * block_c + tl.arange(0, block_c)
    inside = channel < shape.channels
    end = tl.load(starts + word + 1)
    total = tl.zeros((block_e, block_c), dtype=tl.float32)
    for at in range(tl.load(starts + word), end, block_e):
        entry = at + tl.arange(0, block_e)
        there = entry < end
        place = tl.load(entries + entry, mask=there, other=0)
        text = place // reading.positions
        window = place % reading.positions + reading.left - j
        length = tl.load(reading.lengths + text, mask=there, other=0)
        count = tl.maximum(length + reading.left + reading.right, shape.width) - shape.width + 1
        there = there & (window >= 0) & (window < count)
        row = (frame * reading.texts + text) * longest + window
        where = row[:, None] * shape.channels + channel[None, :]
        total += tl.load(currents + where, mask=there[:, None] & inside[None, :], other=0.0)
    to = (frame * words + word) * (shape.width * shape.channels) + j * shape.channels + channel
    tl.store(sums + to, tl.sum(total, axis=0), mask=inside)
