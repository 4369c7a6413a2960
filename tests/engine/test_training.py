"""The training engine against float64 autograd through the network's own nodes.

Weights and vectors lie on a grid of powers of two, so potentials are exact in float32 and float64
alike, every engine sees the same spikes, and gradients differ by rounding alone.
"""

from __future__ import annotations

import copy
import math
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from snnconvert.engine.plan import Unsupported
from snnconvert.engine.training import pieces as training_pieces
from snnconvert.engine.training import pooled as training_pooled
from snnconvert.engine.training import words as training_words
from snnconvert.engine.training.events import LANES, collect, events_of
from snnconvert.engine.training.events import project as add_rows
from snnconvert.engine.training.fast import FastTraining
from snnconvert.engine.training.rate import rate_run, surrogate_slope
from snnconvert.engine.training.surrogate import Surrogate
from snnconvert.models.encoders.encoder import Encoder
from snnconvert.models.network import Network, Node
from snnconvert.models.neurons.integrate_and_fire import IF, IFParameters
from snnconvert.models.neurons.readout import SpikingReadout
from snnconvert.models.nodes.layers import Concat, Conv1d, Linear
from snnconvert.models.nodes.pooling import MeanOverTime
from snnconvert.models.snn import SpikingTextModel
from snnconvert.models.spikes import POOLING_RULES
from snnconvert.models.spikes.pooling import MaxOfSpikes
from snnconvert.models.spikingjelly import spikingjelly_run
from snnconvert.models.surrogates import BACKWARDS, IN_KERNELS, SURROGATES
from snnconvert.seeds import generator

pytestmark = pytest.mark.usefixtures("one_thread")

Nodes = list[tuple[str, Node, tuple[str, ...]]]
RULES = [*POOLING_RULES, "mean"]
STEPS = {"direct": (1, 4, 9), "saf": (1, 4, 11), "poisson": (1, 5), "bitplane": (1, 3, 15)}


def on_grid(shape: tuple[int, ...], draws: torch.Generator, bits: int, most: int) -> Tensor:
    """Multiples of 2^-bits, at most ``most`` of them."""
    return torch.randint(-most, most + 1, shape, generator=draws) / 2**bits


def branch(
    number: int, rule: str, conv: Conv1d, neurons: IF, pooling: int = 0
) -> tuple[Nodes, str]:
    """The nodes of one branch of the front, and its output."""
    names = f"conv{number}", f"if{number}", f"pool{number}"
    pool: Node = MeanOverTime() if rule == "mean" else POOLING_RULES[rule](pooling, pooling)
    if rule == "currents":
        return [
            (names[0], conv, ("input",)),
            (names[2], pool, (names[0],)),
            (names[1], neurons, (names[2],)),
        ], names[1]
    return [
        (names[0], conv, ("input",)),
        (names[1], neurons, (names[0],)),
        (names[2], pool, (names[1],)),
    ], names[2]


