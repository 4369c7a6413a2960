"""The bidirectional parallel spiking neuron: traces by hand, the loop, spikingjelly, properties."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from snnconvert.errors import InputError
from snnconvert.models.network import Signal
from snnconvert.models.neurons.direct.bpsn import (
    BPSNParameters,
    bpsn_kernel,
    bpsn_potentials,
    bpsn_run,
    bpsn_sequential,
    bpsn_steps,
)
from snnconvert.models.neurons.direct.node import BPSN, SHIFTS, rounded
from snnconvert.models.neurons.direct.surrogate import step

FAR = 1e-9
"""A potential this close to the threshold may fall on either side of it in another order of sums"""


def parameters(
    forward: Any, backward: Any, threshold: Any, gamma: Any = 1.0, rho: Any = 0.5, passes: int = 0
) -> BPSNParameters:
    values = (forward, backward, threshold, gamma, rho)
    made = (torch.as_tensor(value, dtype=torch.float64).reshape(-1) for value in values)
    return BPSNParameters(*made, passes)


def trace(text: str) -> Tensor:
    return torch.tensor([[float(word) for word in text.split()]], dtype=torch.float64)


HALF = parameters(0.5, 0.5, 0.8)


@pytest.mark.parametrize("run", [bpsn_run, bpsn_steps])
@pytest.mark.parametrize(
    ("currents", "passes", "spikes"),
    [
        ("1 0 0 1", 0, "1 0 0 1"),
        ("1 1 1 1", 0, "1 1 1 1"),
        ("1 1 1 1", 1, "1 0 0 0"),
        ("1 1 1 1", 2, "1 0 1 1"),
        ("1 1 1 1", 3, "1 0 1 0"),
    ],
)
def test_traces_by_hand(run: Any, currents: str, passes: int, spikes: str) -> None:
    """alpha = beta = 1/2 and theta = 0.8, so N = sqrt(5/3)."""
    found = run(trace(currents), HALF._replace(passes=passes))
    assert torch.equal(found, trace(spikes))


def test_potentials_by_hand() -> None:
    found = (bpsn_potentials(trace("1 0 0 1"), HALF) + 0.8) * (5 / 3) ** 0.5
    torch.testing.assert_close(found, trace("1.125 0.75 0.75 1.125"))
    cut = (bpsn_potentials(trace("1 0 0 1")[None], HALF, torch.tensor([3])) + 0.8) * (5 / 3) ** 0.5
    torch.testing.assert_close(cut[0, :, :3], trace("1 0.5 0.25"))
    assert not bpsn_run(trace("1 0 0 1")[None], HALF, torch.tensor([3])).any()


@st.composite
def cases(draw: st.DrawFn) -> tuple[Tensor, BPSNParameters, Tensor]:
    """Currents (3, 4, L), parameters of one or four groups, and lengths (3,)."""
    length = draw(st.integers(1, 40))
    groups, seed = draw(st.sampled_from([1, 4])), draw(st.integers(0, 10**6))
    random = torch.Generator().manual_seed(seed)
    direction = draw(st.sampled_from(["both", "forward", "backward"]))

    def uniform(*shape: int) -> Tensor:
        return torch.rand(*shape, generator=random, dtype=torch.float64)

    none = torch.zeros(groups, dtype=torch.float64)
    p = BPSNParameters(
        none if direction == "backward" else uniform(groups) * 0.99,
        none if direction == "forward" else uniform(groups) * 0.99,
        uniform(4) * 1.5,
        uniform(1) * 2,
        uniform(1) * 0.99,
        draw(st.integers(0, 3)),
    )
    currents = torch.randn(3, 4, length, generator=random, dtype=torch.float64)
    lengths = torch.randint(1, length + 1, (3,), generator=random)
    return currents, p, lengths


def clear(currents: Tensor, p: BPSNParameters, lengths: Tensor) -> bool:
    """Whether no potential of any pass is so near the threshold that rounding decides."""
    u = bpsn_potentials(currents, p, lengths)
    spikes = bpsn_steps(currents, p._replace(passes=0), lengths)
    near = u.abs().min()
    for passes in range(1, p.passes + 1):
        kernel = torch.zeros(u.shape[-1], u.shape[-1], dtype=u.dtype)
        for s in range(u.shape[-1]):
            for t in range(s + 1, u.shape[-1]):
                kernel[s, t] = p.rho.item() ** (t - s - 1)
        near = torch.minimum(near, (u - p.gamma * (spikes @ kernel)).abs().min())
        spikes = bpsn_steps(currents, p._replace(passes=passes), lengths)
    return bool(near > FAR)


@settings(max_examples=60)
@given(cases())
def test_in_parallel_it_is_the_loop(case: tuple[Tensor, BPSNParameters, Tensor]) -> None:
    if clear(*case):
        assert torch.equal(bpsn_run(*case), bpsn_steps(*case))


@settings(max_examples=30)
@given(cases())
def test_its_gradients_are_those_of_the_loop(case: tuple[Tensor, BPSNParameters, Tensor]) -> None:
    currents, p, lengths = case
    if not clear(*case):
        return
    above = torch.randn(currents.shape, dtype=currents.dtype)
    found = []
    for run in (bpsn_run, bpsn_steps):
        x = currents.clone().requires_grad_()
        learned = [v.clone().requires_grad_() for v in p[:5]]
        (run(x, BPSNParameters(*learned, p.passes), lengths) * above).sum().backward()
        used = [x, *learned] if p.passes else [x, *learned[:3]]
        found.append([torch.zeros_like(v) if v.grad is None else v.grad for v in used])
    for left, right in zip(*found, strict=True):
        torch.testing.assert_close(left, right, rtol=1e-8, atol=1e-10)


@settings(max_examples=40)
@given(cases())
def test_the_reset_is_exact_after_as_many_passes_as_steps_and_bracketed_before(
    case: tuple[Tensor, BPSNParameters, Tensor],
) -> None:
    """More spikes before mean fewer now: even passes fire too often, odd ones too seldom."""
    currents, p, lengths = case
    steps = currents.shape[-1]
    exact = bpsn_sequential(currents, p, lengths)
    if not clear(currents, p._replace(passes=min(steps, 8)), lengths):
        return
    passes = [bpsn_steps(currents, p._replace(passes=n), lengths) for n in range(5)]
    for number, spikes in enumerate(passes):
        assert torch.equal(spikes[..., : number + 1], exact[..., : number + 1])
        assert bool((spikes >= exact if number % 2 == 0 else spikes <= exact).all())
    assert bool((passes[0] >= passes[2]).all() and (passes[3] >= passes[1]).all())
    assert torch.equal(bpsn_steps(currents, p._replace(passes=steps - 1), lengths), exact)


@settings(max_examples=25)
@given(cases(), st.sampled_from([1, 30]), st.sampled_from([0.0, 1e30, float("nan"), float("inf")]))
def test_padding_has_no_part(
    case: tuple[Tensor, BPSNParameters, Tensor], more: int, stands: float
) -> None:
    currents, p, lengths = case
    if not clear(*case):
        return
    wide = torch.full((*currents.shape[:2], currents.shape[2] + more), stands, dtype=torch.float64)
    for row, length in enumerate(lengths.tolist()):
        wide[row, :, :length] = currents[row, :, :length]
    wide.requires_grad_()
    spikes = bpsn_run(wide, p, lengths)
    spikes.sum().backward()
    assert torch.equal(spikes[..., : currents.shape[2]], bpsn_run(currents, p, lengths))
    assert not spikes[..., currents.shape[2] :].any()
    assert wide.grad is not None and bool(torch.isfinite(wide.grad).all())
    for row, length in enumerate(lengths.tolist()):
        assert not wide.grad[row, :, length:].any()


def test_spikingjellys_psn_with_the_same_matrix() -> None:
    """Its weight is ours transposed, its bias minus theta; spikes and gradients of both."""
    from spikingjelly.activation_based import neuron, surrogate

    steps, random = 9, torch.Generator().manual_seed(0)
    p = parameters(0.6, 0.3, 0.4)
    kernel = bpsn_kernel(p, steps)[0].clone().requires_grad_()  # (L, L)
    psn = neuron.PSN(steps, surrogate.ATan(alpha=2.0)).double()
    psn.weight.data, psn.bias.data = (
        kernel.detach().T.clone(),
        torch.full((steps, 1), -0.4).double(),
    )
    x = torch.randn(steps, 7, generator=random, dtype=torch.float64)
    ours, theirs = x.T.clone().requires_grad_(), x.clone().requires_grad_()
    above = torch.randn(steps, 7, generator=random, dtype=torch.float64)
    spikes = step(ours @ kernel - 0.4)
    expected = psn(theirs)
    assert torch.equal(spikes, expected.T) and torch.equal(
        spikes, bpsn_run(ours.detach()[None, :, :], p)[0]
    )
    (spikes * above.T).sum().backward()
    (expected * above).sum().backward()
    torch.testing.assert_close(ours.grad, theirs.grad.T)
    torch.testing.assert_close(kernel.grad, psn.weight.grad.T)


def test_looking_back_only_it_is_spikingjellys_sliding_psn_of_all_steps() -> None:
    from spikingjelly.activation_based import neuron

    steps, alpha, theta = 8, 0.7, 0.5
    p = parameters(alpha, 0.0, theta)
    norm = (1 + alpha**2 / (1 - alpha**2)) ** 0.5
    sliding = neuron.SlidingPSN(steps, step_mode="m").double()
    sliding.weight.data = torch.tensor(
        [alpha**lag / norm for lag in reversed(range(steps))]
    ).double()
    sliding.bias.data = torch.tensor(-theta).double()
    x = torch.randn(steps, 6, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    assert torch.equal(sliding(x), bpsn_run(x.T[None], p)[0].T)


def test_the_rate_of_white_input_depends_on_neither_length_nor_decay() -> None:
    random = torch.Generator().manual_seed(0)

    def rate(decay: float, length: int, texts: int) -> Tensor:
        white = torch.randn(texts, 1, length, generator=random, dtype=torch.float64)
        return bpsn_run(white, parameters(decay, decay, 1.0)).mean(dim=(0, 1))  # (L,)

    short, long = rate(0.3, 8, 20000).mean(), rate(0.3, 512, 400).mean()
    assert abs(float(short / long) - 1) < 0.05
    normal = 0.1587  # share of a normal distribution above its deviation
    assert abs(float(long) / normal - 1) < 0.02
    assert abs(float(rate(0.9, 512, 800)[64:-64].mean()) / normal - 1) < 0.04


def test_the_node_learns_and_has_only_what_it_reads() -> None:
    names = {
        (direction, passes): set(dict(BPSN(4, direction, passes).named_parameters()))
        for direction in ("both", "forward", "backward")
        for passes in (0, 1)
    }
    assert names["both", 0] == {"threshold", "forward_logit", "backward_logit"}
    assert names["forward", 1] == {"threshold", "forward_logit", "gamma_logit", "rho_logit"}
    assert names["backward", 0] == {"threshold", "backward_logit"}
    node = BPSN(4, passes=1)
    p = node.parameters_now()
    assert p.forward.item() == pytest.approx(0.3) and p.backward.item() == pytest.approx(0.3)
    assert p.gamma.item() == pytest.approx(0.6931, abs=1e-4) and p.rho.item() == 0.5
    values = torch.randn(2, 4, 6, generator=torch.Generator().manual_seed(3))
    out = node(Signal(values, torch.tensor([6, 2])))
    out.values.sum().backward()
    assert all(q.grad is not None and torch.isfinite(q.grad).all() for q in node.parameters())
    assert not out.values[1, :, 2:].any()


def test_shift_decays_are_shifts_and_pass_their_gradient() -> None:
    node = BPSN(2, shift_decays=True)
    p = node.parameters_now()
    assert p.forward.item() == 0.25 and p.backward.item() == 0.25
    p.forward.sum().backward()
    assert node.forward_logit.grad is not None
    assert node.forward_logit.grad.item() == pytest.approx(0.3 * 0.7)
    assert set(rounded(torch.linspace(0, 1, 50)).tolist()) == set(SHIFTS)


@pytest.mark.parametrize(
    "wrong",
    [
        {"direction": "up"},
        {"groups": 3},
        {"groups": 0},
        {"passes": -1},
        {"decay": 1.0},
        {"decay": 0.0},
    ],
)
def test_bad_settings_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="expected"):
        BPSN(4, **wrong)
