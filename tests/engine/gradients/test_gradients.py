"""Gradients for word vectors: by hand, by finite differences, by autograd, as means of draws."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from snnconvert.engine.gradients.text import KINDS, WordGradients, first_order, unmapped
from snnconvert.engine.training.surrogate import Surrogate
from snnconvert.errors import InputError
from snnconvert.models.batches import to_batch
from snnconvert.models.encoders.encoder import Encoder
from snnconvert.models.families.textcnn import TextCNNSpec, build_textcnn
from snnconvert.models.network import Network, Signal
from snnconvert.models.neurons.gradients import EPSILON, rate_slope
from snnconvert.models.neurons.integrate_and_fire import IF
from snnconvert.models.neurons.lif import LIF
from snnconvert.models.neurons.signed import SignedIF
from snnconvert.models.nodes.layers import Conv1d, Linear
from snnconvert.models.nodes.pooling import MeanOverTime
from snnconvert.models.snn import SpikingTextModel
from snnconvert.models.spikes.pooling import MaxOfSpikes
from snnconvert.models.text_model import TextModel
from snnconvert.seeds import derive, generator

pytestmark = pytest.mark.usefixtures("one_thread")

IDS = np.array([2, 4, 3, 2, 5, 1], np.int64)


def some_vectors(dim: int = 4) -> torch.Tensor:
    vectors = torch.rand((7, dim), generator=generator(0, "vectors")) * 2 - 1
    vectors[:2] = 0
    return vectors


def cnn(activation: str = "relu", pooling: str = "max") -> TextModel:
    spec = TextCNNSpec(4, 3, (2, 3), 5, activation, bound=0.7, pooling=pooling)
    return TextModel(some_vectors(), build_textcnn(spec, seed=1))


def snn(code: str = "saf", neurons: IF | LIF | None = None, steps: int = 3) -> SpikingTextModel:
    encoder = Encoder(code, "split")
    conv, readout = Conv1d(8, 6, 2), Linear(6, 3)
    network = Network(
        [
            ("conv", conv, ("input",)),
            ("if", neurons or IF(), ("conv",)),
            ("pool", MaxOfSpikes(), ("if",)),
            ("readout", readout, ("pool",)),
        ]
    )
    draws = generator(0, "weights")
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=draws) / 2)
    return SpikingTextModel(some_vectors(), encoder, network, steps)


@pytest.mark.parametrize("pooling", ["max", "mean"])
@pytest.mark.parametrize("activation", ["relu", "tcl"])
def test_ann_gradient_is_the_slope_of_the_loss(activation: str, pooling: str) -> None:
    model = cnn(activation, pooling)
    found = WordGradients(model)(IDS, 1)
    network = model.network.double().eval().requires_grad_(False)
    ids, lengths = to_batch([IDS])
    x = model.embed(ids).double()

    def loss(values: torch.Tensor) -> float:
        logits = network(Signal(values, lengths))
        return float(functional.cross_entropy(logits, torch.tensor([1])))

    for place in range(len(IDS)):
        for component in range(4):
            step = torch.zeros_like(x)
            step[0, component, place] = 1e-6
            slope = (loss(x + step) - loss(x - step)) / 2e-6
            assert found[place, component] == pytest.approx(slope, abs=1e-8)
    assert np.abs(found).max() > 1e-3


@pytest.mark.parametrize("activation", ["relu", "tcl", "qcfs"])
def test_ann_gradient_is_autograds_on_the_embedding(activation: str) -> None:
    """Of a word that occurs twice the embedding has the sum."""
    model = cnn(activation)
    found = WordGradients(model)(IDS, 2)
    twin = cnn(activation).double().eval()
    twin.embedding.weight.requires_grad_()
    twin.embedding.padding_idx = None
    ids, lengths = to_batch([IDS])
    functional.cross_entropy(twin(ids, lengths), torch.tensor([2])).backward()  # type: ignore[no-untyped-call]
    expected = np.zeros((7, 4))
    np.add.at(expected, IDS, found)
    assert twin.embedding.weight.grad is not None
    assert np.allclose(expected, twin.embedding.weight.grad.numpy(), atol=1e-15)


def test_all_kinds_but_the_averaged_are_the_same_for_an_ann() -> None:
    gradients = WordGradients(cnn("qcfs"))
    assert np.array_equal(gradients(IDS, 0, "surrogate"), gradients(IDS, 0, "rga"))
    assert not np.allclose(gradients(IDS, 0, "surrogate"), gradients(IDS, 0, "averaged"))


def one_neuron(code: str, neurons: IF | LIF, value: float = 0.5) -> SpikingTextModel:
    """One word, weight 1, bias 1/4, two classes whose logits are 3 and 0 times the rate."""
    encoder = Encoder(code, "none" if code == "direct" else "split")
    conv, readout = Conv1d(encoder.channels(1), 1, 1), Linear(1, 2)
    network = Network(
        [
            ("conv", conv, ("input",)),
            ("if", neurons, ("conv",)),
            ("pool", MaxOfSpikes(), ("if",)),
            ("readout", readout, ("pool",)),
        ]
    )
    with torch.no_grad():
        conv.weight.copy_(encoder.fold(torch.ones(1, 1, 1)))
        conv.bias.fill_(0.25)
        readout.weight.copy_(torch.tensor([[3.0], [0.0]]))
    return SpikingTextModel(torch.tensor([[0.0], [value]]), encoder, network, 2)


# both steps spike, so the logits are (3, 0), and the loss of class 0 falls with its logit by
ERROR = 1 / (1 + math.exp(-3)) - 1
# and with each spike by 3 / T times that: g = 1.5 ERROR
ERROR_OF_HALF = 1 / (1 + math.exp(-1.5)) - 1  # where one of the steps spikes


@pytest.mark.parametrize(
    ("code", "neurons", "kind", "expected"),
    [
        # direct: I = 0.75, 0.75. triangle of width 1: h(u) = 1 - |u - 1|
        # soft reset: u = 1.25, 1; h = 0.75, 1; d(2) = g, d(1) = 0.75 g + 0.25 d(2) = g
        ("direct", IF(), "surrogate", 3.0 * ERROR),
        # c = 0.75: 1 / (1 + 1) at both steps
        ("direct", IF(), "rga", 1.5 * ERROR),
        # saf: 0.5 is sent as 1, 0, so I = 1.25, 0.25; u = 1.75, 1; h = 0.25, 1
        # d(2) = g, d(1) = 0.25 g + 0.75 g = g, and both frames stand for the value
        ("saf", IF(), "surrogate", 3.0 * ERROR),
        ("saf", IF(), "rga", 1.5 * ERROR),
        # leak 1/4: u = 1.125, and 0.09375 + 0.75 is silent, so the logits are (1.5, 0)
        # c = 0.75 >= leak: (1 - 0.2 / 4) / (0.75 + 1) = 0.95 / 1.75
        ("direct", LIF(0.5, 0.25), "rga", 3.0 * ERROR_OF_HALF * 0.95 / 1.75),
        # leak 0.8: u = 0.85 and 0.92, no spike, logits (0, 0); c = 0.75 < leak: 0.2
        ("direct", LIF(0.5, 0.8), "rga", 3.0 * -0.5 * 0.2),
    ],
)
def test_snn_gradients_worked_out_by_hand(
    code: str, neurons: IF | LIF, kind: str, expected: float
) -> None:
    model = one_neuron(code, neurons)
    found = WordGradients(model, Surrogate("triangle", 1.0))(np.array([1]), 0, kind)
    assert found.shape == (1, 1)
    assert found[0, 0] == pytest.approx(expected, rel=1e-12)


def test_negative_components_are_read_on_their_own_channel() -> None:
    """-0.5 gives the frames 1, 0 on the second channel: I = -0.75, 0.25; c = -0.25, no slope."""
    model = one_neuron("saf", IF(), value=-0.5)
    found = WordGradients(model)(np.array([1]), 0, "rga")
    assert found.tolist() == [[0.0]]
    with torch.no_grad():
        model.network.get_parameter("nodes.conv.bias").fill_(1.0)
    # I = 0, 1; u = 0.5, 1.5: one spike, logits (1.5, 0); c = 0.5, and x passes with its sign
    found = WordGradients(model)(np.array([1]), 0, "rga")
    assert found[0, 0] == pytest.approx(1.5 * ERROR_OF_HALF)


@given(st.floats(0, 0.99))
@settings(max_examples=20)
def test_rga_slope_rises_to_one_spike_a_step(leak: float) -> None:
    """The slope's integral from 0 to 1 + epsilon is 1, and there is none outside."""
    grid = torch.linspace(-1, 3, 400_001, dtype=torch.float64)
    slope = rate_slope(grid, leak)
    assert float(slope.sum() * 1e-5) == pytest.approx(1.0, abs=1e-4)
    assert not slope[(grid < 0) | (grid > 1 + EPSILON)].any()


