"""Networks on a grid: sums that are exact in any order, and weights that hardly change."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from snnconvert.engine.grid import GridConv1d, GridLinear, grid_bits, on_grid, round_layer
from snnconvert.engine.plan import Unsupported
from snnconvert.models.encoders.encoder import Encoder
from snnconvert.models.network import Network, Node, Signal
from snnconvert.models.neurons.integrate_and_fire import IF
from snnconvert.models.neurons.readout import SpikingReadout
from snnconvert.models.nodes.layers import Concat, Conv1d, Linear, initialised
from snnconvert.models.nodes.pooling import MeanOverTime
from snnconvert.models.silenced import SilencedTextModel
from snnconvert.models.snn import SpikingTextModel
from snnconvert.models.spikes.pooling import MaxOfSpikes


def model(code: str, pool: type[Node] = MaxOfSpikes, dim: int = 20, steps: int = 7, seed: int = 0):
    encoder = Encoder(code, "none" if code == "direct" else "split")
    nodes: list[tuple[str, Node, tuple[str, ...]]] = []
    for width in (1, 3):
        nodes += [
            (f"conv{width}", Conv1d(encoder.channels(dim), 6, width), ("input",)),
            (f"if{width}", IF(), (f"conv{width}",)),
            (f"pool{width}", pool(), (f"if{width}",)),
        ]
    nodes += [
        ("concat", Concat(), ("pool1", "pool3")),
        ("hidden", Linear(12, 5), ("concat",)),
        ("fire", IF(), ("hidden",)),
        ("out", Linear(5, 2), ("fire",)),
        ("readout", SpikingReadout(), ("out",)),
    ]
    vectors = torch.rand(30, dim, generator=torch.Generator().manual_seed(seed)) * 2 - 1
    vectors[0] = 0
    return SpikingTextModel(vectors, encoder, initialised(Network(nodes), seed), steps).eval()


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.integers(1, 400), st.floats(1e-3, 30))
def test_sums_of_weights_on_a_grid_are_exact_in_any_order(seed, n, size):
    draw = torch.Generator().manual_seed(seed)
    conv = Conv1d(n, 3, 1)
    conv.weight.data = torch.randn(3, n, 1, generator=draw) * size
    conv.bias.data = torch.randn(3, generator=draw)
    before = conv.weight.detach().clone()
    round_layer(conv)
    chosen = torch.rand(n, generator=draw) < 0.5
    weights = conv.weight.detach()[:, chosen, 0]
    exact = weights.double().sum(1)
    for order in (torch.arange(weights.shape[1]), torch.randperm(weights.shape[1], generator=draw)):
        running = weights[:, order].cumsum(1)  # one after the other, in float32
        assert torch.equal(running[:, -1].double() if len(order) else exact, exact)
    bits = grid_bits(before.flatten(1).double(), conv.bias.detach().double())
    assert ((conv.weight.detach() - before).abs().flatten(1).amax(1) <= torch.exp2(-bits - 1)).all()


def test_the_grid_is_as_fine_as_the_bound_allows():
    # 8 weights of 1 sum to 8 = 2^3, so 2^-21 is the finest grid that keeps 24 bits
    assert grid_bits(torch.ones(1, 8).double(), torch.zeros(1).double()).tolist() == [21]
    assert grid_bits(torch.full((1, 9), 1.0).double(), torch.zeros(1).double()).tolist() == [20]
    # a layer of tiny weights is no finer than 2^-22, so that potentials are exact too
    assert grid_bits(torch.full((1, 8), 1e-6).double(), torch.zeros(1).double()).tolist() == [22]


def test_positive_and_negative_weights_bound_a_sum_apart():
    weights = torch.tensor([[1.0] * 8 + [-1.0] * 8]).double()
    assert grid_bits(weights, torch.zeros(1).double()).tolist() == [21]


@pytest.mark.parametrize("code", ["saf", "direct"])
def test_a_network_on_a_grid_is_left_unchanged(code):
    once = on_grid(model(code))
    twice = on_grid(once)
    for name, value in once.network.state_dict().items():
        assert torch.equal(value, twice.network.state_dict()[name]), name


@pytest.mark.parametrize("code", ["saf", "bitplane", "direct"])
@pytest.mark.parametrize("pool", [MaxOfSpikes, MeanOverTime])
def test_on_a_grid_a_text_alone_gives_the_spikes_it_gives_in_a_batch(code, pool):
    grid = on_grid(model(code, pool))
    ids = torch.randint(1, 30, (5, 9), generator=torch.Generator().manual_seed(1))
    lengths = torch.tensor([9, 7, 3, 2, 1])
    together: dict[str, Signal] = {}
    grid(ids, lengths, record=together)
    for row in range(5):
        alone: dict[str, Signal] = {}
        n = int(lengths[row])
        grid(ids[row : row + 1, :n], lengths[row : row + 1], record=alone)
        for name in ("pool1", "pool3", "hidden", "fire"):
            assert torch.equal(together[name].values[:, row], alone[name].values[:, 0]), name


@pytest.mark.parametrize("code", ["saf", "direct"])
def test_float32_currents_on_a_grid_are_those_of_float64(code):
    grid = on_grid(model(code))
    ids = torch.randint(1, 30, (4, 8), generator=torch.Generator().manual_seed(2))
    frames = grid.frames(ids, torch.tensor([8, 8, 8, 8]))
    conv = grid.network.node("conv3")
    assert isinstance(conv, Conv1d)
    currents = conv(Signal(frames, torch.tensor([8, 8, 8, 8]))).values
    exact = torch.nn.functional.conv1d(
        frames.flatten(0, 1).double(), conv.weight.double(), conv.bias.double()
    )
    difference = (currents.flatten(0, 1) - exact).abs().max()
    # spikes: no rounding at all; analog input: each of three taps rounds once, to 2^-20 or finer
    assert difference == 0 if code == "saf" else difference < 3 * 2.0**-20


def test_the_original_is_untouched_and_shares_its_vectors():
    one = model("direct")
    before = {k: v.clone() for k, v in one.state_dict().items()}
    grid = on_grid(one)
    assert grid.embedding.weight.data_ptr() == one.embedding.weight.data_ptr()
    assert isinstance(grid.network.node("conv3"), GridConv1d)
    assert type(one.network.node("conv3")) is Conv1d
    assert all(torch.equal(v, before[k]) for k, v in one.state_dict().items())


def test_layers_after_a_mean_add_in_float64_and_readouts_without_neurons_are_left_alone():
    mean, spikes = on_grid(model("saf", MeanOverTime)), on_grid(model("saf"))
    assert isinstance(mean.network.node("hidden"), GridLinear)
    assert type(spikes.network.node("hidden")) is Linear
    # behind neurons both see spikes
    assert type(mean.network.node("out")) is Linear


def test_a_model_that_runs_its_network_twice_is_refused():
    one = model("saf")
    silenced = SilencedTextModel(one.embedding.weight.data, one.encoder, one.network, 4, 2)
    with pytest.raises(Unsupported, match="more than once"):
        on_grid(silenced)
