"""A table of bits in place of word vectors: eight to a byte, and unpacked as words are read."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from ...errors import InputError

PART = 4096  # words that are unpacked at once


def packed(bits: Tensor) -> Tensor:
    """Bits (V, D) in {0, 1} as (V, ceil(D / 8)) uint8, the first bit the highest of its byte."""
    return torch.from_numpy(np.packbits(bits.cpu().numpy().astype(np.uint8), axis=1))


def unpacked(rows: Tensor, dim: int) -> Tensor:
    """The inverse of :func:`packed`: rows (..., ceil(D / 8)) uint8 as bits (..., D) uint8."""
    shifts = torch.arange(7, -1, -1, dtype=torch.uint8, device=rows.device)
    return ((rows.unsqueeze(-1) >> shifts) & 1).flatten(-2)[..., :dim]


class BitTable(nn.Module):
    """V words of D bits each, read as an `nn.Embedding` of vectors in {0, 1} is.

    Args:
        rows: V
        dim: D
        bits: (V, D) in {0, 1}, row 0 (padding) zero; all zero without it, to be loaded

    Raises:
        InputError: bits of another shape, other values, or a padding that is not silent.
    """

    packed: Tensor  # (V, ceil(D / 8)) uint8
    like: Tensor  # no values; of the dtype and on the device in which bits are handed out

    def __init__(self, rows: int, dim: int, bits: Tensor | None = None) -> None:
        super().__init__()
        self.num_embeddings, self.embedding_dim = rows, dim
        if bits is None:
            stored = torch.zeros(rows, -(-dim // 8), dtype=torch.uint8)
        else:
            _check(bits, rows, dim)
            stored = packed(bits)
        self.register_buffer("packed", stored)
        self.register_buffer("like", torch.zeros(0), persistent=False)

    @classmethod
    def of(cls, bits: Tensor) -> BitTable:
        """The table of bits (V, D); see the class."""
        return cls(bits.shape[0], bits.shape[1] if bits.dim() == 2 else 0, bits)

    def forward(self, ids: Tensor) -> Tensor:
        """Bits (..., D) as floats of word ids (...)."""
        return unpacked(self.packed[ids], self.embedding_dim).to(self.like.dtype)

    @property
    def dtype(self) -> torch.dtype:
        """Of the floats that are handed out."""
        return self.like.dtype

    @property
    def weight(self) -> Tensor:
        """All rows as floats (V, D), unpacked anew: for what must look at the whole vocabulary."""
        parts = [self(ids) for ids in torch.arange(self.num_embeddings).split(PART)]
        return torch.cat(parts) if parts else self.like.new_zeros(0, self.embedding_dim)


def _check(bits: Tensor, rows: int, dim: int) -> None:
    """Refuse what is no table of bits."""
    if bits.shape != (rows, dim) or not rows or not dim:
        raise InputError(f"expected bits (V, D) of words, but got {tuple(bits.shape)}")
    if not bool(((bits == 0) | (bits == 1)).all()):
        raise InputError("expected bits of 0 and 1, but got other values")
    if bool(bits[0].any()):
        raise InputError("expected a silent padding, row 0 of zeros, but some of its bits are set")
