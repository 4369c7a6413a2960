"""GPU kernels of the front of a text network: gather, integrate, fire and pool, fused over time.

Importing this module imports triton, so only `front.py` does, when a GPU is used. One
program holds one text, ``block_c`` channels and a tile of ``block_w`` windows; the potentials of
the tile stay in registers from the first step to the last, and all that is written is the pooled
signal of the tile, (T, channels). A text with more windows than a tile has several programs, whose
pooled parts are joined afterwards, in a fixed order and in integers: no atomics, so two runs agree
to the last bit.

Offsets into a table are 64 bits wide: 20,000 words at 50 frames of 1,200 taps are 1.2e9 floats.
`arguments.Shape` holds compile-time constants, so that the compiler can prove how rows are aligned
and read four floats at a time.
"""

from __future__ import annotations

from typing import NamedTuple

import triton
import triton.language as tl


class Tile(NamedTuple):
    """Windows and channels of one text that one program has.

    text: its number; length: its words
    windows: (block_w,) their numbers; valid: which of them the text has
    channel: (block_c,) their numbers; inside: which of them there are
    bias: (block_c,); rows: k tensors (block_w,), where the word under each tap starts in the table
    """

    text: tl.tensor
    length: tl.tensor
    windows: tl.tensor
    valid: tl.tensor
    channel: tl.tensor
    inside: tl.tensor
    bias: tl.tensor
    rows: tl.tuple


class Fired(NamedTuple):
    """One step of neurons: potential before the reset, which ones fire, potential after it."""

    u: tl.tensor
    over: tl.tensor
    v: tl.tensor


@triton.jit
def zeros(shape: tl.constexpr, kind: tl.constexpr) -> tl.tensor:
    """A zero of ``kind`` for every window and channel of a tile: (block_w, block_c)."""
    block_w: tl.constexpr = shape.block_w
    block_c: tl.constexpr = shape.block_c
    return tl.zeros((block_w, block_c), dtype=kind)


@triton.jit
def tile_of(reading: tl.tuple, text: tl.tensor, shape: tl.constexpr) -> tl.tuple:
    """The tile of this program, on the second and third axis of its grid, in text ``text``."""
    channel = tl.program_id(1) * shape.block_c + tl.arange(0, shape.block_c)
    windows = tl.program_id(2) * shape.block_w + tl.arange(0, shape.block_w)
    length = tl.load(reading.lengths + text)
    inside = channel < shape.channels
    bias = tl.load(reading.bias + channel, mask=inside, other=0.0)
    # windows that the text has, at least one
    count = tl.maximum(length + reading.left + reading.right, shape.width) - shape.width + 1
    width: tl.constexpr = shape.width
    rows = ()
    for j in tl.static_range(width):
        position = windows + (j - reading.left)
        # a tap outside the text gets row 0, which `window_currents` does not read
        real = (position >= 0) & (position < length)
        at = text.to(tl.int64) * reading.positions + position
        token = tl.load(reading.tokens + at, mask=real, other=0).to(tl.int64)
        rows += (token * reading.stride_token + (shape.column + j * shape.channels),)  # type: ignore[assignment]
    return Tile(text, length, windows, windows < count, channel, inside, bias, rows)


@triton.jit
def first_potential(reading: tl.tuple, tile: tl.tuple, shape: tl.constexpr) -> tl.tensor:
    """V(0) of the tile's neurons (block_w, block_c)."""
    initial = tl.load(reading.initial + tile.channel, mask=tile.inside, other=0.0)
    return zeros(shape, tl.float32) + initial[None, :]


@triton.jit
def window_currents(
    reading: tl.tuple, tile: tl.tuple, frame: tl.tensor, shape: tl.constexpr
) -> tl.tensor:
    """Currents (block_w, block_c) of one frame: the bias and one table entry per tap."""
    offset = tl.cast(frame, tl.int64) * reading.stride_frame
    total = zeros(shape, tl.float32) + tile.bias[None, :]
    width: tl.constexpr = shape.width
    for j in tl.static_range(width):
        position = tile.windows + (j - reading.left)
        real = tile.valid & (position >= 0) & (position < tile.length)
        where = tile.rows[j][:, None] + tile.channel[None, :]
        mask = real[:, None] & tile.inside[None, :]
        total += tl.load(reading.table + offset + where, mask=mask, other=0.0)
    return total


@triton.jit
def held_currents(reading: tl.tuple, tile: tl.tuple, shape: tl.constexpr) -> tl.tuple:
    """The currents of every frame, kept in registers; none where ``shape.frames`` is 0."""
    frames: tl.constexpr = shape.frames
    held = ()
    for f in tl.static_range(frames):
        held += (window_currents(reading, tile, f, shape),)  # type: ignore[assignment]
    return held


@triton.jit
def currents_at(
    reading: tl.tuple, tile: tl.tuple, held: tl.tuple, t: tl.tensor, shape: tl.constexpr
) -> tl.tensor:
    """Currents (block_w, block_c) of step t: of the frames held, or read now."""
    frames: tl.constexpr = shape.frames
    frame = tl.load(reading.order + t)
    if frames > 0:
        current = held[0]
        for f in tl.static_range(1, frames):  # the number is known at run time only
            current = tl.where(frame == f, held[f], current)
        return current
    else:
        return window_currents(reading, tile, frame, shape)


