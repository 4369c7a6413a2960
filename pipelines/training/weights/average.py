"""A moving average of what is learned, scored and kept in place of the last weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor

Tensors = dict[str, Tensor]


class Average:
    """The mean of the weights after each step, in which older ones fade.

    With w after step n, counted from 1, the average becomes a + (w - a) / min(n, horizon): the
    plain mean of the first ``horizon`` steps, and from then on an exponential one. So nothing of
    the weights before the first step is in it, however long the horizon is. (The average along a
    training is that of Polyak and Juditsky 1992, "Acceleration of stochastic approximation by
    averaging", SIAM J. Control Optim. 30, here with fading.)

    Args:
        horizon: steps; 0 for no average
    """

    def __init__(self, horizon: int) -> None:
        self.horizon = horizon
        self.values: Tensors = {}

    @torch.no_grad()
    def add(self, learned: Mapping[str, Tensor], step: int) -> None:
        """Take in the weights after ``step``, counted from 1."""
        if not self.horizon:
            return
        share = 1 / min(step, self.horizon)
        for name, value in learned.items():
            if name not in self.values or not value.is_floating_point():
                self.values[name] = value.detach().clone()
            else:
                self.values[name].lerp_(value, share)

    @contextmanager
    def in_place(self, learned: Mapping[str, Tensor]) -> Iterator[None]:
        """Inside, ``learned`` are their averages; as they are before the first step, or without."""
        if not self.values:
            yield
            return
        raw = {name: value.detach().clone() for name, value in learned.items()}
        copy_into(learned, self.values)
        try:
            yield
        finally:
            copy_into(learned, raw)


@torch.no_grad()
def copy_into(tensors: Mapping[str, Tensor], values: Mapping[str, Tensor]) -> None:
    """Give ``tensors`` the values of the same names."""
    for name, tensor in tensors.items():
        tensor.copy_(values[name])
