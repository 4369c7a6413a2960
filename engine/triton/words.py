"""A batch of training texts as the GPU kernels read it: distinct words, and where each stands."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ...models.encoders.encoder import Encoder
from ...models.snn import SpikingTextModel
from ..frames import TokenFrames, position_frames, token_frames
from .front import Texts


@dataclass(frozen=True)
class TextWords:
    """A batch as the front reads it.

    frames: (F, N, D') of N distinct words (of positions, where the code is drawn at random)
    order: (T,) int32, the frame of each step
    texts: rows (B, L) of the words, and lengths
    entries: int32, positions b * L + l of all words, sorted by row
    starts: (N + 1,) int32, where each row's entries start
    """

    frames: Tensor
    order: Tensor
    texts: Texts
    entries: Tensor
    starts: Tensor

    @classmethod
    def of(cls, found: TokenFrames, rows: Tensor, lengths: Tensor) -> TextWords:
        """The batch of ``rows`` (B, L) with ``lengths`` (B,), all on one device."""
        positions = torch.arange(rows.shape[1], device=rows.device)
        flat = (positions < lengths[:, None]).flatten().nonzero().squeeze(1)  # of real words
        ordered, places = torch.sort(rows.flatten()[flat], stable=True)
        numbers = torch.arange(found.values.shape[1] + 1, device=rows.device)
        starts = torch.searchsorted(ordered, numbers)
        order = torch.tensor(found.order, dtype=torch.int32, device=rows.device)
        frames = found.values.contiguous()
        return cls(frames, order, Texts.of(rows, lengths), flat[places].int(), starts.int())


def text_words(
    model: SpikingTextModel, ids: Tensor, lengths: Tensor, generator: torch.Generator | None = None
) -> TextWords:
    """The distinct words of padded ids (B, L), their frames, and where they stand."""
    encoder = model.encoder
    assert isinstance(encoder, Encoder)
    if not encoder.by_word:
        x = model.embed(ids)  # (B, D, L)
        found = position_frames(encoder, x, lengths, model.steps, generator)
        rows = torch.arange(ids.numel(), device=ids.device).reshape(ids.shape)
    else:
        words, rows = ids.unique(return_inverse=True)
        found = token_frames(encoder, model.embedding(words), model.steps)
    return TextWords.of(found, rows, lengths)