@pytest.mark.parametrize("code", ["poisson", "saf", "direct", "ann"])
def test_averaged_is_exactly_the_mean_over_draws(code: str) -> None:
    gradients = WordGradients(cnn("qcfs") if code == "ann" else snn(code))
    draws = [
        gradients.one_draw(IDS, 0, "averaged", derive(9, "gradient", draw)) for draw in range(5)
    ]
    total = draws[0] + draws[1] + draws[2] + draws[3] + draws[4]
    assert np.array_equal(gradients(IDS, 0, "averaged", seed=9, draws=5), total / 5)
    assert len({draw.tobytes() for draw in draws}) == 5  # the noise differs
    assert not np.array_equal(gradients(IDS, 0, "averaged", seed=8, draws=5), total / 5)


def test_a_random_codes_own_noise_is_the_noise() -> None:
    gradients = WordGradients(snn("poisson"))
    for kind in KINDS[::2]:
        assert np.array_equal(
            gradients(IDS, 0, kind, seed=3, draws=1), gradients(IDS, 0, "surrogate", seed=3)
        )


def test_a_deterministic_code_has_no_noise_unless_averaged() -> None:
    gradients = WordGradients(snn("saf"))
    assert np.array_equal(gradients(IDS, 0, seed=1), gradients(IDS, 0, seed=2))


