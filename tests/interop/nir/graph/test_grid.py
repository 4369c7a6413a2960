"""On the grid every order of summation, and both rules of firing, give the same spikes."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from snnconvert.engine.engines import make_engine
from snnconvert.errors import InputError
from snnconvert.interop.nir.graph.form import form_of
from snnconvert.interop.nir.graph.grid import finest, largest_sum, on_grid, rounded
from snnconvert.models.encoders.encoder import Encoder
from snnconvert.models.neurons.integrate_and_fire import IF
from snnconvert.models.nodes.layers import Conv1d
from snnconvert.tests.helpers.nir import Simulated, exported, random_snn, random_texts

nir = pytest.importorskip("nir")


@given(
    seed=st.integers(0, 10**6),
    soft=st.booleans(),
    pooling=st.sampled_from(["spikes", "counts"]),
    each=st.booleans(),
    steps=st.integers(1, 5),
    leak=st.sampled_from([0.0, 0.5, 0.25]),
    mapping=st.sampled_from(["split", "shift"]),
    at_threshold=st.booleans(),
)
@settings(max_examples=40)
def test_all_orders_of_summation(
    seed: int,
    soft: bool,
    pooling: str,
    each: bool,
    steps: int,
    leak: float,
    mapping: str,
    at_threshold: bool,
) -> None:
    model = random_snn(
        (2, 3),
        channels=3,
        dim=2,
        seed=seed,
        soft=soft,
        pooling=pooling,
        each=each,
        steps=steps,
        leak=leak,
        encoder=Encoder("saf", mapping),
    )
    network = exported(model, positions=5)
    expected = network.expected(random_texts([1, 3, 5], seed=seed))
    soft_nodes = ["act"] if soft else []
    run = Simulated(network.graph, soft_nodes, at_threshold=at_threshold, order=seed)
    outputs = run.run(expected.frames.numpy())
    assert np.array_equal(run.trace("act"), expected.spikes.numpy())
    assert np.array_equal(run.trace("pool")[..., 0], expected.pooled.numpy())
    assert np.array_equal(outputs, expected.outputs.numpy())


def test_without_a_grid_orders_differ() -> None:
    """So that the test above could fail: float32 sums of a network of 600 weights a filter."""
    model = random_snn((3,), channels=64, dim=100, seed=2, words=50)
    network = exported(model, bits="float")
    frames = network.expected(random_texts([8] * 4, words=50)).frames.numpy()
    found = [Simulated(network.graph, ["act"], order=seed) for seed in (0, 1)]
    outputs = [run.run(frames) for run in found]
    assert not np.array_equal(*outputs)


@pytest.mark.parametrize("soft", [True, False])
@pytest.mark.parametrize("at_threshold", [False, True])
def test_potentials_that_meet_the_threshold(soft: bool, at_threshold: bool) -> None:
    """Weights of 1/4 and V(0) of 1/2: potentials are at the threshold all the time."""
    model = random_snn((2,), soft=soft, pooling="spikes", steps=6, seed=4)
    conv = model.network.node("conv2")
    assert isinstance(conv, Conv1d)
    conv.weight.data = (conv.weight.data.sign() / 4).contiguous()
    conv.bias.data = torch.tensor([0.25, 0.0, 0.5, -0.25])
    network = exported(model)
    expected = network.expected(random_texts([3, 5, 8]))
    run = Simulated(network.graph, ["act"] if soft else [], at_threshold=at_threshold, order=1)
    run.run(expected.frames.numpy())
    assert np.array_equal(run.trace("act"), expected.spikes.numpy())
    # in plain weights the two rules differ here
    plain = exported(model, bits="float")
    runs = [
        Simulated(plain.graph, ["act"] if soft else [], at_threshold=at) for at in (False, True)
    ]
    for other in runs:
        other.run(expected.frames.numpy())
    assert not np.array_equal(runs[0].trace("act"), runs[1].trace("act"))


def test_the_bound_by_hand() -> None:
    """One filter: the pairs (0.75, -0.75) and (0.5, -0.25) of two taps, bias -0.25, T = 4."""
    model = random_snn((2,), channels=1, dim=1, pooling="spikes", steps=4, padding=0)
    conv = model.network.node("conv2")
    assert isinstance(conv, Conv1d)
    conv.weight.data = torch.tensor([[[0.75, 0.5], [-0.75, -0.25]]])  # (C, D', k)
    conv.bias.data = torch.tensor([-0.25])
    form = form_of(model)
    assert largest_sum(form, form.branches[0]) == 0.75 + 0.5 + 0.25
    assert finest(form) == 23 - 3  # 4 * 1.5 + 1/2 + 1 = 7.5, below 8
    _, bits = on_grid(form, "auto")
    assert bits == 20
    with pytest.raises(InputError, match="expected at most 20 bits.*but got --bits 21"):
        on_grid(form, "21")
    assert on_grid(form, "3")[1] == 3
    assert on_grid(form, "float") == (form, None)


def test_values_are_rounded_to_the_nearest_ties_to_even() -> None:
    model = random_snn((1,), channels=2, dim=1, pooling="spikes", padding=0, each=True)
    conv, act = model.network.node("conv1"), model.network.node("act1")
    assert isinstance(conv, Conv1d) and isinstance(act, IF)
    conv.weight.data = torch.tensor([[[0.125], [0.375]], [[0.26], [-0.125]]])
    act.initial = [0.3, 0.625]
    (branch,) = rounded(form_of(model), 2).branches
    assert branch.weight.flatten().tolist() == [0.0, 0.5, 0.25, 0.0]
    assert branch.initial.tolist() == [0.25, 0.5]


@pytest.mark.parametrize("bits", ["auto", "8", "4"])
def test_the_engines_agree_on_it(bits: str) -> None:
    model = random_snn((2, 3), dim=4, channels=5, seed=6)
    network = exported(model, bits=bits)
    texts = random_texts([1, 2, 5, 8, 7, 3], seed=2)
    outputs = network.expected(texts).outputs  # (T, n, K)
    steps = torch.arange(1, len(outputs) + 1).reshape(-1, 1, 1)
    wanted = outputs.cumsum(dim=0) / steps
    for engine in ("reference", "torch", "fast"):
        found = make_engine(network.model, engine, "fast", len(texts)).running_logits(texts)
        assert torch.equal(found, wanted), engine
    exact = make_engine(network.model, "fast", "exact", len(texts)).running_logits(texts)
    assert torch.equal(exact, wanted)  # and no engine rounds it once more