@triton.jit
def fire(v: tl.tensor, current: tl.tensor, soft: tl.constexpr) -> tl.tuple:
    """One step of IF neurons."""
    u = v + current
    over = u >= 1.0
    return Fired(u, over, tl.where(over, u - 1.0 if soft else 0.0, u))


@triton.jit
def store_largest(
    seen: tl.tensor,
    pooled: tl.tensor,
    tied: tl.tensor,
    at: tl.tensor,
    tile: tl.tuple,
    ties: tl.constexpr,
) -> None:
    """Write the largest of ``seen`` (block_w, block_c), and with ``ties`` how many attain it."""
    largest = tl.max(seen, axis=0)
    tl.store(pooled + at, largest, mask=tile.inside)
    if ties:
        same = (seen == largest[None, :]) & tile.valid[:, None]
        tl.store(tied + at, tl.sum(same.to(tl.int32), axis=0), mask=tile.inside)


@triton.jit
def store_spikes(
    spikes: tl.tensor,
    fires: tl.tensor,
    pooled: tl.tensor,
    tied: tl.tensor,
    at: tl.tensor,
    tile: tl.tuple,
    rule: tl.constexpr,
    ties: tl.constexpr,
) -> None:
    """Write what ``rule`` makes of the spikes now, and of those so far, (block_w, block_c) each."""
    if rule == "counts":
        seen = tl.where(tile.valid[:, None], fires, -1)
        store_largest(seen, pooled, tied, at, tile, ties)
    elif rule == "gated":
        # the most spikes win, then the first window: its number counts down from 2^31 - 1
        packed = (fires.to(tl.int64) << 32) + (2147483647 - tile.windows)[:, None]
        packed = tl.where(tile.valid[:, None], packed * 2 + spikes, -1)
        tl.store(pooled + at, tl.max(packed, axis=0), mask=tile.inside)
    else:
        tl.store(pooled + at, tl.sum(spikes, axis=0), mask=tile.inside)


@triton.jit
def front_kernel(
    reading: tl.tuple,
    pooled: tl.tensor,
    tied: tl.tensor,
    shape: tl.constexpr,
    ties: tl.constexpr,
) -> None:
    """One branch from table to pooled signal; grid (texts, channel blocks, window tiles).

    What is written to ``pooled`` (tiles, T, B, C), by the rule:

    - ``spikes``, ``mean``: how many windows of the tile spike at t (int32)
    - ``counts``: the largest spike count of a window so far (int32, -1 in a tile without windows)
    - ``gated``: that count, its first window and whether it spikes now, packed so that the largest
      packed number over tiles is the gate's (int64, see `front.joined`)
    - ``currents``: the largest current (float32, -inf in a tile without windows)

    With ``ties``, ``tied`` gets how many windows of the tile attain the largest count or current.

    Args:
        reading: of the branch, an `arguments.Reading`
        pooled: (tiles, T, B, C)
        tied: (tiles, T, B, C) int32, unused without ``ties``
        shape: of the branch, an `arguments.Shape`
        ties: whether ``tied`` is written
    """
    rule: tl.constexpr = shape.rule
    soft: tl.constexpr = shape.soft
    tile = tile_of(reading, tl.program_id(0), shape)
    held = held_currents(reading, tile, shape)
    v = first_potential(reading, tile, shape)
    fires = zeros(shape, tl.int32)  # spikes so far
    first = tl.program_id(2).to(tl.int64) * reading.steps
    for t in range(reading.steps):
        current = currents_at(reading, tile, held, t, shape)
        at = ((first + t) * reading.texts + tile.text) * shape.channels + tile.channel
        if rule == "currents":
            seen = tl.where(tile.valid[:, None], current, float("-inf"))
            store_largest(seen, pooled, tied, at, tile, ties)
        else:
            fired = fire(v, current, soft)
            v = fired.v
            spikes = (fired.over & tile.valid[:, None]).to(tl.int32)
            fires += spikes
            store_spikes(spikes, fires, pooled, tied, at, tile, rule, ties)


@triton.jit
def fire_kernel(
    currents: tl.tensor,
    initial: tl.tensor,
    spikes: tl.tensor,
    steps: tl.int32,
    neurons: tl.int64,
    channels: tl.constexpr,
    soft: tl.constexpr,
    block: tl.constexpr,
) -> None:
    """IF neurons on currents (T, B, C) that are pooled already: spikes (T, B, C), float32.

    Args:
        currents: (T, B, C) float32
        initial: (C,) float32, V(0)
        spikes: (T, B, C) float32
        steps: T
        neurons: B * C
        channels: C
        soft: soft reset
        block: neurons of a program
    """
    neuron = tl.program_id(0) * block + tl.arange(0, block)
    live = neuron < neurons
    v = tl.load(initial + neuron % channels, mask=live, other=0.0)
    for t in range(steps):
        at = neurons * t + neuron
        fired = fire(v, tl.load(currents + at, mask=live, other=0.0), soft)
        v = fired.v
        tl.store(spikes + at, fired.over.to(tl.float32), mask=live)
