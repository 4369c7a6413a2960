"""Input spikes of texts, packed: a bit a value and step.

A text of 300 values over 100 steps is 3.8 kB, so those of all texts are made once and lie in
memory.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True)
class Frames:
    """Spikes of N texts: ``bits`` (N, T, ceil(D / 8)) uint8 as `numpy.packbits` packs them.

    dim: D
    """

    bits: np.ndarray
    dim: int

    def __len__(self) -> int:
        return len(self.bits)

    @property
    def steps(self) -> int:
        """T."""
        return int(self.bits.shape[1])

    def batch(self, texts: np.ndarray) -> Tensor:
        """Spikes (T, B, D) int8 of some texts, by their numbers."""
        chosen = np.ascontiguousarray(self.bits[texts].transpose(1, 0, 2))  # (T, B, D / 8)
        return torch.from_numpy(np.unpackbits(chosen, axis=-1, count=self.dim).view(np.int8))


def saf_frames(vectors: np.ndarray, steps: int) -> Frames:
    """Sum and fire from V(0) = 0: V += (x + 1) / 2; a spike, and V -= 1, where V >= 1.

    The spikes up to step t are floor(t (x + 1) / 2) where 0 <= (x + 1) / 2 <= 1. A value above 1
    spikes at every step and one below 0 at none, as the loop has it.

    Args:
        vectors: (N, D), of the order of [-1, 1]
        steps: T
    """
    values = (vectors.astype(np.float64) + 1) / 2
    potential = np.zeros_like(values)
    bits = np.empty((len(values), steps, -(-values.shape[1] // 8)), np.uint8)
    for step in range(steps):
        potential += values
        fired = potential >= 1
        potential -= fired
        bits[:, step] = np.packbits(fired, axis=1)
    return Frames(bits, values.shape[1])


def random_frames(vectors: np.ndarray, steps: int, seed: int, upright: bool = False) -> Frames:
    """A spike where (x + 1) / 2 <= u, u uniform in [0, 1): the rate is 1 - (x + 1) / 2.

    Args:
        vectors: (N, D), of the order of [-1, 1]
        steps: T
        seed: of the draws, one for each text, value and step
        upright: a spike where (x + 1) / 2 > u, so that the rate is (x + 1) / 2
    """
    values = ((vectors + 1) / 2).astype(np.float32)
    random = np.random.default_rng(seed)
    bits = np.empty((len(values), steps, -(-values.shape[1] // 8)), np.uint8)
    for step in range(steps):
        fired = values <= random.random(values.shape, np.float32)
        bits[:, step] = np.packbits(~fired if upright else fired, axis=1)
    return Frames(bits, values.shape[1])
