"""What the processor multiplies by instructions of its own."""

from __future__ import annotations

from functools import cache

import torch


@cache
def has_int8_products() -> bool:
    """Whether `torch._int_mm` is exact and fast here.

    Older processors saturate at 16 bits, and without such instructions PyTorch multiplies one
    number at a time: a twentieth of the speed of float32.
    """
    supported = getattr(torch.cpu, "_is_vnni_supported", None)
    return supported is not None and hasattr(torch, "_int_mm") and bool(supported())


@cache
def has_bfloat16() -> bool:
    """Whether the processor multiplies bfloat16 by itself."""
    known: dict[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
    return bool(known.get("avx512_bf16") or known.get("amx_bf16") or known.get("sve_bf16"))
