"""Activations of the ANN: ReLU, QCFS, whose staircase an IF neuron reproduces exactly, and TCL."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from ...errors import InputError
from ..network import Node, Signal


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


class Relu(Activation):
    """max(z, 0)."""

    def activate(self, values: Tensor) -> Tensor:
        """max(z, 0)."""
        return functional.relu(values)


def inverse_softplus(y: Tensor) -> Tensor:
    """The x with softplus(x) = log(1 + exp(x)) = y, for y > 0, without overflow."""
    return y + torch.log(-torch.expm1(-y))


class Bounded(Activation):
    """An activation with a learned upper bound, kept positive by softplus.

    Args:
        bound: initial lambda > 0, in the unit of the pre-activations
        channels: learn one bound for each of so many channels; None for one for the layer
    """

    def __init__(self, bound: float = 1.0, channels: int | None = None) -> None:
        super().__init__()
        if not 0 < bound < float("inf") or (channels is not None and channels < 1):
            raise InputError(
                f"expected a bound > 0 for {type(self).__name__}, and one or more channels or "
                f"none, but got {bound} and {channels}"
            )
        self.channels = channels
        # softplus(raw) = bound, so that no step of an optimiser can make the bound negative
        raw = inverse_softplus(torch.tensor(float(bound)))
        self.raw_bound = nn.Parameter(raw if channels is None else raw.repeat(channels))

    @property
    def bound(self) -> Tensor:
        """The bound lambda > 0: a scalar, or (C,) with one for each channel."""
        return functional.softplus(self.raw_bound)

    def bound_of(self, values: Tensor) -> Tensor:
        """The bound, broadcastable to ``values`` (B, C, L) or (B, C)."""
        if self.channels is None:
            return self.bound
        return self.bound.reshape(-1, *[1] * (values.dim() - 2))  # (C, 1) or (C,)

    def settings(self) -> dict[str, Any]:
        """The constructor's arguments; ``channels`` only where each has its bound."""
        per_channel = {} if self.channels is None else {"channels": self.channels}
        return super().settings() | per_channel


class Qcfs(Bounded):
    """:func:`qcfs` with a learned bound.

    Args:
        levels: L, the quantisation steps (choose the time steps T you will run at)
        bound: initial lambda, in the unit of the pre-activations
        channels: see :class:`Bounded`
    """

    fields = ("levels",)

    def __init__(self, levels: int, bound: float = 1.0, channels: int | None = None) -> None:
        if levels < 1:
            raise InputError(f"expected levels >= 1 for QCFS, but got {levels}")
        super().__init__(bound, channels)
        self.levels = levels

    def activate(self, values: Tensor) -> Tensor:
        """The quantised activation."""
        return qcfs(values, self.bound_of(values), self.levels)


class Tcl(Bounded):
    """Trainable clipping layer: a ReLU with a learned upper bound.

        a = min(max(z, 0), lambda)

    The gradient goes to z where 0 < z < lambda, and to lambda where z is clipped, so training
    weighs the range it keeps against the clipping error; lambda is then the threshold.
    Source: Ho and Chang, DAC 2021 (here softplus keeps lambda positive, and it is not decayed).
    """

    def activate(self, values: Tensor) -> Tensor:
        """The clipped activation."""
        return torch.minimum(functional.relu(values), self.bound_of(values))


class Gelu(Node):
    """z times the normal distribution function of z; not monotone, so it is never converted.

    Source: Hendrycks and Gimpel 2016.
    """

    timeless = True

    def forward(self, *inputs: Signal) -> Signal:
        """Element by element."""
        return Signal(functional.gelu(inputs[0].values), inputs[0].lengths)


ACTIVATIONS: dict[str, tuple[type[Activation], tuple[str, ...]]] = {
    "tcl": (Tcl, ("bound",)),
    "relu": (Relu, ()),
    "qcfs": (Qcfs, ("levels", "bound")),
}
"""Activations by name, and what each takes of what networks are asked for."""


def make_activation(kind: str, **settings: Any) -> Activation:
    """An activation node by name: ``relu``, ``qcfs`` (levels, bound) or ``tcl`` (bound).

    Raises:
        InputError: an unknown name.
    """
    if kind not in ACTIVATIONS:
        *others, last = ACTIVATIONS
        raise InputError(
            f"expected the activation to be {', '.join(others)} or {last}, but got {kind!r}"
        )
    return ACTIVATIONS[kind][0](**settings)


def fitting_activation(kind: str, **settings: Any) -> Activation:
    """The same, with what of ``settings`` it takes.

    >>> fitting_activation("tcl", levels=4, bound=2.0).settings()
    {}
    """
    taken = ACTIVATIONS[kind][1] if kind in ACTIVATIONS else ()
    return make_activation(kind, **{name: settings[name] for name in taken})
