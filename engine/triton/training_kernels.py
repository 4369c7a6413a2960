"""GPU kernels of training: the gradient of a front by recomputing it, and sums by word.

Three kernels. :func:`backward_kernel` runs a tile of windows again from the table, then goes back
through its steps and writes the gradient for the currents. :func:`fire_backward_kernel` does the
same for neurons that read pooled currents. :func:`segment_kernel` adds up, for every word and
filter tap, the gradients of the windows that read it. Positions are sorted by word beforehand, so
that every sum is one program's and runs in one order: no float is added atomically, and two runs
agree to the last bit.

Symbols: u(t) potential before the reset, h(u) slope of the surrogate at the threshold, g(t)
gradient of the loss for a spike, d(t) gradient for u(t).
"""

from __future__ import annotations

import triton
import triton.language as tl

from .kernels import chosen, held_currents, window_currents, window_rows


@triton.jit
def slopes(
    u: tl.tensor, height: tl.tensor, scale: tl.tensor, edge: tl.tensor, slope: tl.constexpr
) -> tl.tensor:
    """The surrogate's slope at u, as `training_kernels.slopes` defines it."""
    x = u - 1.0
    if slope == "atan":
        z = scale * x
        return height / (1.0 + z * z)
    elif slope == "sigmoid":
        z = 1.0 / (1.0 + tl.exp(-scale * x))
        return (1.0 - z) * z * scale
    elif slope == "rectangle":
        return tl.where(tl.abs(x) < edge, height, 0.0)
    else:
        return tl.where(tl.abs(x) <= edge, height - scale * tl.abs(x), 0.0)


@triton.jit
def before_step(
    u: tl.tensor,
    given: tl.tensor,
    after: tl.tensor,
    height: tl.tensor,
    scale: tl.tensor,
    edge: tl.tensor,
    slope: tl.constexpr,
    soft: tl.constexpr,
) -> tl.tensor:
    """One step back through the neuron.

    d(t) = g(t) h(u) + d(t+1) r(t) with r = 1 - h (soft reset), or 1 - s - u h (hard reset).
    """
    h = slopes(u, height, scale, edge, slope)
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
def backward_kernel(
    table: tl.tensor,
    tokens: tl.tensor,
    lengths: tl.tensor,
    bias: tl.tensor,
    initial: tl.tensor,
    order: tl.tensor,
    scratch: tl.tensor,
    given: tl.tensor,
    marks: tl.tensor,
    gradient: tl.tensor,
    first: tl.int32,
    group: tl.int32,
    texts: tl.int32,
    positions: tl.int32,
    longest: tl.int64,
    steps: tl.int32,
    left: tl.int32,
    right: tl.int32,
    stride_token: tl.int64,
    stride_frame: tl.int64,
    height: tl.float32,
    scale: tl.float32,
    edge: tl.float32,
    column: tl.constexpr,
    channels: tl.constexpr,
    width: tl.constexpr,
    rule: tl.constexpr,
    soft: tl.constexpr,
    slope: tl.constexpr,
    frames: tl.constexpr,
    block_w: tl.constexpr,
    block_c: tl.constexpr,
) -> None:
    """Gradient for the currents of one branch; grid (group of texts, channel blocks, tiles).

    Which windows share ``given`` (T, B, C) is told by ``marks`` (T, B, C): those that spike, or all
    where ``marks`` counts no spike (rule spikes); all (mean); those whose count so far is the mark
    (counts; a spike is part of every later count); the one whose number is the mark (gated); those
    whose current is the mark, a float32 (currents, where T counts frames and no time passes).

    Args:
        table: as `kernels.front_kernel` reads it
        tokens: (B, L) int32
        lengths: (B,) int32
        bias: (C,) float32
        initial: (C,) float32
        order: (T,) int32
        scratch: (T, group, longest, C) float32, for the potentials
        given: (T, B, C) float32, already divided among the windows that share it
        marks: (T, B, C) int32 or float32
        gradient: (frames or T, B, longest, C) float32, filled here for the group's texts
        first: number of the group's first text
        group: texts of the group
        texts: B
        positions: L
        longest: the most windows a text has
        steps: T
        left: zeros before each text
        right: zeros after each text
        stride_token: of the table
        stride_frame: of the table
        height: of the surrogate
        scale: of the surrogate
        edge: of the surrogate
        column: the branch's first column
        channels: C
        width: k
        rule: pooling rule
        soft: soft reset
        slope: name of the surrogate
        frames: frames held in registers, or 0 where the gradient is written for every step
        block_w: windows of a tile
        block_c: channels of a block
    """
    local = tl.program_id(0)
    text = local + first
    channel = tl.program_id(1) * block_c + tl.arange(0, block_c)
    windows = tl.program_id(2) * block_w + tl.arange(0, block_w)
    length = tl.load(lengths + text)
    count = tl.maximum(length + left + right, width) - width + 1
    valid = windows < count
    inside = channel < channels
    stored = (windows < longest)[:, None] & inside[None, :]
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
    cell = windows.to(tl.int64)[:, None] * channels + channel[None, :]  # within a text
    size = longest * channels
    v = tl.zeros((block_w, block_c), dtype=tl.float32) + v0[None, :]
    fires = tl.zeros((block_w, block_c), dtype=tl.int32)
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
        if rule == "currents":
            at = (t * texts + text).to(tl.int64) * channels + channel
            share = tl.load(given + at, mask=inside, other=0.0)
            mark = tl.load(marks + at, mask=inside, other=0.0)
            d = tl.where(valid[:, None] & (current == mark[None, :]), share[None, :], 0.0)
            tl.store(gradient + (t * texts + text) * size + cell, d, mask=stored)
        else:
            u = v + current
            over = u >= 1.0
            v = tl.where(over, u - 1.0 if soft else 0.0, u)
            fires += over.to(tl.int32)
            tl.store(scratch + (t * group + local) * size + cell, u, mask=stored)
    if rule != "currents":
        tl.debug_barrier()  # whichever thread wrote a potential, all may read it
        sums = ()
        for _ in tl.static_range(frames):
            sums += (tl.zeros((block_w, block_c), dtype=tl.float32),)  # type: ignore[assignment]
        d = tl.zeros((block_w, block_c), dtype=tl.float32)
        later = tl.zeros((block_w, block_c), dtype=tl.float32)
        for back in range(steps):
            t = steps - 1 - back
            u = tl.load(scratch + (t * group + local) * size + cell, mask=stored, other=0.0)
            at = (t * texts + text).to(tl.int64) * channels + channel
            share = tl.load(given + at, mask=inside, other=0.0)[None, :]
            mark = tl.load(marks + at, mask=inside, other=0)[None, :]
            over = u >= 1.0
            if rule == "counts":
                later += tl.where(fires == mark, share, 0.0)
                fires -= over.to(tl.int32)
                g = later
            else:
                g = window_share(over, windows, share, mark, rule)
            g = tl.where(valid[:, None], g, 0.0)
            d = before_step(u, g, d, height, scale, edge, slope, soft)
            if frames > 0:
                frame = tl.load(order + t)
                added = ()
                for f in tl.static_range(frames):
                    added += (sums[f] + tl.where(frame == f, d, 0.0),)  # type: ignore[assignment]
                sums = added
            else:
                tl.store(gradient + (t * texts + text) * size + cell, d, mask=stored)
        for f in tl.static_range(frames):
            tl.store(gradient + (f * texts + text) * size + cell, sums[f], mask=stored)


