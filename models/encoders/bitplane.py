"""Bit planes: the binary digits of a value, one a step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from ...errors import InputError
from .code import Code


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

    prefix = False
    even = True
    colour = "#55a868"

    def encode(
        self, x: Tensor, steps: int, generator: torch.Generator | None, shared: bool
    ) -> Tensor:
        """Frames (T, *x.shape) of values x."""
        planes = self.distinct(x, steps)
        return torch.stack([planes[bit] for bit in bit_of_step(steps)])

    def check_steps(self, steps: int) -> None:
        """Only 2^b - 1 steps hold every bit as often as it counts."""
        super().check_steps(steps)
        bit_of_step(steps)

    def longest(self, steps: int) -> int:
        """The largest 2^b - 1 that is at most ``steps``."""
        return (1 << ((steps + 1).bit_length() - 1)) - 1

    def frame_order(self, steps: int) -> tuple[int, ...]:
        """The bit of each step."""
        return tuple(bit_of_step(steps))

    def distinct(self, x: Tensor, steps: int) -> Tensor:
        """The b bits (b, *x.shape) of T = 2^b - 1 steps, lowest first."""
        bits = max(bit_of_step(steps)) + 1
        value = torch.floor(x * steps + 0.5).to(torch.int32)  # of x's shape, in 0..T
        return torch.stack([((value >> bit) & 1).to(x.dtype) for bit in range(bits)])

    def work(self, values: Any, steps: Any, spikes: Any) -> Mapping[str, Any]:
        """A multiplication and a rounding for every value, once: two additions' worth."""
        return {"encode_adds": 2 * values}


CODE = BitPlane()
