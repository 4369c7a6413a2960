"""Trainings that diverge: recognised wherever that shows, and said in one line with the remedy."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import nn

from ...errors import SnnConvertError, one_line

MOST_GROWTH = 1e4
"""A loss so many times the first one (or 1, where that was smaller) comes back by no training."""
SAID_GROWTH = 2.0
"""An epoch's mean loss so many times the first one is worth a word."""
MOST_PARAMETER = 1e4
"""No parameter of a network that learns is so large; word vectors lie in [-1, 1]."""


class DivergenceError(SnnConvertError):
    """The loss or the parameters of a training have left all bounds."""


@dataclass(frozen=True)
class Watch:
    """What looks for divergence in one training.

    name: of the training, for messages; model: what is trained; lr: the learning rate
    """

    name: str
    model: nn.Module
    lr: float

    def loss(self, value: float, first: float, when: str) -> None:
        """Look at a loss.

        Args:
            value: the loss
            first: that of the first step; 0 where there is none yet
            when: in words, as in "at step 3"

        Raises:
            DivergenceError: it is not finite, or very many times the first one.
        """
        if not math.isfinite(value):
            raise self._error(f"the loss became {value} {when}")
        if value > MOST_GROWTH * max(first, 1.0):
            raise self._error(f"the loss grew from {first:.3g} to {value:.3g} {when}")

    def parameters(self) -> None:
        """Look at the parameters and running statistics.

        Raises:
            DivergenceError: one is not finite.
        """
        for name, value in self._learned():
            if not torch.isfinite(value).all():
                raise self._error(f"{name} holds values that are not finite")

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Around work on the model: where its numbers are out of bounds, errors are of that.

        Raises:
            DivergenceError: the work failed, and a number overflowed in it, or the parameters are
                not finite or very large.
        """
        try:
            yield
        except DivergenceError:
            raise
        except Exception as error:
            if "overflow" in str(error).lower():
                raise self._error(f"a step is too large ({one_line(error)})") from error
            self.parameters()
            for name, value in self._learned():
                if value.numel() and float(value.abs().max()) > MOST_PARAMETER:
                    raise self._error(
                        f"{name} has grown to {float(value.abs().max()):.3g} ({one_line(error)})"
                    ) from error
            raise

    def grown(self, first: float, last: float) -> str:
        """A line on a loss that is finite and yet larger than at the start; nothing otherwise.

        Args:
            first: the loss of the first step
            last: the mean loss of the last epoch
        """
        if not last > SAID_GROWTH * max(first, 1.0):
            return ""
        return (
            f"the loss of {self.name} grew from {first:.3g} to {last:.3g}: the learning rate "
            f"{self.lr:g} is too large to learn with; try a lower one (--lr) with --force"
        )

    def _learned(self) -> Iterator[tuple[str, torch.Tensor]]:
        yield from ((n, p.detach()) for n, p in self.model.named_parameters() if p.requires_grad)
        yield from ((n, b) for n, b in self.model.named_buffers() if b.is_floating_point())

    def _error(self, what: str) -> DivergenceError:
        return DivergenceError(
            f"{self.name} diverged: {what}; give a lower learning rate than --lr {self.lr:g} "
            "(nothing of this training is kept, and what was made before it is as it was)"
        )
