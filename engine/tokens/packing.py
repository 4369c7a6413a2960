"""Valid tokens one after the other, and the padded texts that they are of."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor


@dataclass(frozen=True)
class Packing:
    """Which tokens of B padded texts are valid; position by position, and not text by text.

    So a product over positions, as neurons have it, is one product of two matrices.

    lengths: (B,) int64, at least one of them above 0
    width: L, positions of the padded texts
    """

    lengths: Tensor
    width: int

    @cached_property
    def is_whole(self) -> bool:
        """Whether there is no padding, so that packing is a view."""
        return bool((self.lengths == self.width).all())

    @cached_property
    def rows(self) -> Tensor:
        """Where each valid token stands among L * B positions, (N,)."""
        positions = torch.arange(self.width, device=self.lengths.device)
        return (positions[:, None] < self.lengths).flatten().nonzero().squeeze(1)

    @cached_property
    def texts(self) -> Tensor:
        """Which text each valid token is of, (N,)."""
        return self.rows % len(self.lengths)

    @cached_property
    def positions(self) -> Tensor:
        """The position of each valid token in its text, (N,)."""
        return self.rows // len(self.lengths)

    def packed(self, padded: Tensor) -> Tensor:
        """(..., L, B, C) -> (..., N, C)."""
        flat = padded.flatten(-3, -2)
        return flat if self.is_whole else flat.index_select(-2, self.rows)

    def padded(self, packed: Tensor) -> Tensor:
        """(..., N, C) -> (..., L, B, C), zeros at padding; for no gradients to pass."""
        size = (self.width, len(self.lengths))
        if self.is_whole:
            return packed.unflatten(-2, size)
        shape = (*packed.shape[:-2], size[0] * size[1], packed.shape[-1])
        return packed.new_zeros(shape).index_copy_(-2, self.rows, packed).unflatten(-2, size)
