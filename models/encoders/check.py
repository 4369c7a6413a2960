"""Whether a code keeps what it says of itself, tried on a few values.

Engines make a word's frames once because its code says that they are the same everywhere. A code of
a user's that says so and does otherwise would give other spikes on every engine, without a word.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from math import inf

import torch
from torch import Tensor

from ...errors import InputError
from .code import Code
from .codes.poisson import CODE as POISSON

ROUNDING = 1e-5
"""What float32 may add to an error bound."""

# two texts of three channels and four positions; zeros are among them, as padding is
VALUES = (
    ((0.0, 0.5, 0.25, 1.0), (0.125, 0.75, 0.0, 0.3), (0.9, 0.0, 0.6, 0.05)),
    ((0.4, 0.7, 0.0, 0.0), (1.0, 0.35, 0.0, 0.0), (0.2, 0.0, 0.0, 0.0)),
)


@lru_cache(maxsize=256)
def check_code(name: str, code: Code, steps: int) -> None:
    """Refuse a code that does not send what it says, or cannot run for ``steps``.

    Raises:
        InputError: what it should have sent.
    """
    code.check_steps(steps)
    if code.looks_up:  # it sends what it is given
        return
    for broken in _broken(code, torch.tensor(VALUES), steps):
        raise InputError(f"expected the code {name} to {broken}, but at T = {steps} it does not")


def _broken(code: Code, values: Tensor, steps: int) -> Iterator[str]:
    """What the code should do and does not, the first thing first."""

    def encode(some: Tensor, shared: bool = False) -> Tensor:
        return code.encode(some, steps, torch.Generator().manual_seed(1), shared)

    frames = encode(values)  # (T, B, C, L)
    if (frames.shape, frames.dtype) != ((steps, *values.shape), values.dtype):
        shape = (steps, *values.shape)
        yield f"give float32 frames of shape (T, B, C, L), {shape} for these values"
        return
    if code.spiking and not bool(((frames == 0) | (frames == 1)).all()):
        yield "send spikes, 0 or 1 (analog frames: spiking = False)"
    if not code.spiking and not torch.equal(frames, frames[:1].expand_as(frames)):
        yield "send one analog frame at every step"
    if bool(frames[:, values == 0].any()):
        yield "be silent for zero, which padding is"
    if not torch.equal(frames, encode(values)):
        yield "draw from the generator alone"
    if not 0 < code.worth(steps) < inf:
        yield "say what a mean rate is worth, by a number above 0"
    off = float((code.decode(frames) - values).abs().max())
    if not off <= code.error_bound(steps) + ROUNDING:  # also catches NaN
        yield f"decode to within its error bound ({code.error_bound(steps):.3g} or less)"
    if code.stochastic:
        yield from _broken_noise(code, values, encode(values, True), steps)
        return
    alone = torch.cat([encode(text) for text in values.split(1)], dim=1)
    if not (torch.equal(frames, alone) and torch.equal(frames[..., :2], encode(values[..., :2]))):
        yield "send the same for a text whatever stands beside and after it"
    if code.by_word:
        yield from _broken_frames(code, values, frames)


def _broken_noise(code: Code, values: Tensor, frames: Tensor, steps: int) -> Iterator[str]:
    """The same of frames (T, B, C, L) of shared noise."""

    def encode(some: Tensor) -> Tensor:
        return code.encode(some, steps, torch.Generator().manual_seed(1), True)

    alone = torch.cat([encode(text) for text in values.split(1)], dim=1)
    if not (torch.equal(frames, alone) and torch.equal(frames[..., :2], encode(values[..., :2]))):
        yield "share its noise: to send the same for a text whatever stands beside and after it"
    if code.bernoulli:
        drawn = POISSON.encode(values, steps, torch.Generator().manual_seed(1), True)
        if not torch.equal(frames, drawn):
            yield "draw its spikes as the code poisson does (else: bernoulli = False)"


def _broken_frames(code: Code, values: Tensor, frames: Tensor) -> Iterator[str]:
    """The same of frames (T, B, C, L) of a code that makes them by word."""
    every = (0, 1, 2) if code.elementwise else (0, 2)  # texts, channels, positions
    turned = code.encode(values.flip(every), len(frames))
    if not torch.equal(turned.flip([axis + 1 for axis in every]), frames):
        kind, answer = ("value", "elementwise") if code.elementwise else ("word", "whole_words")
        yield f"send the same for a {kind} wherever it stands (else: {answer} = False)"
        return
    order = code.frame_order(len(frames))
    rows = values.transpose(1, 2).flatten(0, 1)  # (B * L, C)
    distinct = code.distinct(rows, len(frames))  # (F, B * L, C)
    sent = frames.transpose(2, 3).flatten(1, 2)  # (T, B * L, C)
    fits = len(order) == len(frames) and set(order) == set(range(len(distinct)))
    if not (fits and torch.equal(distinct[list(order)], sent)):
        yield "send its distinct frames in the order of frame_order"
