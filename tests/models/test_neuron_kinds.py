"""LIF, signed and burst neurons: golden traces by hand, what order may change, spikingjelly."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from snnconvert.errors import InputError
from snnconvert.models.neurons.burst import BurstParameters, burst_initial, burst_run, burst_step
from snnconvert.models.neurons.integrate_and_fire import IFParameters, if_run
from snnconvert.models.neurons.lif import LIFParameters, lif_initial, lif_run, lif_step
from snnconvert.models.neurons.signed import (
    SignedParameters,
    signed_initial,
    signed_run,
    signed_step,
)
from snnconvert.models.spikingjelly import spikingjelly_run
from snnconvert.models.surrogates import SURROGATES

# multiples of 2^-6 add up without rounding, so that counts can be worked out exactly
EXACT = st.integers(-64, 64).map(lambda n: n / 64)


def column(values: list[float]) -> torch.Tensor:
    """One neuron's currents (T, 1), in float64."""
    return torch.tensor(values, dtype=torch.float64)[:, None]


# ---- LIF


def test_lif_golden_trace_soft_reset():
    # by hand, leak .5, V(0) .5, I = .75: U = .25 + .75 = 1* -> 0, .75, .375 + .75 = 1.125* -> .125,
    # .0625 + .75 = .8125
    spikes, state = lif_run(column([0.75] * 4), LIFParameters())
    assert spikes[:, 0].tolist() == [1, 0, 1, 0]
    assert state.v.item() == 0.8125


def test_lif_golden_trace_hard_reset():
    # by hand, leak .25, V(0) = 0, I = .625: U = .625, .46875 + .625 = 1.09375* -> 0, .625
    p = LIFParameters(initial=0.0, leak=0.25, soft_reset=False)
    spikes, state = lif_run(column([0.625] * 3), p)
    assert spikes[:, 0].tolist() == [0, 1, 0]
    assert state.v.item() == 0.625


def test_lif_never_fires_below_leak_times_threshold():
    # the potential tends to z / leak = .96
    spikes, state = lif_run(column([0.24] * 400), LIFParameters(initial=0.0, leak=0.25))
    assert spikes.sum() == 0 and state.v.item() == pytest.approx(0.96)


@pytest.mark.parametrize("soft", [True, False])
@given(values=st.lists(EXACT, min_size=1, max_size=20))
def test_lif_without_leak_is_if(soft: bool, values: list[float]):
    currents = column(values)
    expected, _ = if_run(currents, IFParameters(soft_reset=soft))
    assert torch.equal(lif_run(currents, LIFParameters(leak=0.0, soft_reset=soft))[0], expected)


@pytest.mark.parametrize("soft", [True, False])
@pytest.mark.parametrize("leak", [0.0, 0.125, 0.3, 0.5, 0.9])
@settings(max_examples=10)
@given(
    seed=st.integers(0, 1000), steps=st.integers(1, 12), initial=st.sampled_from([0.0, 0.5, -0.25])
)
def test_lif_equals_spikingjelly_to_the_spike(
    soft: bool, leak: float, seed: int, steps: int, initial: float
):
    currents = torch.randn(steps, 3, 5, generator=torch.Generator().manual_seed(seed))
    p = LIFParameters(1.0, initial, leak, soft)
    assert torch.equal(spikingjelly_run()(currents, p), lif_run(currents, p)[0])


@pytest.mark.parametrize("name", SURROGATES)
def test_lif_surrogates_pass_a_gradient_through_the_leak(name: str):
    """The potential at the last step holds (1 - leak)^2 of the first current."""
    currents = torch.full((3, 4), 0.25, requires_grad=True)
    p = LIFParameters(initial=0.0, leak=0.25)  # U = .25, .4375, .578125: near theta only at last
    spikingjelly_run(name)(currents, p)[-1].sum().backward()
    assert currents.grad is not None and bool((currents.grad[0] != 0).all())
    if name == "rectangle":  # slope 1 within half a threshold, 0 outside
        assert currents.grad[:, 0].tolist() == [0.5625, 0.75, 1.0]


# ---- signed


def test_signed_golden_trace():
    # by hand, V(0) .5: 1.5* -> .5; .5 - 1 = -.5 and N = 1: -* -> .5; .5 - 1 = -.5, N = 0: silent;
    # -.5 + .75 = .25; .25 + .75 = 1* -> 0
    spikes, state = signed_run(column([1, -1, -1, 0.75, 0.75]), SignedParameters())
    assert spikes[:, 0].tolist() == [1, -1, 0, 0, 1]
    assert (state.v.item(), state.net.item()) == (0.0, 1.0)


