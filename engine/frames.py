"""The distinct input frames of tokens: what a code sends, without its repetitions.

Most deterministic codes send the same frames wherever a word stands, so they are made once for
every distinct word, and a step only says which of them it sends: one frame for direct input, b for
the bit-plane code of 2^b - 1 steps, T for sum-and-fire (`Code.frame_order`). Random spikes are
drawn for every position, and the frames of codes that look at a word's place are made there.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ..models.encoders.check import check_code
from ..models.encoders.encoder import Encoder


@dataclass(frozen=True)
class TokenFrames:
    """Frames of N tokens (or positions) and the order in which the steps send them.

    values: (F, N, D') distinct frames
    order: T frame numbers; step t sends frame ``order[t]``
    """

    values: Tensor
    order: tuple[int, ...]


def frame_order(encoder: Encoder, steps: int) -> tuple[int, ...]:
    """Which distinct frame each of ``steps`` steps sends; T frames where those go by position.

    >>> frame_order(Encoder("bitplane"), 3)
    (1, 0, 1)

    Raises:
        InputError: the code cannot run for ``steps``, or does not keep what it says of itself.
    """
    check_code(encoder.code, encoder.coding, steps)
    return encoder.coding.frame_order(steps) if encoder.by_word else tuple(range(steps))


def frame_count(encoder: Encoder, steps: int) -> int:
    """F: how many distinct frames a token has."""
    return max(frame_order(encoder, steps)) + 1


def mapped_rows(encoder: Encoder, vectors: Tensor) -> Tensor:
    """Word vectors (N, D) on the non-negative channels of a real token: (N, D')."""
    x = vectors.clamp(-1, 1).transpose(0, 1).unsqueeze(0)  # (1, D, N)
    lengths = torch.tensor([len(vectors)], device=vectors.device)
    return encoder.map(x, lengths)[0].transpose(0, 1).contiguous()


def token_frames(encoder: Encoder, vectors: Tensor, steps: int) -> TokenFrames:
    """Distinct frames of real tokens, under a code whose frames depend on the word alone.

    Args:
        encoder: with a code that makes frames by word, for neurons that count
        vectors: (N, D) in [-1, 1]
        steps: T

    Returns:
        Frames (F, N, D'), equal to what ``encoder.encode`` sends at a valid position.

    Raises:
        ValueError: the code makes frames by position (`position_frames`), or neurons of its own
            read it.
        InputError: the code cannot run for ``steps``.
    """
    order = frame_order(encoder, steps)
    return TokenFrames(distinct_frames(encoder, mapped_rows(encoder, vectors), steps), order)


def distinct_frames(encoder: Encoder, rows: Tensor, steps: int) -> Tensor:
    """Frames (F, N, K) of values (N, K) in [0, 1] on channels of their own (see `token_frames`)."""
    coding = encoder.coding
    if coding.own_neurons or not coding.by_word:
        raise ValueError(
            f"expected a code whose frames depend on the word alone, got {encoder.code}"
        )
    return coding.distinct(rows, steps)


def position_frames(
    encoder: Encoder,
    x: Tensor,
    lengths: Tensor,
    steps: int,
    generator: torch.Generator | None = None,
    shared: bool = False,
) -> TokenFrames:
    """Frames of every position of a batch, as the reference draws them.

    Args:
        encoder: of any code
        x: (B, D, L) padded vectors in [-1, 1]
        lengths: (B,) valid positions
        steps: T
        generator: source of the draws
        shared: one noise field for all texts

    Returns:
        Frames (T, B * L, D'): row b * L + l is position l of text b; padding is silent.
    """
    frames = encoder.encode(x, lengths, steps, generator, shared)  # (T, B, D', L)
    rows = frames.transpose(2, 3).reshape(steps, -1, frames.shape[2])
    return TokenFrames(rows, tuple(range(steps)))
