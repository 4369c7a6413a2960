"""A batch cut in pieces of time: the words of a few steps after one another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from ....models.encoders.encoder import Encoder
from ....models.snn import SpikingTextModel
from ...frames import frame_order
from ..words import Words, events_if_few, words_of


def in_time(
    model: SpikingTextModel,
    ids: Tensor,
    lengths: Tensor,
    size: int,
    generator: torch.Generator | None,
) -> Iterator[Words]:
    """What `words_of` gives of padded ids (B, L), in pieces of up to ``size`` steps.

    Where a few frames serve many steps they are made once; others as they are needed.
    """
    encoder, steps = model.encoder, model.steps
    assert isinstance(encoder, Encoder)
    order = np.array(frame_order(encoder, steps), np.int64)
    if not encoder.in_pieces or 2 * (order.max() + 1) <= steps:
        whole = words_of(model, ids, lengths, generator)
        for start in range(0, steps, size):
            yield replace(whole, order=whole.order[start : start + size])
        return
    valid = torch.arange(ids.shape[1]) < lengths[:, None]  # (B, L)
    rows = torch.full_like(ids, -1)
    if encoder.by_word:
        distinct, rows[valid] = torch.unique(ids[valid], return_inverse=True)
        x = model.embedding(distinct).t().unsqueeze(0)  # (1, D, N)
        valid_of_x = torch.tensor([len(distinct)])
    else:
        rows[valid] = torch.arange(ids.numel()).reshape(ids.shape)[valid]
        x, valid_of_x = model.embed(ids), lengths  # (B, D, L)
    for piece in encoder.pieces(x, valid_of_x, steps, size, generator):
        small = piece.to(torch.uint8) if encoder.spiking else piece
        frames = small.transpose(2, 3).flatten(1, 2)  # (T', N, D')
        yield _words(frames, rows, lengths, model)


def _words(frames: Tensor, rows: Tensor, lengths: Tensor, model: SpikingTextModel) -> Words:
    """Words with frames (T', N, D'), one a step."""
    events = events_if_few(frames) if frames.dtype == torch.uint8 else None
    steps, count, inputs = frames.shape
    return Words(
        shape=(steps, count, inputs),
        frames=frames if events is None else None,
        events=events,
        order=np.arange(steps),
        rows=rows.numpy(),
        lengths=lengths,
        dtype=model.dtype,
    )
