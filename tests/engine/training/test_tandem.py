"""Tandem learning with coupled ANN layers is the backward pass dsr; docs/finetuning.md says so.

Source: Wu et al. 2021, "Progressive Tandem Learning for Pattern Recognition with Deep Spiking
Neural Networks" (IEEE TPAMI, arXiv 2007.01204). The networks here are built from that description,
with torch's own layers: spikes forward, and backward an ANN layer of the same weights that reads
the spike counts of the layer below.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional

from snnconvert.engine.training.surrogate import Surrogate
from snnconvert.models.encoders.encoder import Encoder
from snnconvert.models.network import Signal
from snnconvert.models.neurons.integrate_and_fire import IF, if_run
from snnconvert.tests.engine.test_training import build, texts
from snnconvert.tests.engine.training.test_online import BATCH, STEPS, drawn, network_of, ours

Activation = Callable[[Tensor], Tensor]


def clipped(c: Tensor) -> Tensor:
    """The activation of an ANN that is converted without loss: its rate ends at 1."""
    return c.clamp(0, 1)


def coupled(spikes: Tensor, activation: Tensor) -> Tensor:
    """Rates of ``spikes`` (T, ...) whose gradient goes to the ANN layer's ``activation`` (...)."""
    return spikes.mean(dim=0) + (activation - activation.detach())  # to the bit, so ties stay


def fired(currents: Tensor) -> Tensor:
    """Spikes (T, ...) of the neurons, without gradients."""
    return if_run(currents.detach(), IF().parameters_on(currents))[0]


def tandem_mlp(weights: list[Tensor], x: Tensor, activation: Activation) -> Tensor:
    """Output (B, K), the mean current, of layers of neurons and a readout; x: (T, B, D)."""
    spikes, rates = x, x.mean(dim=0)
    for weight, bias in zip(weights[:-2:2], weights[1:-2:2], strict=True):
        ann = activation(functional.linear(rates, weight, bias))
        spikes = fired(functional.linear(spikes, weight, bias))
        rates = coupled(spikes, ann)
    return functional.linear(rates, *weights[-2:])


@pytest.mark.parametrize("scale", [1.0, 0.05])
def test_of_any_depth_its_gradient_is_that_of_dsr(scale: float) -> None:
    """With the published ReLU too, where no mean current is above the threshold (scale 0.05)."""
    network = network_of(IF)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.mul_(scale).add_(0.1 * (scale < 1))
    x, wanted = drawn(STEPS, BATCH, 5, seed=20).abs() * 0.3, drawn(BATCH, 2, seed=21)
    found = ours(network, "dsr", x, (wanted / STEPS).expand(STEPS, BATCH, 2))
    same = {}
    for name, activation in (("clip", clipped), ("relu", torch.relu)):
        weights = [p.detach().clone().requires_grad_() for p in network.parameters()]
        outputs = tandem_mlp(weights, x, activation)
        assert torch.allclose(outputs, network(Signal(x)).mean(dim=0))
        (outputs * wanted).sum().backward()  # type: ignore[no-untyped-call]
        pairs = zip(weights, found.values(), strict=True)
        same[name] = all(torch.allclose(w.grad, g) for w, g in pairs if w.grad is not None)
    assert float(found["linear0.weight"].norm()) > 0
    assert same == {"clip": True, "relu": scale < 1}


@given(
    seed=st.integers(0, 999),
    rule=st.sampled_from(["mean", "counts"]),
    steps=st.sampled_from([1, 2, 4, 8]),  # their means are exact, so no current changes sides
    width=st.integers(1, 3),
)
@settings(max_examples=40)
def test_of_a_text_network_it_is_that_of_dsr(seed: int, rule: str, steps: int, width: int) -> None:
    """A convolution, neurons, a mean or the largest count over positions, and a readout.

    The ANN's own pooling reads the rates; its readout of them is the mean of the SNN's currents.
    """
    model = build(seed, Encoder("saf"), steps, [(rule, width, 5)]).double()
    ids, lengths = texts(seed, [6])  # a text alone, without padding
    network, frames = model.network, model.frames(ids, lengths)
    wanted = drawn(1, 2, seed=seed)
    with Surrogate("atan", 1.0, "dsr").neurons(network):
        outputs = network(Signal(frames, lengths)).mean(dim=0)
        (outputs * wanted).sum().backward()  # type: ignore[no-untyped-call]
    named = dict(network.named_parameters())
    own = {n: p.detach().clone().requires_grad_() for n, p in named.items()}

    def convolved(x: Tensor) -> Tensor:
        padded = functional.pad(x, network.node("conv0").padding)  # type: ignore[arg-type]
        return functional.conv1d(padded, own["nodes.conv0.weight"], own["nodes.conv0.bias"])

    spikes = fired(torch.stack([convolved(frame) for frame in frames]))
    rates = coupled(spikes, clipped(convolved(frames.mean(dim=0))))  # (1, C, W)
    pooled = rates.mean(dim=-1) if rule == "mean" else rates.amax(dim=-1)
    made = functional.linear(pooled, own["nodes.readout.weight"], own["nodes.readout.bias"])
    assert torch.allclose(made, outputs)
    (made * wanted).sum().backward()  # type: ignore[no-untyped-call]
    for name, parameter in named.items():
        assert torch.allclose(own[name].grad, parameter.grad, atol=1e-12), name  # type: ignore[arg-type]
