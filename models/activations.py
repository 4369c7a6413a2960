"""Activations of the ANN: ReLU, and QCFS, whose staircase an IF neuron reproduces exactly."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..errors import InputError
from .network import Node, Signal, register


def floor_ste(x: Tensor) -> Tensor:
    """floor(x) forward, identity backward (straight-through estimator)."""
    return x + (torch.floor(x) - x).detach()


def qcfs(z: Tensor, bound: Tensor, levels: int) -> Tensor:
    """Quantisation clip-floor-shift activation.

        a = bound * clip(floor(z * L / bound + 1/2) / L, 0, 1)

    Source: Bu et al., ICLR 2022, eq. 15 with shift 1/2.

    Args:
        z: pre-activations, any shape
        bound: lambda > 0, broadcastable to z, in the unit of z
        levels: L >= 1 quantisation steps

    Returns:
        Activations of z's shape, multiples of bound / L in [0, bound].
    """
    return bound * (floor_ste(z * levels / bound + 0.5) / levels).clamp(0, 1)


class Activation(Node):
    """A monotone element-wise activation that conversion replaces by spiking neurons."""

    monotone = True

    def activate(self, values: Tensor) -> Tensor:
        """The activation of pre-activations ``values`` (any shape)."""
        raise TypeError(f"{type(self).__name__} does not say how it activates")

    def forward(self, *inputs: Signal) -> Signal:
        """Apply the activation, keep the lengths."""
        return Signal(self.activate(inputs[0].values), inputs[0].lengths)


@register
class Relu(Activation):
    """max(z, 0)."""

    def activate(self, values: Tensor) -> Tensor:
        """max(z, 0)."""
        return functional.relu(values)


@register
class Qcfs(Activation):
    """:func:`qcfs` with one learned bound for the layer, kept positive by softplus.

    Args:
        levels: L, the quantisation steps (choose the time steps T you will run at)
        bound: initial lambda, in the unit of the pre-activations
    """

    fields = ("levels",)

    def __init__(self, levels: int, bound: float = 1.0) -> None:
        super().__init__()
        if levels < 1 or not bound > 0:
            raise InputError(
                f"expected levels >= 1 and a bound > 0 for QCFS, but got {levels} and {bound}"
            )
        self.levels = levels
        # softplus(raw) = bound, so that no step of an optimiser can make the bound negative
        self.raw_bound = nn.Parameter(torch.tensor(math.log(math.expm1(bound))))

    @property
    def bound(self) -> Tensor:
        """lambda, a positive scalar tensor."""
        return functional.softplus(self.raw_bound)

    def activate(self, values: Tensor) -> Tensor:
        """The quantised activation."""
        return qcfs(values, self.bound, self.levels)


def make_activation(kind: str, **settings: Any) -> Activation:
    """An activation node by name: ``relu`` or ``qcfs`` (settings: levels, bound).

    Raises:
        InputError: an unknown name.
    """
    if kind == "relu":
        return Relu()
    if kind == "qcfs":
        return Qcfs(**settings)
    raise InputError(f"expected the activation to be relu or qcfs, but got {kind!r}")