def test_the_model_stays_as_it_is() -> None:
    model = snn()
    before = {name: p.clone() for name, p in model.network.named_parameters()}
    ids, lengths = to_batch([IDS])
    outputs = model(ids, lengths)
    WordGradients(model)(IDS, 0, "rga")
    assert all(torch.equal(p, before[name]) for name, p in model.network.named_parameters())
    assert all(p.requires_grad and p.grad is None for p in model.network.parameters())
    assert torch.equal(model(ids, lengths), outputs)


@pytest.mark.parametrize("kind", KINDS)
def test_texts_of_no_and_one_word(kind: str) -> None:
    for model in (cnn(), snn(), snn("poisson"), snn("direct")):
        gradients = WordGradients(model)
        assert gradients(np.zeros(0, np.int64), 0, kind).shape == (0, 4)
        assert gradients(IDS[:1], 0, kind).shape == (1, 4)


def test_what_has_no_gradient_says_so() -> None:
    model = snn()
    model.network.nodes["if"] = SignedIF()
    with pytest.raises(InputError, match="the model has signed neurons"):
        WordGradients(model)
    with pytest.raises(InputError, match="but got 'rate' and 8"):
        WordGradients(snn())(IDS, 0, "rate")
    with pytest.raises(InputError, match="and 0"):
        WordGradients(snn())(IDS, 0, "averaged", draws=0)


@pytest.mark.parametrize("mapping", ["split", "shift", "none"])
def test_unmapped_is_the_slope_of_the_mapping(mapping: str) -> None:
    encoder = Encoder("direct", mapping)
    x = torch.rand((2, 4, 5), generator=generator(2, "x"), dtype=torch.float64) * 2 - 1
    leaf = x.clone().requires_grad_()
    mapped = encoder.map(leaf, torch.tensor([5, 5]))
    given_ = torch.rand(mapped.shape, generator=generator(3, "g"), dtype=torch.float64)
    (mapped * given_).sum().backward()  # type: ignore[no-untyped-call]
    assert leaf.grad is not None
    assert torch.allclose(unmapped(encoder, given_, x), leaf.grad)


