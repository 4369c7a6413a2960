"""The IF neuron: golden traces by hand, the staircase identity, and spikingjelly to the spike."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from snnconvert.models.neurons.integrate_and_fire import IFParameters, if_initial, if_run, if_step
from snnconvert.models.nodes.activations import qcfs
from snnconvert.models.spikingjelly import spikingjelly_run
from snnconvert.models.surrogates import SURROGATES


def test_golden_trace_soft_reset():
    # by hand, theta 1, V(0) 0.5, I = 0.4: U = .9, 1.3*, .7, 1.1*, .5, .9 ; * fires and subtracts 1
    spikes, state = if_run(torch.full((6, 1), 0.4), IFParameters())
    assert spikes[:, 0].tolist() == [0, 1, 0, 1, 0, 0]
    assert state.v.item() == pytest.approx(0.9)


def test_golden_trace_hard_reset():
    # by hand: U = .9, 1.3* -> 0, .4, .8, 1.2* -> 0, .4
    spikes, state = if_run(torch.full((6, 1), 0.4), IFParameters(soft_reset=False))
    assert spikes[:, 0].tolist() == [0, 1, 0, 0, 1, 0]
    assert state.v.item() == pytest.approx(0.4)


def test_threshold_is_reached_not_passed():
    spikes, _ = if_run(torch.tensor([[0.5]]), IFParameters(initial=0.5))
    assert spikes.item() == 1  # U = 1.0 = theta fires


def test_negative_current_lowers_the_potential_without_bound():
    spikes, state = if_run(torch.tensor([[-3.0], [2.0], [2.0]]), IFParameters())
    assert spikes[:, 0].tolist() == [0, 0, 1]
    assert state.v.item() == pytest.approx(0.5)


@given(
    z=st.integers(-4000, 8000).map(lambda n: n / 1024),
    steps=st.integers(1, 32),
)
def test_count_is_the_staircase(z: float, steps: int):
    """clip(floor(z T / theta + 1/2), 0, T), exact: multiples of 2^-10 add up without rounding."""
    spikes, _ = if_run(torch.full((steps, 1), z, dtype=torch.float64), IFParameters())
    assert spikes.sum().item() == min(max(math.floor(z * steps + 0.5), 0), steps)


@given(z=st.integers(-2048, 4096).map(lambda n: n / 1024), levels=st.integers(1, 16))
def test_firing_rate_is_qcfs(z: float, levels: int):
    current = torch.full((levels, 1), z, dtype=torch.float64)
    spikes, _ = if_run(current, IFParameters())
    expected = qcfs(torch.tensor([z], dtype=torch.float64), torch.tensor(1.0), levels)
    assert spikes.mean().item() == pytest.approx(expected.item(), abs=1e-12)


@given(split=st.integers(1, 7))
def test_state_carries_a_run_over_a_break(split: int):
    currents = torch.linspace(-1, 2, 24).reshape(8, 3)
    whole, _ = if_run(currents, IFParameters())
    first, state = if_run(currents[:split], IFParameters())
    second, _ = if_run(currents[split:], IFParameters(), state)
    assert torch.equal(torch.cat([first, second]), whole)


def test_step_does_not_change_its_inputs():
    current, p = torch.tensor([0.7]), IFParameters()
    state = if_initial(current, p)
    if_step(current, state, p)
    assert state.v.item() == 0.5 and current.item() == pytest.approx(0.7)


@pytest.mark.parametrize("soft", [True, False])
@pytest.mark.parametrize("initial", [0.0, 0.5])
@settings(max_examples=20)
@given(seed=st.integers(0, 1000), steps=st.integers(1, 12))
def test_equals_spikingjelly_to_the_spike(soft: bool, initial: float, seed: int, steps: int):
    currents = torch.randn(steps, 3, 5, generator=torch.Generator().manual_seed(seed))
    p = IFParameters(1.0, initial, soft)
    assert torch.equal(spikingjelly_run()(currents, p), if_run(currents, p)[0])


@pytest.mark.parametrize("name", SURROGATES)
def test_surrogates_pass_a_gradient_at_the_threshold(name: str):
    currents = torch.full((3, 4), 0.5, requires_grad=True)
    spikingjelly_run(name)(currents, IFParameters()).sum().backward()
    assert currents.grad is not None and (currents.grad != 0).any()
