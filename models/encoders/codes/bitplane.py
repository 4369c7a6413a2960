"""Bit planes: the binary digits of a value, one a step."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from ..code import Counts
from ..in_pieces import InPieces


def bits_of(steps: int) -> int:
    """b, how many bits T steps hold: the least for which T <= 2^b - 1."""
    return steps.bit_length()


def bit_of_step(steps: int) -> list[int]:
    """Which bit spikes at each of T steps: the ruler function.

    Of T = 2^b - 1 steps bit i has 2^i; of fewer, the first of these.

    >>> bit_of_step(7), bit_of_step(4)
    ([2, 1, 2, 0, 2, 1, 2], [2, 1, 2, 0])
    """
    bits = bits_of(steps)
    # step t (1-based) has r trailing zeros; r = 0 comes most often and carries the top bit
    return [bits - 1 - ((t & -t).bit_length() - 1) for t in range(1, steps + 1)]


class BitPlane(InPieces):
    """Bit-plane rate code: x rounded to b bits, bit i spikes on its 2^i interleaved steps.

    The spike count after N = 2^b - 1 steps is exactly round(N x), and only b frames differ. Other
    numbers of steps T run the first T of the least N above: any stretch of the interleaved bits
    holds each about as often as it counts, so the count is near T x. `error_bound` says how near:
    1/2 of a spike for T = N, 0.67 to 0.75 for T = 2, 4, 8, 16 ..., and at most 1 for T up to 16.
    """

    colour = "#55a868"

    def pieces(
        self,
        values: Tensor,
        steps: int,
        size: int,
        generator: torch.Generator | None = None,
        shared_noise: bool = False,
    ) -> Iterator[Tensor]:
        """As `Code.pieces`: a step's frame is the bit of its turn."""
        order = bit_of_step(steps)
        levels = _levels(values, bits_of(steps))
        for start in range(0, steps, size):
            bits = order[start : start + size]
            yield torch.stack([_bit(levels, bit).to(values.dtype) for bit in bits])

    def frame_order(self, steps: int) -> tuple[int, ...]:
        """The bit of each step."""
        return tuple(bit_of_step(steps))

    def error_bound(self, steps: int) -> float:
        """1 / 2T of T = 2^b - 1 steps; otherwise what the missing steps add, level by level."""
        return _error_bound(steps)

    def distinct(self, values: Tensor, steps: int) -> Tensor:
        """The b bits (b, *values.shape), lowest first; each has a step of its own at least."""
        bits = bits_of(steps)
        levels = _levels(values, bits)
        return torch.stack([_bit(levels, bit).to(values.dtype) for bit in range(bits)])

    def work(self, values: np.ndarray, steps: np.ndarray, spikes: np.ndarray) -> Counts:
        """A multiplication and a rounding for every value, once: two additions' worth."""
        return {"encode_adds": 2 * values}

    def against_unevenness(self) -> str:
        """It interleaves its bits already: what is uneven comes from the spikes of later layers."""
        return "use more steps, or silence early spikes with SRP (srp_steps)"


@lru_cache(maxsize=64)
def _error_bound(steps: int) -> float:
    """The largest error of a mean over T steps, over all levels and the values that round there."""
    bits = bits_of(steps)
    top = (1 << bits) - 1  # levels 0 ... N
    levels = np.arange(top + 1)
    shares = np.bincount(bit_of_step(steps), minlength=bits) / steps
    means = sum(((levels >> bit) & 1) * shares[bit] for bit in range(bits))
    edges = [((levels + half) / top).clip(0, 1) for half in (-0.5, 0.5)]
    return float(max(np.abs(means - edge).max() for edge in edges))


def _levels(values: Tensor, bits: int) -> Tensor:
    """Values in [0, 1] rounded to N = 2^b - 1 levels: int32 of their shape, in 0..N."""
    return torch.floor(values * ((1 << bits) - 1) + 0.5).to(torch.int32)


def _bit(levels: Tensor, bit: int) -> Tensor:
    """One binary digit of levels, 0 the lowest."""
    return (levels >> bit) & 1


CODE = BitPlane()