def build(
    seed: int,
    encoder: Encoder,
    steps: int,
    branches: list[tuple[str, int, int]],
    soft: bool = True,
    per_channel: bool = False,
    deep: bool = False,
    dim: int = 3,
) -> SpikingTextModel:
    """A network on a grid; ``branches`` are (rule, width, channels)."""
    draws = generator(seed, "network")
    nodes: Nodes = []
    outputs, features = [], 0
    for number, (rule, width, channels) in enumerate(branches):
        left = int(torch.randint(0, width, (1,), generator=draws))
        conv = Conv1d(encoder.channels(dim), channels, width, (left, width // 2))
        initial: Any = on_grid((channels,), draws, 4, 12).tolist() if per_channel else 0.5
        made, output = branch(number, rule, conv, IF(initial, soft))
        nodes += made
        outputs.append(output)
        features += channels
    if len(outputs) > 1:
        nodes.append(("concat", Concat(), tuple(outputs)))
    last = nodes[-1][0]
    if deep:
        nodes += [("hidden", Linear(features, 4), (last,)), ("if", IF(0.5, soft), ("hidden",))]
        last, features = "if", 4
    nodes.append(("readout", Linear(features, 2), (last,)))
    if deep:
        nodes.append(("spikes", SpikingReadout(), ("readout",)))
    network = Network(nodes)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(on_grid(tuple(parameter.shape), draws, 5, 24))
    vectors = on_grid((12, dim), draws, 3, 8)
    vectors[:2] = 0  # padding and unknown words
    return SpikingTextModel(vectors, encoder, network, steps)


def texts(seed: int, sizes: list[int]) -> tuple[Tensor, Tensor]:
    """Padded ids (B, L) and lengths (B,)."""
    draws = generator(seed, "texts")
    ids = torch.zeros(len(sizes), max([1, *sizes]), dtype=torch.int64)
    for row, size in enumerate(sizes):
        ids[row, :size] = torch.randint(1, 12, (size,), generator=draws)
    return ids, torch.tensor(sizes)


def gradients(
    model: SpikingTextModel,
    surrogate: Surrogate,
    ids: Tensor,
    lengths: Tensor,
    fast: bool,
    kernels: bool = True,
) -> tuple[Tensor, dict[str, Tensor]]:
    """Outputs, and by parameter name the gradients of a sum of all of them with drawn factors."""
    noise = generator(0, "noise")
    model.network.zero_grad()
    with surrogate.neurons(model.network):
        if fast:
            outputs = FastTraining(model, surrogate, kernels)(ids, lengths, noise)
        else:
            outputs = model(ids, lengths, noise)
        given = on_grid(tuple(outputs.shape), generator(1, "given"), 5, 32)
        (outputs * given.to(outputs.dtype)).sum().backward()  # type: ignore[no-untyped-call]
    found = {n: p.grad.double() for n, p in model.network.named_parameters() if p.grad is not None}
    return outputs.detach(), found


def reference(model: SpikingTextModel, surrogate: Surrogate, ids: Tensor, lengths: Tensor) -> Any:
    """The same in float64 through the network's own nodes; random codes are drawn in float32."""
    double = copy.deepcopy(model).double()
    if model.encoder.stochastic:
        double.frames = lambda *args: model.frames(*args).double()  # type: ignore[method-assign]
    return gradients(double, surrogate, ids, lengths, fast=False)


def assert_equal(made: Any, expected: Any, bound: float = 1e-5) -> None:
    """Same outputs; relative error of every parameter's gradient below ``bound``."""
    if "nodes.hidden.weight" in expected[1]:
        bound = max(bound, 1e-4)  # of the layers behind, which are torch's own in float32
    assert torch.allclose(made[0].double(), expected[0].double(), rtol=1e-5, atol=1e-6)
    assert made[1].keys() == expected[1].keys()
    # a gradient that is a difference of large parts is held to the size of the parts
    scale = max(float(g.norm()) for g in expected[1].values())
    for name, gradient in expected[1].items():
        error = float((made[1][name] - gradient).norm())
        assert error <= bound * max(float(gradient.norm()), 1e-2 * scale), name


# narrower ones have slopes above 1, and then what passes through a reset grows from step to step:
# gradients in float32, of any engine, are no longer good to five digits
surrogates = st.builds(
    Surrogate,
    st.sampled_from(IN_KERNELS),
    st.sampled_from([1.0, 1.5, 2.0]),
    st.sampled_from(BACKWARDS),
    st.integers(0, 5),
)


@st.composite
def cases(draw: Any) -> tuple[SpikingTextModel, Surrogate, Tensor, Tensor]:
    """A random network, surrogate and batch."""
    code = draw(st.sampled_from(sorted(STEPS)))
    mapping = draw(st.sampled_from(["split", "shift"] + ["none"] * (code == "direct")))
    deep = draw(st.booleans())
    rules = st.sampled_from(RULES[:-1] if deep else RULES)  # a mean of spikes is not on a grid
    one = st.tuples(rules, st.integers(1, 4), st.sampled_from([1, 5, 18]))
    model = build(
        draw(st.integers(0, 1000)),
        Encoder(code, mapping),
        draw(st.sampled_from(STEPS[code])),
        draw(st.lists(one, min_size=1, max_size=3)),
        soft=draw(st.booleans()),
        per_channel=draw(st.booleans()),
        deep=deep,
    )
    sizes = draw(st.lists(st.integers(0, 9), min_size=1, max_size=5))
    surrogate = draw(surrogates)
    neurons = (n for n in model.network.modules() if isinstance(n, IF))
    if surrogate.backward == "dsr" and not all(n.soft_reset for n in neurons):
        surrogate = replace(surrogate, backward="rate")
    return model, surrogate, *texts(draw(st.integers(0, 1000)), sizes)


@given(cases())
@settings(max_examples=100)
def test_gradients_are_those_of_the_reference(case: Any) -> None:
    assert_equal(gradients(*case, fast=True), reference(*case))


@given(cases())
@settings(max_examples=30)
def test_torch_alone_gives_the_same(case: Any) -> None:
    assert_equal(gradients(*case, fast=True, kernels=False), reference(*case))


def test_without_numba_torch_takes_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "numba", None)
    assert not training_words.fused(torch.float32)


def one_neuron(soft: bool, rule: str = "spikes") -> SpikingTextModel:
    """One word of value 0.5, weight 1, bias 0.25: a current of 0.75 at both of two steps."""
    nodes, last = branch(0, rule, Conv1d(1, 1, 1), IF(0.5, soft))
    network = Network([*nodes, ("readout", Linear(1, 1), (last,))])
    vectors = torch.tensor([[0.0], [0.5]])
    with torch.no_grad():
        for name, value in {"conv0.weight": 1.0, "conv0.bias": 0.25, "readout.weight": 3.0}.items():
            network.get_parameter(f"nodes.{name}").fill_(value)
    return SpikingTextModel(vectors, Encoder("direct", "none"), network, 2)


@pytest.mark.parametrize(
    ("soft", "backward", "expected"),
    [
        # triangle of width 1: h(u) = 1 - |u - 1|; every step's spike has the gradient 3
        # soft: u = 1.25, 1.0; h = 0.75, 1; d(2) = 3, d(1) = 3 (0.75) + 3 (1 - 0.75) = 3
        (True, "exact", 6.0),
        # e = 1, 1 + (1 - 0.75) = 1.25; dr/dc = (0.75 + 1.25) / 2 = 1; dL/dc = 6
        (True, "rate", 6.0),
        # hard: u = 1.25, 0.75; h = 0.75, 0.75; d(2) = 2.25,
        # d(1) = 2.25 + 2.25 (1 - 1 - 1.25 * 0.75) = 0.140625
        (False, "exact", 2.390625),
        # e = 1, 1 - 0.9375 = 0.0625; dr/dc = (0.75 + 0.0625 * 0.75) / 2; times 6
        (False, "rate", 2.390625),
        # soft: c = 0.75 lies in [0, 1], dr/dc = 1; dL/dc = 3 + 3
        (True, "dsr", 6.0),
        # each step alone: d = 3 (0.75), 3 (1)
        (True, "sltt", 5.25),
        # e(2) = 3, e(1) = 2.25 + 3
        (True, "ottt", 8.25),
        # hard: d = 3 (0.75) twice; e(1) = 2.25 + 2.25
        (False, "sltt", 4.5),
        (False, "ottt", 6.75),
    ],
)
@pytest.mark.parametrize("rule", RULES)
def test_worked_out_by_hand(soft: bool, backward: Any, expected: float, rule: str) -> None:
    model = one_neuron(soft, rule)
    surrogate = Surrogate("triangle", 1.0, backward)
    ids, lengths = torch.tensor([[1]]), torch.tensor([1])
    with surrogate.neurons(model.network):
        FastTraining(model, surrogate)(ids, lengths).sum().backward()  # type: ignore[no-untyped-call]
    found = dict(model.network.named_parameters())
    assert found["nodes.conv0.bias"].grad == torch.tensor([expected])
    assert found["nodes.conv0.weight"].grad == torch.tensor([[[expected / 2]]])


def test_windows_share_the_gradient_of_a_maximum() -> None:
    """Three windows: two spike at step 1 and share it; none at step 2, and all three share it."""
    model = one_neuron(soft=True)
    with torch.no_grad():
        model.embedding.weight.copy_(torch.tensor([[0.0], [0.25]]))
        model.network.get_parameter("nodes.conv0.bias").fill_(-0.25)
        model.network.get_parameter("nodes.conv0.weight").fill_(3.0)
    model.embedding = torch.nn.Embedding.from_pretrained(torch.tensor([[0.0], [0.25], [0.0]]))
    # I = 0.5 for word 1: u = 1.0, 0.5; I = -0.25 for word 2: u = 0.25, 0
    # rectangle of width 1: h = 1 for |u - 1| < 0.5, so only u = 1.0 has a slope, of 1
    surrogate = Surrogate("rectangle", 1.0)
    with surrogate.neurons(model.network):
        outputs = FastTraining(model, surrogate)(torch.tensor([[1, 2, 1]]), torch.tensor([3]))
        outputs.sum().backward()  # type: ignore[no-untyped-call]
    assert outputs.detach().flatten().tolist() == [3.0, 0.0]
    # words 1: 3 / 2 each at step 1, times 0.25; word 2 has no slope
    weight = model.network.get_parameter("nodes.conv0.weight")
    assert weight.grad is not None and weight.grad.flatten().tolist() == [0.75]


def batch() -> tuple[SpikingTextModel, Surrogate, Tensor, Tensor]:
    model = build(3, Encoder("saf"), 6, [("spikes", 3, 40), ("counts", 2, 33), ("currents", 1, 5)])
    return model, Surrogate(), *texts(5, [7, 3, 0, 12, 5])


@pytest.mark.parametrize("backward", BACKWARDS)
def test_the_same_for_any_threads_and_sizes(backward: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    model, _, ids, lengths = batch()
    surrogate = Surrogate(backward=backward)
    expected = gradients(model, surrogate, ids, lengths, fast=True)
    monkeypatch.setattr(training_pieces, "BLOCK_BYTES", 1)
    torch.set_num_threads(2)
    made = gradients(model, surrogate, ids, lengths, fast=True)
    torch.set_num_threads(1)
    assert all(torch.equal(made[1][name], g) for name, g in expected[1].items())
    monkeypatch.setattr(training_pieces, "PIECE_BYTES", 1 << 12)
    monkeypatch.setattr(training_pooled, "KEPT_BYTES", 0)  # tables are computed again
    assert_equal(gradients(model, surrogate, ids, lengths, fast=True), expected, 1e-6)


@given(st.integers(0, 999), st.integers(1, 5), st.integers(1, 300), st.integers(1, 40))
@settings(max_examples=40)
def test_sums_of_rows_are_products(seed: int, count: int, words: int, inputs: int) -> None:
    draw = np.random.default_rng(seed)
    frames = (draw.random((count, words, inputs)) < 0.15).astype(np.uint8)
    events = events_of(frames)
    if events is None:
        assert frames.mean() > 0.25
        return
    dense = frames.transpose(1, 0, 2).reshape(count * words, inputs).astype(np.float32)
    taps = draw.integers(-9, 10, (inputs, 2 * LANES)).astype(np.float32)
    tiles = np.ascontiguousarray(taps.reshape(inputs, 2, LANES).transpose(1, 0, 2))
    table = np.full(len(dense) * 2 * LANES, np.nan, np.float32)
    add_rows(events, tiles, 0, 2 * LANES, table)
    assert np.array_equal(table.reshape(len(dense), -1), dense @ taps)
    gradient = draw.integers(-9, 10, (len(dense), 2 * LANES)).astype(np.float32)
    collected = np.zeros_like(tiles)
    collect(events, gradient.reshape(-1), 2 * LANES, 0, collected)
    expected = (dense.T @ gradient).reshape(inputs, 2, LANES).transpose(1, 0, 2)
    assert np.array_equal(collected, expected)


@pytest.mark.parametrize("name", SURROGATES)
@pytest.mark.parametrize("width", [0.5, 1.0, 3.0])
def test_slopes_are_those_of_spikingjelly(name: str, width: float) -> None:
    u = torch.linspace(-3, 5, 1601, dtype=torch.float64, requires_grad=True)
    spikes = spikingjelly_run(name, width)(u.unsqueeze(0), IFParameters(1.0, 0.0))
    spikes.sum().backward()  # type: ignore[no-untyped-call]
    assert u.grad is not None
    assert torch.allclose(u.grad, surrogate_slope(name, width)(u.detach() - 1), atol=1e-12)


CLOSED_FORMS: dict[str, Callable[[Tensor], Tensor]] = {  # of x in widths, times the width
    "piecewise_exp": lambda x: torch.exp(-x.abs()) / 2,
    "soft_sign": lambda x: 1 / (1 + 2 * x.abs()) ** 2,
    "super_spike": lambda x: 1 / (1 + x.abs()) ** 2,
    "erf": lambda x: 2 / math.sqrt(math.pi) * torch.exp(-((2 * x) ** 2)),
    "piecewise_leaky_relu": lambda x: (x.abs() <= 1).double() / 2,
}


@pytest.mark.parametrize("width", [0.5, 1.0, 3.0])
@pytest.mark.parametrize("name", CLOSED_FORMS)
def test_the_other_surrogates_have_their_closed_forms(name: str, width: float) -> None:
    assert set(CLOSED_FORMS) == set(SURROGATES) - set(IN_KERNELS)
    x = torch.linspace(-3.01, 5, 1602, dtype=torch.float64)
    wanted = CLOSED_FORMS[name](x / width) / width
    if name == "piecewise_leaky_relu":  # outside it leaks as much for any width
        wanted = wanted.clamp(min=0.01)
    assert torch.allclose(surrogate_slope(name, width)(x), wanted, atol=1e-6)


@pytest.mark.parametrize("soft", [True, False])
def test_rate_slope_is_the_derivative_for_a_constant_current(soft: bool) -> None:
    """dr/dc by autograd through time: of the mean spike, for one number added at every step."""
    currents = torch.rand(7, 50, generator=generator(1, "currents"), dtype=torch.float64)
    p = IFParameters(1.0, 0.5, soft)
    added = torch.zeros(50, dtype=torch.float64, requires_grad=True)
    spikingjelly_run()(currents + added, p).mean(dim=0).sum().backward()  # type: ignore[no-untyped-call]
    leaf = currents.clone().requires_grad_()
    rate_run()(leaf, p).mean(dim=0).sum().backward()  # type: ignore[no-untyped-call]
    assert leaf.grad is not None and added.grad is not None
    assert torch.allclose(leaf.grad, (added.grad / 7).expand(7, 50))


def test_what_the_engine_cannot_run_says_why() -> None:
    nodes, last = branch(0, "spikes", Conv1d(2, 3, 2), IF(), pooling=2)
    nodes.append(("pool", MaxOfSpikes(), (last,)))
    network = Network([*nodes, ("readout", Linear(3, 2), ("pool",))])
    model = SpikingTextModel(torch.zeros(3, 1), Encoder("saf"), network, 2)
    with pytest.raises(Unsupported, match="pools in windows"):
        FastTraining(model, Surrogate())
