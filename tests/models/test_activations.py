"""QCFS against its formula in NumPy, its gradient, and the positive bound."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from snnconvert.errors import InputError
from snnconvert.models.nodes.activations import Qcfs, Relu, make_activation, qcfs


def test_golden_values():
    # lambda 2, L 4: steps of 0.5, rounded to the nearest, clipped to [0, 2]
    z = torch.tensor([-1.0, 0.24, 0.25, 0.74, 1.0, 1.74, 1.76, 9.0])
    assert qcfs(z, torch.tensor(2.0), 4).tolist() == [0, 0, 0.5, 0.5, 1, 1.5, 2, 2]


@given(
    st.lists(st.floats(-20, 20, width=32), min_size=1, max_size=20),
    st.floats(0.125, 8, width=32),
    st.integers(1, 64),
)
def test_formula_in_numpy(values: list[float], bound: float, levels: int):
    z = torch.tensor(values, dtype=torch.float64)
    expected = bound * np.clip(np.floor(z.numpy() * levels / bound + 0.5) / levels, 0, 1)
    np.testing.assert_allclose(qcfs(z, torch.tensor(bound), levels).numpy(), expected, atol=1e-6)


def test_gradient_is_straight_through_inside_and_zero_outside():
    z = torch.tensor([-3.0, 0.6, 5.0], requires_grad=True)
    qcfs(z, torch.tensor(2.0), 4).sum().backward()
    assert z.grad is not None and z.grad.tolist() == [0, 1, 0]


def test_bound_stays_positive_however_far_it_is_pushed():
    node = Qcfs(4, bound=1.5)
    assert node.bound.item() == pytest.approx(1.5, rel=1e-6)
    with torch.no_grad():
        node.raw_bound.sub_(50)
    assert node.bound.item() > 0


def test_made_by_name():
    assert isinstance(make_activation("relu"), Relu)
    assert make_activation("qcfs", levels=8).settings() == {"levels": 8}
    with pytest.raises(InputError, match=r"relu or qcfs, but got 'gelu'"):
        make_activation("gelu")
    with pytest.raises(InputError, match="levels >= 1"):
        Qcfs(0)
