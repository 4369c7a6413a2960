"""Figures that add up without rounding: all of them multiples of one power of two.

Doubles that are multiples of u = 2^-q and whose absolute values sum to less than 2^52 u add up
exactly, in any order. So every part is rounded to such a u once, far below what float32 resolves
(u is at most 2^-50 of the sum of their sizes), and what is then left to the network's own figure is
a part too, `rest_of`: the sum of all is that figure, to the last bit.
"""

from __future__ import annotations

import torch
from torch import Tensor


def on_units(parts: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
    """Parts (..., N, K) and their bias (..., K) as multiples of one unit, float64."""
    total = parts.abs().sum(dim=-2) + bias.abs()
    size = float(total.max()) if total.numel() else 0.0
    exponent = 50 - int(torch.tensor(max(size, 2.0**-100), dtype=torch.float64).log2().ceil())
    unit = 2.0**-exponent
    return (parts / unit).round() * unit, (bias / unit).round() * unit


def rest_of(whole: Tensor, parts: Tensor, bias: Tensor) -> Tensor:
    """What is left of ``whole`` (..., K) without its parts (..., N, K) and bias, exactly."""
    return whole - (parts.sum(dim=-2) + bias)
