"""Bit planes: the binary digits of a value, one a step."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from ....errors import InputError
from ..code import Code, Counts


def bit_of_step(steps: int) -> list[int]:
    """Which bit spikes at each of T = 2^b - 1 steps: the ruler function, so bit i comes 2^i times.

    >>> bit_of_step(7)
    [2, 1, 2, 0, 2, 1, 2]

    Raises:
        InputError: T + 1 is not a power of two.
    """
    bits = (steps + 1).bit_length() - 1
    if steps < 1 or steps + 1 != 1 << bits:
        raise InputError(
            f"expected 1, 3, 7, 15, 31 ... steps for the bitplane code (2^b - 1), but got {steps}"
        )
    # step t (1-based) has r trailing zeros; r = 0 comes most often and carries the top bit
    return [bits - 1 - ((t & -t).bit_length() - 1) for t in range(1, steps + 1)]


class BitPlane(Code):
    """Bit-plane rate code: x rounded to b bits, bit i spikes on its 2^i interleaved steps.

    The spike count after T = 2^b - 1 steps is exactly round(T x), and only b frames differ.
    """

    colour = "#55a868"

    def encode(
        self,
        values: Tensor,
        steps: int,
        generator: torch.Generator | None = None,
        shared_noise: bool = False,
    ) -> Tensor:
        """Frames (T, *values.shape), for values of any shape."""
        return next(self.pieces(values, steps, steps))

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
        levels = _levels(values, steps)
        for start in range(0, steps, size):
            bits = order[start : start + size]
            yield torch.stack([_bit(levels, bit).to(values.dtype) for bit in bits])

    def check_steps(self, steps: int) -> None:
        """Only 2^b - 1 steps hold every bit as often as it counts."""
        super().check_steps(steps)
        bit_of_step(steps)

    def frame_order(self, steps: int) -> tuple[int, ...]:
        """The bit of each step."""
        return tuple(bit_of_step(steps))

    def error_bound(self, steps: int) -> float:
        """Half a level: 1 / 2T."""
        return 0.5 / steps

    def distinct(self, values: Tensor, steps: int) -> Tensor:
        """The b bits (b, *values.shape) of T = 2^b - 1 steps, lowest first."""
        bits = max(bit_of_step(steps)) + 1
        levels = _levels(values, steps)
        return torch.stack([_bit(levels, bit).to(values.dtype) for bit in range(bits)])

    def work(self, values: np.ndarray, steps: np.ndarray, spikes: np.ndarray) -> Counts:
        """A multiplication and a rounding for every value, once: two additions' worth."""
        return {"encode_adds": 2 * values}

    def against_unevenness(self) -> str:
        """It interleaves its bits already: what is uneven comes from the spikes of later layers."""
        return "use more steps, or silence early spikes with SRP (srp_steps)"


def _levels(values: Tensor, steps: int) -> Tensor:
    """Values in [0, 1] rounded to T levels: int32 of their shape, in 0..T."""
    return torch.floor(values * steps + 0.5).to(torch.int32)


def _bit(levels: Tensor, bit: int) -> Tensor:
    """One binary digit of levels, 0 the lowest."""
    return (levels >> bit) & 1


CODE = BitPlane()
