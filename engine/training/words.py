"""A batch as the training front reads it, and the two products of its frames with weights."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from ...models.encoders.encoder import Encoder
from ...models.snn import SpikingTextModel
from ..compiled.there import compiles
from ..frames import position_frames, token_frames
from ..threads import in_parts, torch_on_one_thread

if TYPE_CHECKING:
    from .events import Events

# rows of a product that one thread makes; the same for any number of threads (`threads.py`)
BLOCK = 64


@dataclass(frozen=True)
class Words:
    """A batch as the front reads it.

    shape: F, N, D': distinct frames, distinct words (positions, where the code does not go by word)
        and input channels
    frames: (F, N, D'); spikes as uint8; None where they are lists of events
    events: the spikes as lists, where they are few enough (`events.py`)
    order: (T,) int64, the frame of each step
    rows: (B, L) int64, the row of every position's word; -1 on padding
    lengths: (B,) int64
    dtype: of the floats to compute in
    """

    shape: tuple[int, int, int]
    frames: Tensor | None
    events: Events | None
    order: np.ndarray
    rows: np.ndarray
    lengths: Tensor
    dtype: torch.dtype

    def frame(self, number: int, words: slice = slice(None), inputs: slice = slice(None)) -> Tensor:
        """Frame (N, D'), or a part of it, as floats; of words without events."""
        assert self.frames is not None
        return self.frames[number, words, inputs].to(self.dtype)

    def mean_frame(self) -> Tensor:
        """The mean of the frames over the steps: (N, D'); not a copy where there is but one."""
        if self.frames is not None and len(self.frames) == 1 and self.frames.dtype == self.dtype:
            return self.frames[0]
        mean = torch.zeros(self.shape[1:], dtype=self.dtype)
        self.add_steps(mean, 1 / len(self.order))
        return mean

    def add_steps(self, total: Tensor, share: float) -> None:
        """Add to ``total`` (N, D') the frame of every step, times ``share``."""
        shares = np.bincount(self.order, minlength=self.shape[0]) * share
        if self.events is not None:
            from .events import add_shares

            add_shares(self.events, shares.astype(np.float32), total.numpy())
            return
        for start in range(0, len(total), BLOCK):  # a few words at a time: frames become floats
            some = slice(start, start + BLOCK)
            for number, own in enumerate(shares.tolist()):
                total[some].add_(self.frame(number, some), alpha=own)


def words_of(
    model: SpikingTextModel,
    ids: Tensor,
    lengths: Tensor,
    generator: torch.Generator | None = None,
    kernels: bool = True,
) -> Words:
    """The distinct words of padded ids (B, L) and their frames; events only for ``kernels``."""
    encoder = model.encoder
    assert isinstance(encoder, Encoder)
    valid = torch.arange(ids.shape[1]) < lengths[:, None]  # (B, L)
    rows = torch.full_like(ids, -1)
    if not encoder.by_word:
        rows[valid] = torch.arange(ids.numel()).reshape(ids.shape)[valid]
        x = model.embed(ids)  # (B, D, L)
        found = position_frames(encoder, x, lengths, model.steps, generator)
        kind = torch.uint8 if encoder.spiking else found.values.dtype
        frames, order = found.values.to(kind), found.order
    else:
        distinct, rows[valid] = torch.unique(ids[valid], return_inverse=True)
        frames, order = _compact_frames(encoder, model.embedding(distinct), model.steps)
    dtype = model.dtype
    events = events_if_few(frames) if kernels and encoder.spiking and fused(dtype) else None
    count, size, inputs = frames.shape
    return Words(
        shape=(count, size, inputs),
        frames=frames if events is None else None,
        events=events,
        order=np.array(order, dtype=np.int64),
        rows=rows.numpy(),
        lengths=lengths,
        dtype=dtype,
    )


def events_if_few(frames: Tensor) -> Events | None:
    """The spikes of frames (F, N, D') as lists, where they are few enough."""
    from .events import events_of

    return events_of(frames.numpy())


def _compact_frames(
    encoder: Encoder, vectors: Tensor, steps: int, part: int = 64
) -> tuple[Tensor, tuple[int, ...]]:
    """Frames (F, N, D') of vectors (N, D) and their order; as floats only ``part`` words a time."""
    made = [token_frames(encoder, some, steps) for some in vectors.split(part)]
    kind = torch.uint8 if encoder.spiking else vectors.dtype
    return torch.cat([some.values.to(kind) for some in made], dim=1), made[0].order


def fused(dtype: torch.dtype) -> bool:
    """Whether the kernels can run; elsewhere torch alone gives the same results."""
    return dtype == torch.float32 and compiles()


def project(words: Words, weight: Tensor) -> Tensor:
    """Projections (N, F, k*C) of the words through filters (C, D', k); more columns may follow."""
    taps = weight.detach().permute(1, 2, 0).flatten(1)  # (D', k*C)
    if words.events is None:
        return _products(words, taps)
    return _sums_of_rows(words.events, taps, words.shape)


def _products(words: Words, taps: Tensor) -> Tensor:
    """Projections (N, F, k*C) by products of matrices."""
    count, rows, _ = words.shape
    table = taps.new_empty(rows, count, taps.shape[1])

    def multiply(start: int, stop: int) -> None:
        some = slice(start, stop)
        for number in range(count):
            torch.mm(words.frame(number, some), taps, out=table[some, number])

    with torch_on_one_thread():
        in_parts(rows, multiply, BLOCK)
    return table


def _sums_of_rows(events: Events, taps: Tensor, shape: tuple[int, int, int]) -> Tensor:
    """Projections (N, F, columns) by adding the rows of taps (D', k*C) that spikes select."""
    from .events import LANES
    from .events import project as add_rows

    count, rows, _ = shape
    columns = LANES * math.ceil(taps.shape[1] / LANES)
    taps = torch.nn.functional.pad(taps, (0, columns - taps.shape[1]))
    tiles = taps.unflatten(1, (-1, LANES)).transpose(0, 1).contiguous().numpy()
    table = taps.new_empty(rows, count, columns)
    flat = table.flatten().numpy()
    in_parts(
        rows * count,
        lambda a, z: add_rows(events, tiles, a, columns, flat[a * columns : z * columns]),
    )
    return table


def weight_gradient(words: Words, gradient: Tensor, by_mean: bool) -> Tensor:
    """The gradient (D', columns) for the taps, of one for the table: (N, F, columns).

    by_mean: the gradient is that of the mean frame alone, (N, 1, columns)
    """
    inputs, columns = words.shape[2], gradient.shape[2]
    events = words.events
    if by_mean or events is None:
        weight = gradient.new_zeros(inputs, columns)
        mean = words.mean_frame() if by_mean else None

        def multiply(start: int, stop: int) -> None:
            some = slice(start, stop)
            for number in range(gradient.shape[1]):
                spikes = mean[:, some] if mean is not None else words.frame(number, inputs=some)
                weight[some].addmm_(spikes.t(), gradient[:, number])

        with torch_on_one_thread():
            in_parts(inputs, multiply, BLOCK)
        return weight
    from .events import LANES, collect

    flat, tiles = gradient.flatten().numpy(), gradient.new_zeros(columns // LANES, inputs, LANES)
    in_parts(len(tiles), lambda a, z: collect(events, flat, columns, a, tiles[a:z].numpy()))
    return tiles.transpose(0, 1).flatten(1)
