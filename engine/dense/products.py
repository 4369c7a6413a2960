"""Products of spikes and whole-number weights: exact forward, and fast where the processor has it.

Spikes are 0 or 1 and weights whole numbers of 8 bits, so products of them are exact in whatever way
they are made. Gradients are rounded to bfloat16 before a product, and added up as float32, where
the processor multiplies bfloat16 by itself; else they stay float32.
"""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor


def whole_products(spikes: Tensor, weight: Tensor) -> Tensor:
    """Products (R, H) int32, exact, of spikes (R, D) int8 and a weight (D, H) int8.

    Exact in float32 too, where whole numbers are not multiplied: sums of up to 2^24 / 128 weights
    are whole numbers that float32 has.
    """
    try:
        return torch._int_mm(spikes, weight)
    except (AttributeError, NotImplementedError, RuntimeError):
        return (spikes.float() @ weight.float()).to(torch.int32)


@cache
def has_bfloat16() -> bool:
    """Whether the processor multiplies bfloat16 by itself."""
    known: dict[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
    return bool(known.get("avx512_bf16") or known.get("amx_bf16") or known.get("sve_bf16"))


def gradient_type(precision: str) -> torch.dtype:
    """How gradients are multiplied: ``float32``, ``bfloat16``, or ``auto`` by the processor."""
    wide = precision == "float32" or (precision == "auto" and not has_bfloat16())
    return torch.float32 if wide else torch.bfloat16
