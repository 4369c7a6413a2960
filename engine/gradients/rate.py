"""The rate gradient approximation (RGA): a neuron's gradient through its firing rate alone.

Source: Bu et al. 2023, "Rate Gradient Approximation Attack Threats Deep Spiking Neural Networks"
(CVPR 2023), with the slopes and constants of their published code. A rate-coded neuron is taken
for a function of its mean current. With a threshold of 1, c = 1/T sum_t I(t), r = 1/T sum_t s(t)
and the share lambda = 1 - leak of the potential that stays from step to step, r(c) is two straight
lines, through (0, 0), (1 - lambda, gamma (1 - lambda)) and (1 + epsilon, 1):

    dr/dc = gamma                                           0 <= c < 1 - lambda
    dr/dc = (1 - gamma (1 - lambda)) / (lambda + epsilon)   1 - lambda <= c <= 1 + epsilon
    dr/dc = 0                                               elsewhere
    dL/dI(t) = dL/ds(t) dr/dc

gamma = 0.2 lets currents through that never reach the threshold of a leaky neuron, and epsilon = 1
those above it, where the rate saturates. An IF neuron (lambda = 1) has the one slope 1/2 for
0 <= c <= 2. Spikes, weights and pooling stay as they are. Their other enhancement, more time steps
for the gradient than for the prediction, is not here.

The slope of these neurons is `models.neurons.gradients.rate_slope`. `engine/training/rate.py` is
another way through rates: its slope follows the potentials of every step.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ...models.neurons.base import NeuronParameters, reference_run
from ...models.neurons.training import way_of

RateSlope = Callable[[Tensor], Tensor]


class _RateGradient(torch.autograd.Function):
    """Spikes forward, the slope of the rate at the mean current backward."""

    @staticmethod
    def forward(ctx: Any, currents: Tensor, p: NeuronParameters, slope: RateSlope) -> Tensor:
        """Spikes (T, ...) of currents (T, ...)."""
        ctx.save_for_backward(slope(currents.mean(dim=0)))
        return reference_run(currents, p)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        """Gradient for currents (T, ...) of a gradient for spikes (T, ...)."""
        (slope,) = ctx.saved_tensors
        return gradients[0] * slope, None, None


def rga_run(currents: Tensor, p: NeuronParameters) -> Tensor:
    """Spikes (T, ...), with RGA's gradient for the currents (T, ...) by the neuron's own slope.

    Raises:
        InputError: neurons without a ``rate_slope`` (`models/neurons/gradients.py`).
    """
    spikes = _RateGradient.apply(currents, p, way_of(p, "rate_slope"))
    assert isinstance(spikes, Tensor)
    return spikes
