"""The CUBA-LIF neuron: golden traces by hand, what it is without decays, a loop in NumPy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from snnconvert.errors import InputError
from snnconvert.models.neurons.build import make_neurons
from snnconvert.models.neurons.cuba import CubaLIF, CubaParameters
from snnconvert.models.neurons.integrate_and_fire import IFParameters, if_run
from snnconvert.models.neurons.lif import LIFParameters, lif_run
from snnconvert.models.neurons.spec import NeuronSpec

# multiples of 2^-6 add up without rounding
EXACT = st.integers(-64, 64).map(lambda n: n / 64)


def column(values: list[float]) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)[:, None]


def test_golden_trace_hard_reset():
    # by hand, V(0) = 0, half of u and a quarter of V are lost: u = .5, .25, .125, .5625;
    # U = .5, .375 + .25 = .625, .46875 + .125 = .59375, .4453125 + .5625 = 1.0078125* -> 0
    p = CubaParameters(1.0, 0.0, 0.5, 0.25, soft_reset=False)
    spikes, state = p.resume(column([0.5, 0, 0, 0.5]), None)
    assert spikes[:, 0].tolist() == [0, 0, 0, 1]
    assert state.u.item() == 0.5625 and state.v.item() == 0.0


def test_golden_trace_soft_reset_keeps_the_rest():
    # by hand, V(0) = .5, half of u is lost, none of V: u = 1, .5, .25; U = 1.5* -> .5, 1* -> 0, .25
    p = CubaParameters(1.0, 0.5, 0.5, 0.0)
    spikes, state = p.resume(column([1, 0, 0]), None)
    assert spikes[:, 0].tolist() == [1, 1, 0] and state.v.item() == 0.25


@pytest.mark.parametrize("soft", [True, False])
@given(values=st.lists(EXACT, min_size=1, max_size=20))
def test_without_decays_it_is_if_and_without_that_of_the_current_lif(soft, values):
    currents = column(values)
    own = CubaParameters(1.0, 0.5, 1.0, 0.0, soft).run(currents)
    assert torch.equal(own, if_run(currents, IFParameters(soft_reset=soft))[0])
    own = CubaParameters(1.0, 0.5, 1.0, 0.25, soft).run(currents)
    assert torch.equal(own, lif_run(currents, LIFParameters(leak=0.25, soft_reset=soft))[0])


def by_the_book(currents, theta, current_decay, voltage_decay, soft):
    """The published equations, a neuron and a step at a time."""
    spikes = np.zeros_like(currents)
    for neuron in range(currents.shape[1]):
        u = v = 0.0
        for step in range(len(currents)):
            u = (1 - current_decay) * u + currents[step, neuron]
            v = (1 - voltage_decay) * v + u
            if v >= theta:
                spikes[step, neuron] = 1
                v = v - theta if soft else 0.0
    return spikes


@settings(max_examples=20)
@given(seed=st.integers(0, 1000), steps=st.integers(1, 30), soft=st.booleans())
def test_equals_a_loop_by_the_book(seed, steps, soft):
    currents = np.random.default_rng(seed).normal(0.1, 0.5, (steps, 7))
    p = CubaParameters(1.25, 0.0, 0.25, 0.03, soft)
    found = p.run(torch.from_numpy(currents)).numpy()
    assert (found == by_the_book(currents, 1.25, 0.25, 0.03, soft)).all()


@pytest.mark.parametrize("cut", [1, 3])
def test_pieces_are_the_whole(cut):
    currents = torch.randn(6, 4, generator=torch.Generator().manual_seed(1))
    p = CubaParameters()
    first, state = p.resume(currents[:cut], None)
    assert torch.equal(torch.cat([first, p.resume(currents[cut:], state)[0]]), p.run(currents))


def test_silence_stays_silent():
    assert not CubaParameters().run(torch.zeros(50, 3)).any()


def test_the_layer_takes_its_options():
    layer = make_neurons(NeuronSpec("cuba", reset="hard", current_decay=0.5), 0.5, 3)
    assert isinstance(layer, CubaLIF) and not layer.soft_reset
    assert (layer.current_decay, layer.voltage_decay) == (0.5, 0.03)


@pytest.mark.parametrize("values", [{"current_decay": 0}, {"voltage_decay": 1.0}])
def test_decays_out_of_bounds_are_refused(values):
    with pytest.raises(InputError, match="expected a (current|voltage) decay in"):
        NeuronSpec("cuba", **values)
