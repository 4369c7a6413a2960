"""Gradients that do not go back in time: SLTT, and OTTT by traces of what has arrived.

With g(t) the gradient of the loss for a neuron's spike s(t), h the surrogate's slope at its
potential u(t) and x(t) what arrives at its synapses,

    d(t) = g(t) h(u(t))
    dL/dW = sum_t d(t) x(t)                         SLTT
    dL/dW = sum_t d(t) a(t),  a(t) = lambda a(t-1) + x(t),  lambda = 1 - leak         OTTT
    dL/dx(t) = W d(t)                               both

so what a step adds is known at that step, and no earlier one is needed for it. The exact gradient
also has what passes through the reset, and what a layer's potential of an earlier step does to
the layers behind it. A bias is the weight of a synapse at which 1 arrives at every step. A
readout without neurons has no potential, and its gradient is exact.

    sum_t d(t) a(t) = sum_t e(t) x(t),  e(t) = d(t) + lambda e(t+1)

is how it is computed here: neurons hand e(t) down in place of d(t) (`Traced`), and where there are
further neurons below, they are handed d(t) = e(t) - lambda e(t+1) again (`Untraced`).
Source: Meng et al. 2023, "Towards Memory- and Time-Efficient Backpropagation for Training Spiking
Neural Networks" (ICCV 2023, arXiv 2302.14311), equation 9; Xiao et al. 2022, "Online Training
Through Time for Spiking Neural Networks" (NeurIPS 2022, arXiv 2210.04195), equations 6 to 8.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.func import functional_call
from torch.utils.hooks import RemovableHandle

from ...models.network import Network, Node, Signal
from ...models.neurons.base import NeuronParameters, NeuronRun, Neurons
from ...models.neurons.readout import SpikingReadout
from ...models.neurons.training import trained_by, way_of
from ...models.spikingjelly import surrogate_function


class Traced(torch.autograd.Function):
    """The identity; backward it adds up what comes later: e(t) = d(t) + kept e(t+1)."""

    @staticmethod
    def forward(ctx: Any, currents: Tensor, kept: float) -> Tensor:
        """The currents (T, ...) themselves."""
        ctx.kept = kept
        return currents.view_as(currents)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        """E of d, both (T, ...)."""
        traced = gradients[0].clone()
        for step in range(len(traced) - 2, -1, -1):
            traced[step] += ctx.kept * traced[step + 1]
        return traced, None


class Untraced(torch.autograd.Function):
    """The identity; backward it undoes `Traced`: d(t) = e(t) - kept e(t+1)."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, kept: float) -> Tensor:
        """The values (T, ...) themselves."""
        ctx.kept = kept
        return values.view_as(values)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        """D of e, both (T, ...)."""
        untraced = gradients[0].clone()
        untraced[:-1] -= ctx.kept * gradients[0][1:]
        return untraced, None


def online_run(surrogate: str = "atan", width: float = 1.0, traced: bool = False) -> NeuronRun:
    """Neurons whose gradients stay at their step; ``traced`` for those of OTTT.

    Args:
        surrogate: of `models.surrogates.SURROGATES`
        width: width of the surrogate's peak around the threshold, in thresholds
        traced: whether currents get e(t) in place of d(t)
    """
    fire = surrogate_function(surrogate, width)

    def run(currents: Tensor, p: NeuronParameters) -> Tensor:
        at_each_step = way_of(p, "at_each_step")
        if traced:
            made = Traced.apply(currents, 1 - getattr(p, "leak", 0.0))
            assert isinstance(made, Tensor)
            currents = made
        spikes: Tensor = at_each_step(currents, fire)
        return spikes

    return run


@contextmanager
def online_neurons(
    network: Network, surrogate: str = "atan", width: float = 1.0, traced: bool = False
) -> Iterator[None]:
    """Inside the block, in this thread, neurons have gradients of SLTT, or ``traced`` of OTTT.

    Raises:
        InputError: the network has no neurons, or has neurons without such gradients.
    """
    hooks = _untraced(network) if traced else []
    try:
        with trained_by(network, online_run(surrogate, width, traced), "at_each_step"):
            yield
    finally:
        for hook in hooks:
            hook.remove()


def _untraced(network: Network) -> list[RemovableHandle]:
    """Make every layer between neurons hand d(t) down, while its own weights get e(t)."""
    made = []
    for name in network.inputs:
        kept = _kept_after(network, name)
        if network.node(name).synaptic and kept is not None:
            made.append(network.node(name).register_forward_hook(_Apart(kept)))
    return made


def _kept_after(network: Network, name: str) -> float | None:
    """What the neurons keep of their potential that read the node ``name``; None without any."""
    for reader in network.consumers(name):
        node = network.node(reader)
        if isinstance(node, Neurons | SpikingReadout):
            return 1 - float(getattr(node, "leak", 0.0))
        if not node.synaptic:
            found = _kept_after(network, reader)
            if found is not None:
                return found
    return None


class _Apart:
    """A hook that parts the gradient of a layer's output: e(t) for its weights, d(t) for below."""

    def __init__(self, kept: float) -> None:
        self.kept, self.busy = kept, False

    def __call__(self, node: Node, inputs: tuple[Signal, ...], output: Signal) -> Signal | None:
        if self.busy or not torch.is_grad_enabled() or not inputs[0].values.requires_grad:
            return None
        self.busy = True
        try:
            still = {name: p.detach() for name, p in node.named_parameters()}
            below = functional_call(node, still, inputs).values  # (T, ...)
            own = node(Signal(inputs[0].values.detach(), inputs[0].lengths)).values
        finally:
            self.busy = False
        down = Untraced.apply(below, self.kept)
        assert isinstance(down, Tensor)
        return Signal(down + (own - own.detach()), output.lengths)
