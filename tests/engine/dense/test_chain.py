"""Chains of CUBA-LIF layers: against PyTorch's own differentiation, step by step, and by hand."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from snnconvert.engine.dense.chain import (
    STEP,
    ChainRates,
    Cuba,
    Dropout,
    forward_chain,
    rounded,
    run_chain,
)
from snnconvert.engine.dense.learner import ChainLearner
from snnconvert.engine.dense.products import gradient_type, weight_gradient, whole_products
from snnconvert.engine.processor import has_bfloat16, has_int8_products
from snnconvert.models.neurons.cuba import CubaParameters


def random(*shape: int, seed: int = 0) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def frames(steps: int = 12, texts: int = 5, dim: int = 20, seed: int = 0) -> Tensor:
    return (random(steps, texts, dim, seed=seed) < 0.5).to(torch.int8)


def weights(*sizes: int) -> list[Tensor]:
    pairs = list(zip(sizes[1:], sizes[:-1], strict=True))
    return [0.9 * (random(h, d, seed=h) - 0.4) for h, d in pairs]


class Surrogate(torch.autograd.Function):
    """A spike, and SLAYER's slope in the backward pass."""

    @staticmethod
    def forward(ctx, x, tau, height):
        ctx.save_for_backward(x)
        ctx.shape = tau, height
        return (x >= 0).to(x.dtype)

    @staticmethod
    def backward(ctx, gradient):
        (x,) = ctx.saved_tensors
        tau, height = ctx.shape
        return gradient * height * torch.exp(-x.abs() / tau), None, None


def stepped(spikes: Tensor, whole: list[Tensor], p: Cuba, dropout: Dropout) -> Tensor:
    """Rates by the neuron's own step, a step and a layer at a time, all of T."""
    steps, neuron = len(spikes), CubaParameters(
        p.threshold, 0.0, p.current_decay, p.voltage_decay, False
    )  # fmt: skip
    for layer, weight in enumerate(whole):
        currents = spikes @ weight.t() * dropout.worth(layer - 1)
        state, sent = neuron.start(currents[0]), []
        for current in currents:
            fired, state = neuron.step(
                current, state, lambda x: Surrogate.apply(x, p.tau, p.height)
            )
            sent.append(fired)
        spikes = torch.stack(sent)
        if dropout.mask(layer) is not None:
            spikes = spikes * dropout.mask(layer)
        if p.delay:
            spikes = torch.cat([torch.zeros_like(spikes[:1]), spikes[:-1]])
    return spikes.sum(0) / steps


@pytest.mark.parametrize("delay", [True, False])
@pytest.mark.parametrize("share", [0.0, 0.25])
def test_rates_and_gradients_are_those_of_single_steps(delay: bool, share: float):
    sizes, p = (20, 16, 12, 3), Cuba(delay=delay)
    given = weights(*sizes)
    masks = [(random(5, h, seed=h) >= share).to(torch.int8) for h in sizes[1:-1]] if share else []
    dropout = Dropout(share, masks)
    own = [w.clone().requires_grad_() for w in given]
    rates = ChainRates.apply(frames(), p, dropout, torch.float32, *own)
    # weights that are whole numbers of a step already, so that both see the same
    other = [(rounded(w).float() * STEP).requires_grad_() for w in given]
    expected = stepped(frames().float(), other, p, dropout)
    assert rates.any() and torch.equal(rates, expected)
    target = random(5, 3, seed=9)
    (rates - target).square().sum().backward()
    (expected - target).square().sum().backward()
    for mine, theirs in zip(own, other, strict=True):
        assert torch.allclose(mine.grad, theirs.grad, rtol=1e-4, atol=1e-7)
        assert mine.grad.abs().max() > 0


def test_gradients_in_bfloat16_are_near():
    own = [w.requires_grad_() for w in weights(20, 16, 3)]
    found = []
    for kind in (torch.float32, torch.bfloat16):
        rates = ChainRates.apply(frames(), Cuba(), Dropout(), kind, *own)
        found.append(torch.autograd.grad(rates.square().sum(), own))
    for wide, narrow in zip(*found, strict=True):
        assert (wide - narrow).abs().max() < 0.02 * wide.abs().max()


def test_the_surrogate_is_that_of_slayer():
    # 0.1 scale_grad / (2 tau) exp(-|v - theta| / tau), tau = 100 tau_grad theta
    assert Cuba().tau == pytest.approx(3.75) and Cuba().height == pytest.approx(0.04)
    assert Cuba().height * math.exp(-1.25 / Cuba().tau) == pytest.approx(0.0286612, rel=1e-4)


