"""Products of spikes and whole-number weights: exact forward, and each in the fastest way there is.

Spikes are 0 or 1 and weights whole numbers of 8 bits, so products of them are exact in whatever way
they are made: in int8 where the processor multiplies it by itself, else as sums over the spikes.
Gradients are rounded to bfloat16 before a product, and added up as float32, where the processor
multiplies bfloat16 by itself; else they stay float32, and few spikes are summed one by one.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ..processor import has_bfloat16, has_int8_products
from .spike_sums import add_rows, add_weights

FEW = 1 / 4
"""Share of spikes below which a sum over them is faster than a product of float32."""


def whole_products(spikes: Tensor, weight: Tensor) -> Tensor:
    """Products (R, H) of spikes (R, D) int8 and a weight (D, H) int8: exact, int32 or int16."""
    if has_int8_products():
        return torch._int_mm(spikes, weight)
    # |w| <= 128: sums within int16 take half the time of int32
    kind = torch.int16 if 128 * len(weight) < 2**15 or _small(weight) else torch.int32
    out = torch.empty((len(spikes), weight.shape[1]), dtype=kind)
    add_weights(_read(spikes), _read(weight.to(kind)), out.numpy())
    return out


def _small(weight: Tensor) -> bool:
    """Whether no sum of some weights (D, H) of a column leaves int16."""
    return int(weight.to(torch.int32).abs().sum(0).max()) < 2**15


def weight_gradient(rows: Tensor, spikes: Tensor, kind: torch.dtype) -> Tensor:
    """``rows.T @ spikes`` (H, D) float32, what a weight (H, D) gets of its currents' gradients.

    Args:
        rows: gradients of the currents (R, H), of type ``kind``
        spikes: what came in (R, D) int8
        kind: of the product, as `gradient_type` gives it
    """
    if kind is torch.float32 and int(spikes.count_nonzero()) < FEW * spikes.numel():
        out = torch.empty((spikes.shape[1], rows.shape[1]))
        add_rows(_read(spikes), _read(rows), out.numpy())
        return out.t()
    return (rows.t() @ spikes.to(kind)).float()


def _read(values: Tensor) -> np.ndarray:
    """As the kernels read it: rows one after another."""
    return np.ascontiguousarray(values.numpy())


def gradient_type(precision: str) -> torch.dtype:
    """How gradients are multiplied: ``float32``, ``bfloat16``, or ``auto`` by the processor."""
    wide = precision == "float32" or (precision == "auto" and not has_bfloat16())
    return torch.float32 if wide else torch.bfloat16
