"""Codes that make their frames one after another."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator

import torch
from torch import Tensor

from .code import Code


class InPieces(Code):
    """A code that gives `pieces` itself; all T frames are the one piece of that size."""

    def encode(
        self,
        values: Tensor,
        steps: int,
        generator: torch.Generator | None = None,
        shared_noise: bool = False,
    ) -> Tensor:
        """Frames (T, *values.shape): of values (B, C, L), or of any shape where elementwise."""
        return next(self.pieces(values, steps, steps, generator, shared_noise))

    @abstractmethod
    def pieces(
        self,
        values: Tensor,
        steps: int,
        size: int,
        generator: torch.Generator | None = None,
        shared_noise: bool = False,
    ) -> Iterator[Tensor]:
        """As `Code.pieces`."""