@triton.jit
def fire_backward_kernel(
    currents: tl.tensor,
    initial: tl.tensor,
    given: tl.tensor,
    gradient: tl.tensor,
    steps: tl.int32,
    neurons: tl.int64,
    height: tl.float32,
    scale: tl.float32,
    edge: tl.float32,
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
        height: of the surrogate
        scale: of the surrogate
        edge: of the surrogate
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
        u = v + tl.load(currents + at, mask=live, other=0.0)
        v = tl.where(u >= 1.0, u - 1.0 if soft else 0.0, u)
        tl.store(gradient + at, u, mask=live)
    tl.debug_barrier()  # as above
    d = tl.zeros((block,), dtype=tl.float32)
    for back in range(steps):
        at = neurons * (steps - 1 - back) + neuron
        u = tl.load(gradient + at, mask=live, other=0.0)
        g = tl.load(given + at, mask=live, other=0.0)
        d = before_step(u, g, d, height, scale, edge, slope, soft)
        tl.store(gradient + at, d, mask=live)


@triton.jit
def segment_kernel(
    gradient: tl.tensor,
    entries: tl.tensor,
    starts: tl.tensor,
    lengths: tl.tensor,
    sums: tl.tensor,
    texts: tl.int32,
    positions: tl.int32,
    longest: tl.int64,
    words: tl.int32,
    left: tl.int32,
    right: tl.int32,
    channels: tl.constexpr,
    width: tl.constexpr,
    block_e: tl.constexpr,
    block_c: tl.constexpr,
) -> None:
    """Gradient (F, N, k * C) for the table; grid (words, frames, k * channel blocks).

    The window that reads position p with tap j is p + left - j.

    Args:
        gradient: (F, B, longest, C) float32, for the currents
        entries: int32, positions b * L + p of words, sorted by word
        starts: (N + 1,) int32, where each word's entries start
        lengths: (B,) int32
        sums: (F, N, k * C) float32
        texts: B
        positions: L
        longest: the most windows a text has
        words: N
        left: zeros before each text
        right: zeros after each text
        channels: C
        width: k
        block_e: entries added at once
        block_c: channels of a block
    """
    word = tl.program_id(0)
    frame = tl.program_id(1)
    blocks: tl.constexpr = (channels + block_c - 1) // block_c
    j = tl.program_id(2) // blocks
    channel = (tl.program_id(2) % blocks) * block_c + tl.arange(0, block_c)
    inside = channel < channels
    begin = tl.load(starts + word)
    end = tl.load(starts + word + 1)
    total = tl.zeros((block_e, block_c), dtype=tl.float32)
    for at in range(begin, end, block_e):
        entry = at + tl.arange(0, block_e)
        there = entry < end
        place = tl.load(entries + entry, mask=there, other=0)
        text = place // positions
        window = place % positions + left - j
        length = tl.load(lengths + text, mask=there, other=0)
        count = tl.maximum(length + left + right, width) - width + 1
        there = there & (window >= 0) & (window < count)
        row = (frame * texts + text).to(tl.int64) * longest + window
        value = tl.load(
            gradient + row[:, None] * channels + channel[None, :],
            mask=there[:, None] & inside[None, :],
            other=0.0,
        )
        total += value
    to = (frame.to(tl.int64) * words + word) * (width * channels) + j * channels + channel
    tl.store(sums + to, tl.sum(total, axis=0), mask=inside)