def test_signed_negative_threshold():
    # by hand, negative = 1: 1.5* -> .5, -1 is not below -1, -1.5 is: -* -> -.5
    currents = column([1, -1.5, -0.5])
    spikes, state = signed_run(currents, SignedParameters(negative=1.0))
    assert spikes[:, 0].tolist() == [1, 0, -1]
    assert (state.v.item(), state.net.item()) == (-0.5, 0.0)
    # at 0 the second step fires, and the memory, empty again, holds the third back
    assert signed_run(currents, SignedParameters())[0][:, 0].tolist() == [1, -1, 0]


@given(values=st.lists(EXACT, min_size=1, max_size=16), initial=st.integers(0, 63))
def test_signed_count_depends_on_the_sum_alone(values: list[float], initial: int):
    """|I| <= theta and 0 <= V(0) < theta: N(t) = max(0, floor(Q(t))) at every step."""
    p = SignedParameters(initial=initial / 64)
    spikes, _ = signed_run(column(values), p)
    totals = (torch.tensor(values, dtype=torch.float64).cumsum(0) + p.initial).floor()
    assert torch.equal(spikes[:, 0].cumsum(0), totals.clamp(min=0))


@given(values=st.lists(EXACT, min_size=1, max_size=16), random=st.randoms(use_true_random=False))
def test_signed_count_of_any_order_is_that_of_constant_current(values: list[float], random):
    shuffled = list(values)
    random.shuffle(shuffled)
    steps = len(values)
    net = signed_run(column(shuffled), SignedParameters())[1].net.item()
    # a constant current of sum / T, worked out on the IF staircase
    assert net == min(max(math.floor(sum(values) + 0.5), 0), steps)


def test_if_keeps_early_spikes_where_signed_takes_them_back():
    currents = column([1, 1, -1, -1])  # sum 0
    assert if_run(currents, IFParameters())[0].sum() == 2
    assert signed_run(currents, SignedParameters())[0].sum() == 0


@given(values=st.lists(st.integers(-256, 256).map(lambda n: n / 64), min_size=1, max_size=10))
def test_signed_count_is_right_after_enough_silence(values: list[float]):
    """Currents beyond the threshold: one spike a step is too few, silence makes up for it."""
    silence = [0.0] * 50
    spikes, state = signed_run(column(values + silence), SignedParameters())
    assert state.net.item() == max(0, math.floor(sum(values) + 0.5))
    assert (spikes[:, 0].cumsum(0) >= 0).all()


# ---- burst


def test_burst_golden_trace():
    # by hand, n = 2, V(0) .5: U = 4 -> 2 spikes -> 2; 2 + .25 = 2.25 -> 2 -> .25; .25 - 1 -> 0
    counts, state = burst_run(column([3.5, 0.25, -1]), BurstParameters())
    assert counts[:, 0].tolist() == [2, 2, 0]
    assert state.v.item() == -0.75


@given(values=st.lists(EXACT.map(lambda z: 4 * z), min_size=1, max_size=16))
def test_burst_of_one_is_if(values: list[float]):
    currents = column(values)
    expected, _ = if_run(currents, IFParameters())
    assert torch.equal(burst_run(currents, BurstParameters(burst=1))[0], expected)


@given(z=EXACT.map(lambda z: 6 * z), steps=st.integers(1, 16), burst=st.integers(1, 5))
def test_burst_count_clips_n_times_higher(z: float, steps: int, burst: int):
    counts, _ = burst_run(column([z] * steps), BurstParameters(burst=burst))
    assert counts.sum().item() == min(max(math.floor(z * steps + 0.5), 0), burst * steps)


# ---- state


@pytest.mark.parametrize(
    ("run", "p"),
    [
        (lif_run, LIFParameters()),
        (signed_run, SignedParameters()),
        (burst_run, BurstParameters()),
    ],
)
def test_state_carries_a_run_over_a_break(run, p):
    currents = torch.linspace(-1, 2, 24).reshape(8, 3).flip(1)
    whole, last = run(currents, p)
    first, state = run(currents[:3], p)
    second, end = run(currents[3:], p, state)
    assert torch.equal(torch.cat([first, second]), whole)
    assert all(torch.equal(a, b) for a, b in zip(end, last, strict=True))


@pytest.mark.parametrize(
    ("step", "start", "p"),
    [
        (lif_step, lif_initial, LIFParameters()),
        (signed_step, lambda i, p: signed_initial(i, p), SignedParameters()),
        (burst_step, burst_initial, BurstParameters()),
    ],
)
def test_step_does_not_change_its_inputs(step, start, p):
    current = torch.tensor([0.75])
    state = start(current, p)
    step(current, state, p)
    assert state.v.item() == 0.5 and current.item() == 0.75


@pytest.mark.parametrize("p", [SignedParameters(), BurstParameters()])
def test_neurons_without_a_surrogate_are_refused(p):
    with pytest.raises(InputError, match="expected if or lif or cuba neurons for training"):
        spikingjelly_run()(torch.ones(2, 3), p)