def test_a_component_of_zero_has_the_mean_of_both_slopes() -> None:
    given_ = torch.tensor([[[5.0], [-1.0]]])  # 5 for max(x, 0), so 1 for x below zero
    assert unmapped(Encoder("saf", "split"), given_, torch.zeros(1, 1, 1)).item() == 3.0


def test_first_order_ranks_as_a_linear_model_does() -> None:
    """z = W mean(e): whatever word is put where, the loss has the order of the scores."""
    network = Network([("mean", MeanOverTime(), ("input",)), ("out", Linear(4, 2), ("mean",))])
    with torch.no_grad():
        network.get_parameter("nodes.out.weight").copy_(
            torch.tensor([[1.0, 0.0, 2.0, 0.0], [0.0, 1.0, 0.0, 0.0]])
        )
    vectors = some_vectors()
    model = TextModel(vectors, network)
    others = [
        np.where(np.arange(6) == place, word, IDS) for place in range(6) for word in (2, 3, 6)
    ]
    gradient = WordGradients(model)(IDS, 0)
    scores = first_order(gradient, IDS, others, vectors.numpy())
    # by hand: dL/dz = p - y = (-q, q), q = p(1), so dL/de = q / 6 times (-1, 1, -2, 0)
    with torch.no_grad():
        logits = model(*to_batch([IDS]))[0]
        q = torch.softmax(logits, 0)[1].item()
        losses = functional.cross_entropy(
            model(*to_batch(others)), torch.zeros(len(others), dtype=torch.long), reduction="none"
        )
    direction = q / 6 * np.array([-1.0, 1.0, -2.0, 0.0])
    table = vectors.numpy().astype(np.float64)
    expected = [float((table[o] - table[IDS]).sum(axis=0) @ direction) for o in others]
    assert np.allclose(scores, expected, rtol=1e-6)
    assert np.argsort(scores, kind="stable").tolist() == torch.argsort(losses, stable=True).tolist()


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ([1, 2, 3], 0.0),
        ([1, 4, 3], (40 - 20) * 2),
        ([4, 2, 5], (40 - 10) * 1 + (50 - 30) * 4),
        ([1, 4, 5, 3], (40 - 20) * 2 + 50 * 2),  # one word became two: both meet its gradient
        ([1, 3], -20 * 2),  # a word is gone
        ([1, 5], (50 - 20) * 2 - 30 * 4),
        ([1, 2, 4, 3], 40 * 4),  # put in before the third
        ([1, 2, 3, 4], 40 * 4),
        ([4, 1, 2, 3], 40 * 1),
        ([], -(10 + 40 + 120)),
        ([2, 3], -10 * 1),
        ([1, 2, 2, 3], 20 * 4),
    ],
)
def test_words_are_compared_in_order(other: list[int], expected: float) -> None:
    vectors = np.array([[0.0], [0.1], [0.2], [0.3], [0.4], [0.5]])
    gradient = np.array([[1.0], [2.0], [4.0]])
    score = first_order(gradient, np.array([1, 2, 3]), [np.array(other, np.int64)], vectors)
    assert score[0] * 100 == pytest.approx(expected)


def test_an_empty_text_has_no_gradient_to_go_by() -> None:
    vectors = np.ones((3, 2))
    assert first_order(np.zeros((0, 2)), np.zeros(0, np.int64), [np.array([1])], vectors) == [0.0]


@given(st.lists(st.integers(0, 5), max_size=7), st.lists(st.integers(0, 5), max_size=7))
@settings(max_examples=200)
def test_with_equal_gradients_everywhere_only_the_sums_count(
    old: list[int], new: list[int]
) -> None:
    vectors = np.arange(12.0).reshape(6, 2) / 12
    gradient = np.tile([1.0, -2.0], (len(old), 1))
    score = first_order(gradient, np.array(old, int), [np.array(new, int)], vectors)[0]
    value = vectors @ [1.0, -2.0]
    expected = value[new].sum() - value[old].sum() if old else 0.0
    assert score == pytest.approx(expected, abs=1e-9)
