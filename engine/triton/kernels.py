"""GPU kernels of the front of a text network: gather, integrate, fire and pool, fused over time.

Importing this module imports triton, so only `front.py` does, when a GPU is used. One
program holds one text, ``block_c`` channels and a tile of ``block_w`` windows; the potentials of
the tile stay in registers from the first step to the last, and all that is written is the pooled
signal of the tile, (T, channels). A text with more windows than a tile has several programs, whose
pooled parts are joined afterwards, in a fixed order and in integers: no atomics, so two runs agree
to the last bit.

Offsets into a table are 64 bits wide: 20,000 words at 50 frames of 1,200 taps are 1.2e9 floats.
``channels`` and ``column`` are compile-time constants so that the compiler can prove how rows are
aligned and read four floats at a time.
"""

from __future__ import annotations

import triton
import triton.language as tl


@triton.jit
def window_rows(
    tokens: tl.tensor,
    text: tl.tensor,
    length: tl.tensor,
    windows: tl.tensor,
    positions: tl.tensor,
    left: tl.tensor,
    stride_token: tl.tensor,
    column: tl.constexpr,
    channels: tl.constexpr,
    width: tl.constexpr,
) -> tl.tuple:
    """Where in the table the k tokens under each window start: k tensors (block_w,).

    A tap that lies outside the text gets row 0, which :func:`window_currents` does not read.
    """
    rows = ()
    for j in tl.static_range(width):
        position = windows + (j - left)
        inside = (position >= 0) & (position < length)
        token = tl.load(tokens + text.to(tl.int64) * positions + position, mask=inside, other=0)
        rows += (token.to(tl.int64) * stride_token + (column + j * channels),)  # type: ignore[assignment]
    return rows


@triton.jit
def window_currents(
    table: tl.tensor,
    rows: tl.tuple,
    bias: tl.tensor,
    windows: tl.tensor,
    valid: tl.tensor,
    length: tl.tensor,
    left: tl.tensor,
    channel: tl.tensor,
    frame_offset: tl.tensor,
    channels: tl.constexpr,
    width: tl.constexpr,
    block_w: tl.constexpr,
    block_c: tl.constexpr,
) -> tl.tensor:
    """Currents (block_w, block_c) of one frame: the bias and one table entry per tap."""
    total = tl.zeros((block_w, block_c), dtype=tl.float32) + bias[None, :]
    for j in tl.static_range(width):
        position = windows + (j - left)
        inside = valid & (position >= 0) & (position < length)
        mask = inside[:, None] & (channel < channels)[None, :]
        where = rows[j][:, None] + channel[None, :]
        total += tl.load(table + frame_offset + where, mask=mask, other=0.0)
    return total


@triton.jit
def held_currents(
    table: tl.tensor,
    rows: tl.tuple,
    bias: tl.tensor,
    windows: tl.tensor,
    valid: tl.tensor,
    length: tl.tensor,
    left: tl.tensor,
    channel: tl.tensor,
    stride_frame: tl.tensor,
    channels: tl.constexpr,
    width: tl.constexpr,
    frames: tl.constexpr,
    block_w: tl.constexpr,
    block_c: tl.constexpr,
) -> tl.tuple:
    """The currents of every frame, kept in registers; none where ``frames`` is 0."""
    held = ()
    for f in tl.static_range(frames):
        frame = window_currents(
            table,
            rows,
            bias,
            windows,
            valid,
            length,
            left,
            channel,
            stride_frame * f,
            channels,
            width,
            block_w,
            block_c,
        )
        held += (frame,)  # type: ignore[assignment]
    return held


@triton.jit
def chosen(held: tl.tuple, frame: tl.tensor, frames: tl.constexpr) -> tl.tensor:
    """The held currents of number ``frame``, which is known at run time only."""
    current = held[0]
    for f in tl.static_range(1, frames):
        current = tl.where(frame == f, held[f], current)
    return current


