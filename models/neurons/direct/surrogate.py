"""The step of a neuron that is trained, and the gradient that stands in for its own."""

from __future__ import annotations

import math
from typing import Any, cast

import torch
from torch import Tensor


def slope(x: Tensor) -> Tensor:
    """The surrogate gradient g(x) = 1 / (1 + (pi x)^2) of a step at x = U - theta, of x's shape.

    It is that of spikingjelly's ``ATan`` at alpha = 2. Source: Fang et al. 2021, section 4.3.
    """
    return torch.reciprocal(1 + (math.pi * x).square())


class _Step(torch.autograd.Function):
    """1 where x >= 0 and 0 elsewhere; NaN is no spike."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return (x >= 0).to(x.dtype)

    @staticmethod
    def backward(ctx: Any, *above: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        return above[0] * slope(x)


def step(x: Tensor) -> Tensor:
    """Spikes of potentials over their threshold: 1 where x >= 0, with the gradient `slope`.

    >>> step(torch.tensor([-0.5, 0.0, 2.0])).tolist()
    [0.0, 1.0, 1.0]
    """
    return cast(Tensor, _Step.apply(x))
