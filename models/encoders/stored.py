"""Stored spikes: the table of words holds bits, and the encoder sends them, a slice a step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from .code import Code, Counts


@dataclass(frozen=True)
class Stored(Code):
    """Slice t mod S of a word's bits at step t.

    Values are not numbers to be coded but S slices of C bits, one after the other. There is nothing
    to work out, to draw or to round: that was done when the table was filled (`books`).

    slices: S; 0 in a recipe, whose table is yet to be filled for its T
    """

    slices: int = 0
    looks_up = True
    default_mapping = "none"

    @property
    def contains_shorter(self) -> bool:  # type: ignore[override]
        """Of a table; a table that is filled for fewer steps holds other bits."""
        return self.slices > 0

    @property
    def rounds(self) -> bool:
        """No: the bits are as they are."""
        return False

    def encode(
        self,
        values: Tensor,
        steps: int,
        generator: torch.Generator | None = None,
        shared_noise: bool = False,
    ) -> Tensor:
        """Frames (T, B, C, L) of bits (B, S * C, L)."""
        apart = values.unflatten(1, (max(self.slices, 1), -1)).transpose(0, 1)  # (S, B, C, L)
        return apart[list(self.frame_order(steps))]

    def frame_order(self, steps: int) -> tuple[int, ...]:
        """The slice of each step."""
        return tuple(step % max(self.slices, 1) for step in range(steps))

    def distinct(self, values: Tensor, steps: int) -> Tensor:
        """The slices (F, N, C) of bits (N, S * C) that T steps send."""
        apart = values.unflatten(1, (max(self.slices, 1), -1)).transpose(0, 1)  # (S, N, C)
        return apart[: min(steps, len(apart))].contiguous()

    def gradient(self, of_frames: Tensor) -> Tensor:
        """As `Code.gradient`: a bit has the gradients of the steps that send it."""
        slices = max(self.slices, 1)
        parts = of_frames.new_zeros(slices, *of_frames.shape[1:])  # (S, B, C, L)
        for step, part in enumerate(self.frame_order(len(of_frames))):
            parts[part] += of_frames[step]
        return parts.transpose(0, 1).flatten(1, 2)

    def work(self, values: np.ndarray, steps: np.ndarray, spikes: np.ndarray) -> Counts:
        """None: bits are read, and sent as they are."""
        return {}

    def against_unevenness(self) -> str:
        """Its bits come as the book spread them over the steps."""
        return "use more steps, or silence early spikes with SRP (srp_steps)"

    def against_error(self, steps: int) -> str:
        """Bits that say more of a word."""
        return "the vectors are stored as few bits: use more steps, or more bits"