@triton.jit
def front_kernel(
    table: tl.tensor,
    tokens: tl.tensor,
    lengths: tl.tensor,
    bias: tl.tensor,
    initial: tl.tensor,
    order: tl.tensor,
    pooled: tl.tensor,
    tied: tl.tensor,
    texts: tl.int32,
    positions: tl.int32,
    steps: tl.int32,
    left: tl.int32,
    right: tl.int32,
    stride_token: tl.int64,
    stride_frame: tl.int64,
    column: tl.constexpr,
    channels: tl.constexpr,
    width: tl.constexpr,
    rule: tl.constexpr,
    soft: tl.constexpr,
    ties: tl.constexpr,
    frames: tl.constexpr,
    block_w: tl.constexpr,
    block_c: tl.constexpr,
) -> None:
    """One branch from table to pooled signal; grid (texts, channel blocks, window tiles).

    What is written to ``pooled`` (tiles, T, B, C), by ``rule``:

    - ``spikes``, ``mean``: how many windows of the tile spike at t (int32)
    - ``counts``: the largest spike count of a window so far (int32, -1 in a tile without windows)
    - ``gated``: that count, its first window and whether it spikes now, packed so that the largest
      packed number over tiles is the gate's (int64, see `front.joined`)
    - ``currents``: the largest current (float32, -inf in a tile without windows)

    With ``ties``, ``tied`` gets how many windows of the tile attain the largest count or current.

    Args:
        table: float32, entry (n, f, column + j * channels + c) at n * stride_token +
            f * stride_frame + column + j * channels + c
        tokens: (B, L) int32 table rows
        lengths: (B,) int32
        bias: (C,) float32
        initial: (C,) float32, V(0)
        order: (T,) int32, the frame of each step
        pooled: (tiles, T, B, C)
        tied: (tiles, T, B, C) int32, unused without ``ties``
        texts: B
        positions: L
        steps: T
        left: zeros before each text
        right: zeros after each text
        stride_token: of the table
        stride_frame: of the table
        column: the branch's first column
        channels: C
        width: k
        rule: pooling rule
        soft: soft reset
        ties: whether ``tied`` is written
        frames: frames held in registers, or 0 to read a frame's currents at every step
        block_w: windows of a tile
        block_c: channels of a block
    """
    text = tl.program_id(0)
    tile = tl.program_id(2)
    channel = tl.program_id(1) * block_c + tl.arange(0, block_c)
    windows = tile * block_w + tl.arange(0, block_w)
    length = tl.load(lengths + text)
    count = tl.maximum(length + left + right, width) - width + 1  # valid windows, at least one
    valid = windows < count
    inside = channel < channels
    b = tl.load(bias + channel, mask=inside, other=0.0)
    v0 = tl.load(initial + channel, mask=inside, other=0.0)
    rows = window_rows(
        tokens, text, length, windows, positions, left, stride_token, column, channels, width
    )
    held = held_currents(
        table,
        rows,
        b,
        windows,
        valid,
        length,
        left,
        channel,
        stride_frame,
        channels,
        width,
        frames,
        block_w,
        block_c,
    )
    v = tl.zeros((block_w, block_c), dtype=tl.float32) + v0[None, :]
    fires = tl.zeros((block_w, block_c), dtype=tl.int32)  # spikes so far
    for t in range(steps):
        frame = tl.load(order + t)
        if frames > 0:
            current = chosen(held, frame, frames)
        else:
            current = window_currents(
                table,
                rows,
                b,
                windows,
                valid,
                length,
                left,
                channel,
                stride_frame * frame,
                channels,
                width,
                block_w,
                block_c,
            )
        at = ((tile.to(tl.int64) * steps + t) * texts + text) * channels + channel
        if rule == "currents":
            seen = tl.where(valid[:, None], current, float("-inf"))
            largest = tl.max(seen, axis=0)
            tl.store(pooled + at, largest, mask=inside)
            if ties:
                same = (seen == largest[None, :]) & valid[:, None]
                tl.store(tied + at, tl.sum(same.to(tl.int32), axis=0), mask=inside)
        else:
            u = v + current
            over = u >= 1.0
            v = tl.where(over, u - 1.0 if soft else 0.0, u)
            spikes = (over & valid[:, None]).to(tl.int32)
            if rule == "counts":
                fires += spikes
                seen = tl.where(valid[:, None], fires, -1)
                largest = tl.max(seen, axis=0)
                tl.store(pooled + at, largest, mask=inside)
                if ties:
                    same = (seen == largest[None, :]) & valid[:, None]
                    tl.store(tied + at, tl.sum(same.to(tl.int32), axis=0), mask=inside)
            elif rule == "gated":
                fires += spikes
                # the most spikes win, then the first window: its number counts down from 2^31 - 1
                packed = (fires.to(tl.int64) << 32) + (2147483647 - windows)[:, None]
                packed = tl.where(valid[:, None], packed * 2 + spikes, -1)
                tl.store(pooled + at, tl.max(packed, axis=0), mask=inside)
            else:
                tl.store(pooled + at, tl.sum(spikes, axis=0), mask=inside)


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
        u = v + tl.load(currents + at, mask=live, other=0.0)
        over = u >= 1.0
        v = tl.where(over, u - 1.0 if soft else 0.0, u)
        tl.store(spikes + at, over.to(tl.float32), mask=live)
