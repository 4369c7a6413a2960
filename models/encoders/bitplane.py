"""Bit planes: the binary digits of a value, one a step."""

from __future__ import annotations

import torch
from torch import Tensor

from ...errors import InputError


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


def bitplane(x: Tensor, steps: int, generator: torch.Generator | None, shared: bool) -> Tensor:
    """Bit-plane rate code: x rounded to b bits, bit i spikes on its 2^i interleaved steps.

    The spike count after T = 2^b - 1 steps is exactly round(T x), and only b frames differ.
    """
    planes = bit_planes(x, steps)
    return torch.stack([planes[bit] for bit in bit_of_step(steps)])


def bit_planes(x: Tensor, steps: int) -> list[Tensor]:
    """The b distinct frames of the bit-plane code of T = 2^b - 1 steps, lowest bit first."""
    bits = max(bit_of_step(steps)) + 1
    value = torch.floor(x * steps + 0.5).to(torch.int32)  # of x's shape, in 0..T
    return [((value >> bit) & 1).to(x.dtype) for bit in range(bits)]