def test_a_layer_is_late_by_one_step():
    p, whole = Cuba(), [torch.full((1, 1), 3.0), torch.full((1, 1), 3.0)]
    given = torch.ones(6, 1, 1, dtype=torch.int8)
    first, second = run_chain(given, whole, p)
    assert first[:, 0, 0].tolist() == [0, 1, 1, 1, 1, 1]
    assert second[:, 0, 0].tolist() == [0, 0, 1, 1, 1, 1]
    rates = forward_chain(given, [rounded(w) for w in whole], p).rates
    assert rates.item() == pytest.approx(4 / 6)


def test_too_few_steps_for_the_layers_give_no_spikes():
    whole = [rounded(w) for w in weights(20, 16, 12, 3)]
    assert not forward_chain(frames(steps=3), whole, Cuba()).rates.any()


def test_the_learner_steps_as_adam_does():
    learner = ChainLearner((20, 16, 3), lr=1e-2, decay=1e-2, dropout=0.0, seed=3)
    own = [w.float().clone() for w in learner.weights]
    own = [w.requires_grad_() for w in own]
    adam = torch.optim.Adam(own, lr=1e-2, weight_decay=1e-2)
    target, draws = random(5, 3, seed=9), torch.Generator().manual_seed(0)
    for number in range(5):
        batch = frames(seed=number)
        loss = (ChainRates.apply(batch, Cuba(), Dropout(), torch.float32, *own) - target).square()
        adam.zero_grad()
        loss.sum().backward()
        adam.step()
        assert learner.step(batch, target, draws) == pytest.approx(loss.sum().item(), rel=1e-5)
        for mine, theirs in zip(learner.weights, own, strict=True):
            assert torch.allclose(mine, theirs, atol=2e-5)
        assert all(torch.equal(a, rounded(b)) for a, b in zip(learner.whole, own, strict=True))


def test_texts_in_parts_give_the_same_step(monkeypatch):
    found = []
    for values in (1 << 20, 1):
        monkeypatch.setattr("snnconvert.engine.dense.learner.VALUES", values)
        learner = ChainLearner((20, 16, 3), lr=1e-2, dropout=0.2)
        learner.step(frames(), random(5, 3), torch.Generator().manual_seed(0))
        found.append(learner.flat)
    assert torch.allclose(*found, atol=1e-6)


def test_it_learns():
    learner = ChainLearner((20, 32, 2), lr=1e-2, dropout=0.0)
    given = frames(texts=40)
    labels = given[:, :, 0].sum(0) > 6
    target = torch.where(torch.stack([~labels, labels], 1), 0.75, 0.05)
    draws = torch.Generator().manual_seed(0)
    losses = [learner.step(given, target, draws) for _ in range(200)]
    assert losses[-1] < 0.3 * losses[0]


@pytest.mark.parametrize("with_int8", [False, True])
@pytest.mark.parametrize(("dim", "largest"), [(20, 4), (300, 4), (500, 254)])
def test_products_of_whole_numbers_are_exact_either_way(monkeypatch, with_int8, dim, largest):
    monkeypatch.setattr("snnconvert.engine.dense.products.has_int8_products", lambda: with_int8)
    spikes = frames(texts=7, dim=dim)[0]
    weight = rounded(largest * (random(dim, 16) - 0.2) * STEP)
    spikes[0], spikes[1] = 1, 0  # the largest sums, and none
    expected = spikes.to(torch.int64) @ weight.to(torch.int64)
    assert (int(expected.max()) > 2**15) == (largest == 254)  # beyond int16 as well
    assert torch.equal(whole_products(spikes, weight).to(torch.int64), expected)
    columns = whole_products(spikes, weight.t().contiguous().t())  # as a chain hands them on
    assert torch.equal(columns.to(torch.int64), expected)


@given(st.integers(0, 150), st.integers(1, 40), st.integers(1, 40), st.floats(0, 1))
def test_gradients_of_weights_are_the_product(rows, dim, size, share):
    spikes = (random(rows, dim) < share).to(torch.int8)
    gradients = random(rows, size, seed=1) - 0.5
    found = weight_gradient(gradients, spikes, torch.float32)
    assert found.shape == (size, dim)
    assert torch.allclose(found, gradients.t() @ spikes.float(), atol=1e-5)


def test_the_processor_says_what_it_multiplies():
    known = torch.cpu.get_capabilities()
    assert has_int8_products() == bool(known.get("avx512_vnni"))
    assert gradient_type("auto") == (torch.bfloat16 if has_bfloat16() else torch.float32)


def test_the_precision_is_as_asked():
    assert gradient_type("float32") == torch.float32
    assert gradient_type("bfloat16") == torch.bfloat16
    assert gradient_type("auto") in (torch.float32, torch.bfloat16)
