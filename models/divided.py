"""A batch whose texts are divided among processes: what a network must know of those it has not.

Every process draws the noise of the whole batch and takes that of its own texts, and sums over a
batch (of normalisation) are over all of its texts. So what is computed of a text is what one
process with the whole batch computes of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Part:
    """The texts of a batch that this process has.

    rows: which of the batch's texts
    total: how many texts the whole batch has
    summed: the sum of a tensor over all processes, with gradients
    """

    rows: slice
    total: int
    summed: Callable[[Tensor], Tensor]

    @property
    def count(self) -> int:
        """How many texts this process has."""
        return len(range(*self.rows.indices(self.total)))


_part: ContextVar[Part | None] = ContextVar("_part", default=None)


@contextmanager
def divided(part: Part) -> Iterator[None]:
    """Inside the block what runs is ``part`` of a batch."""
    token = _part.set(part)
    try:
        yield
    finally:
        _part.reset(token)


def uniform(shape: Sequence[int], generator: torch.Generator | None, texts: int) -> Tensor:
    """Uniform draws in [0, 1) of ``shape``, on the CPU.

    Args:
        shape: of what is drawn for the texts that are here
        generator: source of the draws
        texts: which axis, counted from the last as in -3, is that of the texts
    """
    part = _part.get()
    if part is None or shape[texts] != part.count:  # of no batch, as where a code is checked
        return torch.rand(tuple(shape), generator=generator)
    whole = list(shape)
    whole[texts] = part.total
    draws = torch.rand(whole, generator=generator)
    return draws.transpose(0, texts)[part.rows].transpose(0, texts)


def moments(rows: Tensor) -> tuple[Tensor, Tensor, int]:
    """Mean and variance (C,) of rows (N, C) of the whole batch, with gradients, and how many.

    The variance is that over N, not over N - 1.
    """
    part = _part.get()
    if part is None:
        return rows.mean(dim=0), rows.var(dim=0, unbiased=False), len(rows)
    count = part.summed(rows.new_tensor(float(len(rows))))
    mean = part.summed(rows.sum(dim=0)) / count
    variance = part.summed((rows - mean).square().sum(dim=0)) / count
    return mean, variance, int(count)
