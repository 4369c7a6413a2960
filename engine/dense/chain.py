"""A chain of dense layers of CUBA-LIF neurons as one function of its weights, all steps at once.

Lava-DL's SLAYER as SNNLP uses it: weights are rounded to 8 bits in the forward pass and learn as if
they were not, a neuron's dropout holds for all its steps, gradients leave the reset out, and every
layer hands its spikes on one step late (``delay``), so that the last of L layers fires for the
first time at step L.

Source: Shrestha and Orchard 2018 (SLAYER); Lava-DL's ``block.cuba.Dense`` (threshold, decays,
``tau_grad`` times 100 thresholds, ``scale_grad`` times 0.1, weights in steps of 2/64 within
[-256, 254] / 64).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .kernels import cuba_gradients, fire_cuba
from .products import weight_gradient, whole_products

STEP = 1 / 32
"""Weights are whole numbers of this, from -128 to 127 of them."""


@dataclass(frozen=True)
class Cuba:
    """The neurons of a chain, in the numbers of Lava-DL.

    threshold: theta; current_decay, voltage_decay: lost at each step; tau_grad, scale_grad: of the
    surrogate h(V) = scale_grad / (20 tau) exp(-|V - theta| / tau), tau = 100 theta tau_grad; delay:
    whether a layer hands its spikes on one step late.
    """

    threshold: float = 1.25
    current_decay: float = 0.25
    voltage_decay: float = 0.03
    tau_grad: float = 0.03
    scale_grad: float = 3.0
    delay: bool = True

    @property
    def tau(self) -> float:
        """Of the surrogate, in the unit of the potential."""
        return 100 * self.tau_grad * self.threshold

    @property
    def height(self) -> float:
        """Of the surrogate, where the potential is the threshold."""
        return 0.1 * self.scale_grad / (2 * self.tau)


@dataclass(frozen=True)
class LayerRun:
    """What a layer did: spikes that it sends (T, B, H) int8, and potentials before the reset."""

    spikes: Tensor
    voltages: Tensor


def rounded(weight: Tensor) -> Tensor:
    """A weight (H, D) in whole numbers of `STEP`, int8.

    >>> rounded(torch.tensor([0.02, -0.05, 9.0])).tolist()
    [1, -2, 127]
    """
    return (weight.detach() / STEP).round().clamp(-128, 127).to(torch.int8)


def run_layer(
    spikes: Tensor, weight: Tensor, p: Cuba, mask: Tensor | None = None, worth: float = 1.0
) -> LayerRun:
    """A layer of neurons on spikes (T, B, D) int8.

    Args:
        spikes: what comes in, step by step
        weight: (H, D) int8, as `rounded` gives it
        p: the neurons
        mask: (B, H) int8, 0 for neurons that are left out
        worth: of a spike that comes in
    """
    steps, texts, _ = spikes.shape
    currents = whole_products(spikes.flatten(0, 1), weight.t())  # (T * B, H)
    shape = (steps, texts * len(weight))
    voltages = torch.empty(shape)
    sent = torch.empty(shape, dtype=torch.int8)
    mask = torch.ones(shape[1], dtype=torch.int8) if mask is None else mask
    fire_cuba(
        currents.view(shape).numpy(),
        np.array([STEP * worth], np.float32),
        1 - p.current_decay,
        1 - p.voltage_decay,
        p.threshold,
        mask.flatten().numpy(),
        voltages.numpy(),
        sent.numpy(),
    )
    return LayerRun(sent.view(steps, texts, len(weight)), voltages)


def run_chain(frames: Tensor, weights: Sequence[Tensor], p: Cuba) -> list[Tensor]:
    """Spikes (T, B, H) of every layer, late steps and all: out(t) = s(t - 1), silent at first.

    Args:
        frames: input spikes (T, B, D) int8
        weights: (H, D) of each layer, float32
        p: the neurons
    """
    layers, spikes = [], frames
    for weight in weights:
        sent = run_layer(spikes, rounded(weight), p).spikes
        if p.delay:
            sent = torch.cat([torch.zeros_like(sent[:1]), sent[:-1]])
        layers.append(sent)
        spikes = sent
    return layers


@dataclass(frozen=True)
class Dropout:
    """Which hidden neurons are left out: ``share`` of them, ``masks`` (B, H) int8, 1 for the rest.

    A spike of those that are left is worth 1 / (1 - share).
    """

    share: float = 0.0
    masks: Sequence[Tensor] = ()

    def mask(self, layer: int) -> Tensor | None:
        """That of a layer, where it has one."""
        return self.masks[layer] if layer < len(self.masks) else None

    def worth(self, layer: int) -> float:
        """Of a spike that ``layer`` sends; the input is layer -1."""
        return 1 / (1 - self.share) if 0 <= layer < len(self.masks) else 1.0


@dataclass(frozen=True)
class Forward:
    """A run of a chain: rates (B, K) of its last layer, and what their gradients need.

    inputs: spikes (T', B, D) int8 of each layer; voltages: (T', B * H); steps: T
    """

    rates: Tensor
    inputs: list[Tensor]
    voltages: list[Tensor]
    steps: int


def forward_chain(
    frames: Tensor, whole: Sequence[Tensor], p: Cuba, dropout: Dropout = Dropout()
) -> Forward:
    """Run a chain for its rates; steps whose spikes cannot reach the output in time are left out.

    Args:
        frames: input spikes (T, B, D) int8
        whole: weights (H, D) int8 of each layer
        p: the neurons
        dropout: neurons that are left out
    """
    steps = len(frames)
    spikes = frames[: max(0, steps - len(whole))] if p.delay else frames
    inputs, voltages = [], []
    for layer, weight in enumerate(whole):
        run = run_layer(spikes, weight, p, dropout.mask(layer), dropout.worth(layer - 1))
        inputs.append(spikes)
        voltages.append(run.voltages)
        spikes = run.spikes
    return Forward(spikes.sum(0, dtype=torch.float32) / steps, inputs, voltages, steps)


def backward_chain(
    run: Forward,
    gradient: Tensor,
    whole: Sequence[Tensor],
    p: Cuba,
    dropout: Dropout = Dropout(),
    kind: torch.dtype = torch.float32,
) -> list[Tensor]:
    """Gradients (H, D) of the weights, from those of the rates.

    Args:
        run: as `forward_chain` gave it
        gradient: of the rates (B, K)
        whole: the weights of that run, as whole numbers of any type
        p: the neurons
        dropout: of that run
        kind: of the products, `products.gradient_type`
    """
    length, texts, _ = run.inputs[0].shape
    of_spikes = (gradient / run.steps).expand(length, *gradient.shape)  # (T', B, K)
    found: list[Tensor] = []
    for layer in range(len(whole) - 1, -1, -1):
        mask, worth = dropout.mask(layer), dropout.worth(layer)
        sent = None if mask is None else mask.flatten() * worth
        currents = _of_currents(of_spikes, run.voltages[layer], p, sent).to(kind)
        rows = currents.view(length * texts, -1)  # (T' * B, H)
        came = run.inputs[layer].flatten(0, 1)  # (T' * B, D)
        found.append(weight_gradient(rows, came, kind).mul_(dropout.worth(layer - 1)))
        if layer:
            of_spikes = (rows @ whole[layer].to(kind)).float().mul_(STEP)
    return found[::-1]


def _of_currents(gradient: Tensor, voltages: Tensor, p: Cuba, sent: Tensor | None) -> Tensor:
    """Gradients of currents (T, B * H) from those of spikes (T, B, H), or (T * B, H)."""
    out = torch.empty_like(voltages)
    sent = torch.ones(voltages.shape[1]) if sent is None else sent
    cuba_gradients(
        voltages.numpy(),
        gradient.reshape(voltages.shape).numpy(),
        1 - p.current_decay,
        1 - p.voltage_decay,
        p.threshold,
        p.tau,
        p.height,
        sent.numpy(),
        out.numpy(),
    )
    return out


class ChainRates(torch.autograd.Function):
    """Rates (B, K) of a chain on input spikes (T, B, D) int8, with gradients of its weights.

    ``ChainRates.apply(frames, p, dropout, kind, *weights)``, the weights (H, D) float32; see
    `forward_chain` and `backward_chain`.
    """

    @staticmethod
    def forward(
        ctx: Any, frames: Tensor, p: Cuba, dropout: Dropout, kind: torch.dtype, *weights: Tensor
    ) -> Tensor:
        """The rates."""
        whole = [rounded(weight) for weight in weights]
        run = forward_chain(frames, whole, p, dropout)
        ctx.kept = run, whole, p, dropout, kind
        return run.rates

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        """Gradients of the weights from those of the rates (B, K)."""
        run, whole, p, dropout, kind = ctx.kept
        found = backward_chain(run, gradients[0], whole, p, dropout, kind)
        return (None, None, None, None, *found)
