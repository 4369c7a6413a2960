"""The rate-based backward pass: gradients through mean currents and firing rates, not through time.

Source: Yu et al. 2024, "Advancing Training Efficiency of Deep Spiking Neural Networks through
Rate-based Backpropagation" (NeurIPS 2024, arXiv 2410.11488), and their published code for IF and
LIF neurons whose reset takes part in the gradient. With c = 1/T sum_t I(t) the mean current and
r = 1/T sum_t s(t) the rate of a neuron,

    dr/dc = 1/T sum_t e(t) h(u(t))
    e(1) = 1,  e(t+1) = 1 + e(t) dv(t)/du(t)
    dv/du = (1 - leak)(1 - h(u))                 soft reset
    dv/du = (1 - leak)(1 - s - u h(u))           hard reset

where u is the potential before the reset, v the one after it and the next step's leak, and h the
surrogate's slope. e(t) is the derivative of u(t) for a change of the current at every step up to
t, so the trace runs forward in time and the backward pass has no time at all:

    dL/dc = dL/dr dr/dc,  dL/dW = dL/dc x_mean

with x_mean the mean input frame. Here every s(t) stands for r and every I(t) for c: the neuron's
gradients are summed over steps on the way in and spread evenly on the way out. What lies between
neurons (weights, pooling) keeps its exact gradient; it is linear at any step.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from ...errors import InputError
from ...models.network import Network
from ...models.neurons.base import NeuronParameters, NeuronRun
from ...models.neurons.build import neuron_nodes
from ...models.neurons.training import trained_by, way_of
from ...models.spikingjelly import surrogate_function

Slope = Callable[[Tensor], Tensor]
Rate = Callable[[Tensor, Slope | None], tuple[Tensor, Tensor]]


def surrogate_slope(name: str, width: float) -> Slope:
    """h(x), the slope of a surrogate of `models.surrogates.SURROGATES` at x = u - 1.

    >>> surrogate_slope("triangle", 0.5)(torch.tensor([0.0, 0.25, 1.0])).tolist()
    [2.0, 1.0, 0.0]
    """

    def atan(x: Tensor) -> Tensor:
        return 1 / (width * (1 + (math.pi / width * x) ** 2))

    def sigmoid(x: Tensor) -> Tensor:
        z = torch.sigmoid(4 / width * x)
        return 4 / width * z * (1 - z)

    def rectangle(x: Tensor) -> Tensor:
        return (x.abs() < width / 2).to(x.dtype) / width

    def triangle(x: Tensor) -> Tensor:
        return (1 - x.abs() / width).clamp(min=0) / width

    known = {"atan": atan, "sigmoid": sigmoid, "rectangle": rectangle, "triangle": triangle}
    return known.get(name) or _slope_of(surrogate_function(name, width))


def _slope_of(fire: Slope) -> Slope:
    """The slope that autograd gives of ``fire``."""

    def slope(x: Tensor) -> Tensor:
        with torch.enable_grad():
            leaf = x.detach().requires_grad_()
            (found,) = torch.autograd.grad(fire(leaf).sum(), leaf)
        return found

    return slope


class _Rate(torch.autograd.Function):
    """Spikes forward; dL/dc spread over the steps backward."""

    @staticmethod
    def forward(ctx: Any, currents: Tensor, rate: Rate, h: Slope | None) -> Tensor:
        """Spikes (T, ...) of currents (T, ...)."""
        spikes, slope = rate(currents, h)
        ctx.save_for_backward(slope)  # dr/dc
        return spikes

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        """Gradient for currents (T, ...) of a gradient for spikes (T, ...)."""
        (gradient,) = gradients
        (slope,) = ctx.saved_tensors
        mean = gradient.sum(dim=0) * slope  # dL/dc
        return (mean / len(gradient)).expand_as(gradient), None, None


def rate_run(surrogate: str = "atan", width: float = 1.0) -> NeuronRun:
    """Neurons whose backward pass is rate-based, by their own ``rate`` (`neurons/gradients.py`).

    Args:
        surrogate: of `models.surrogates.SURROGATES`
        width: width of the surrogate's peak around the threshold, in thresholds
    """
    h = surrogate_slope(surrogate, width)

    def run(currents: Tensor, p: NeuronParameters) -> Tensor:
        spikes = _Rate.apply(currents, way_of(p, "rate"), h)
        assert isinstance(spikes, Tensor)
        return spikes

    return run


def dsr_run() -> NeuronRun:
    """Neurons whose backward pass takes the rate for the mean current, clipped to [0, 1].

    Source: Meng et al. 2022, "Training High-Performance Low-Latency Spiking Neural Networks by
    Differentiation on Spike Representation" (CVPR 2022, arXiv 2205.00459), equations 8 and 13 for
    integrate-and-fire neurons with reset by subtraction.
    """

    def run(currents: Tensor, p: NeuronParameters) -> Tensor:
        clipped = way_of(p, "clipped")
        spikes = _Rate.apply(currents, lambda values, _: clipped(values), None)
        assert isinstance(spikes, Tensor)
        return spikes

    return run


@contextmanager
def dsr_neurons(network: Network) -> Iterator[None]:
    """Inside the block, in this thread, neurons have the backward pass of `dsr_run`.

    Raises:
        InputError: the network has no neurons, or has neurons without such a pass.
    """
    for node in neuron_nodes(network).values():
        if not getattr(node, "soft_reset", True):
            raise InputError(
                "expected neurons of soft reset for the backward pass dsr, whose rate is the mean "
                "current, but got hard reset: convert with --neuron if and --reset soft, or give "
                "another --backward"
            )
    with trained_by(network, dsr_run(), "clipped"):
        yield


@contextmanager
def rate_neurons(network: Network, surrogate: str = "atan", width: float = 1.0) -> Iterator[None]:
    """Inside the block, in this thread, neurons have the rate-based backward pass.

    Raises:
        InputError: the network has no neurons, or has neurons without such a pass.
    """
    with trained_by(network, rate_run(surrogate, width), "rate"):
        yield
