"""TCL, and bounds learned for each channel, against their formulas and gradients."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from snnconvert.errors import InputError
from snnconvert.models.families.textcnn import TextCNNSpec, build_textcnn
from snnconvert.models.network import Signal
from snnconvert.models.nodes.activations import Qcfs, Tcl, inverse_softplus, make_activation


def test_golden_values_and_gradients():
    node = Tcl(2.0)
    z = torch.tensor([[-1.0, 0.5, 2.5, 7.0]], requires_grad=True)
    a = node.activate(z)
    assert a.tolist() == [[0.0, 0.5, pytest.approx(2.0), pytest.approx(2.0)]]
    a.sum().backward()
    assert z.grad is not None and z.grad.tolist() == [[0, 1, 0, 0]]
    # two values are clipped; d bound / d raw is the sigmoid of raw, 1 - exp(-2)
    assert node.raw_bound.grad is not None
    assert node.raw_bound.grad.item() == pytest.approx(2 * (1 - np.exp(-2)), rel=1e-5)


@given(
    st.lists(st.floats(-20, 20, width=32), min_size=1, max_size=20),
    st.floats(0.015625, 50, width=32),
)
def test_formula_in_numpy(values: list[float], bound: float):
    z = np.array([values])
    made = Tcl(bound).double().activate(torch.from_numpy(z)).detach().numpy()
    np.testing.assert_allclose(made, np.clip(z, 0, bound), rtol=1e-5, atol=1e-6)


@given(st.floats(1e-6, 1e6))
def test_inverse_softplus_is_its_inverse(bound: float):
    raw = inverse_softplus(torch.tensor(bound, dtype=torch.float64))
    assert torch.nn.functional.softplus(raw).item() == pytest.approx(bound, rel=1e-6)


def test_the_bound_stays_positive_and_can_be_learned():
    node = Tcl(1.0)
    optimizer = torch.optim.SGD(node.parameters(), lr=0.5)
    for _ in range(200):  # z = 3 lies above the bound; the loss pulls the activation to 2
        optimizer.zero_grad()
        loss = (node.activate(torch.tensor([[3.0]])) - 2.0).square().sum()
        loss.backward()
        optimizer.step()
    assert node.bound.item() == pytest.approx(2.0, abs=1e-3)
    with torch.no_grad():
        node.raw_bound.sub_(60)
    assert node.bound.item() > 0


@pytest.mark.parametrize("make", [lambda: Tcl(1.0, channels=2), lambda: Qcfs(2, 1.0, channels=2)])
def test_one_bound_for_each_channel(make):
    node = make()
    with torch.no_grad():
        node.raw_bound.copy_(inverse_softplus(torch.tensor([1.0, 4.0])))
    flat = node.activate(torch.tensor([[9.0, 9.0], [0.5, 2.0]]))
    torch.testing.assert_close(flat, torch.tensor([[1.0, 4.0], [0.5, 2.0]]))
    sequence = Signal(torch.tensor([[[9.0, 0.5], [9.0, 2.0]]]), torch.tensor([2]))
    expected = torch.tensor([[[1.0, 0.5], [4.0, 2.0]]])
    torch.testing.assert_close(node(sequence).values, expected)
    again = type(node)(**node.settings())
    assert again.raw_bound.shape == (2,) and "channels" not in make_activation("tcl").settings()


@pytest.mark.parametrize("bad", [{"bound": 0.0}, {"bound": float("inf")}, {"channels": 0}])
def test_bad_bounds_are_refused(bad: dict):
    with pytest.raises(InputError, match="a bound > 0 for Tcl"):
        Tcl(**bad)


def test_a_textcnn_with_tcl_has_a_bound_for_each_width():
    network = build_textcnn(TextCNNSpec(4, 2, (2, 3), 5, activation="tcl", bound=1.5))
    bounds = [network.node(name).bound.item() for name in ("act2", "act3")]
    assert bounds == [pytest.approx(1.5)] * 2
    assert network.describe()[1]["type"] == "Tcl"
