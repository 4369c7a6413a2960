"""The TextCNN against a loop in NumPy, and its invariances to padding and batch."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from snnconvert.errors import InputError
from snnconvert.models.families.textcnn import TextCNNSpec, build_textcnn
from snnconvert.models.network import Network, Signal
from snnconvert.models.neurons.integrate_and_fire import IF
from snnconvert.models.nodes.layers import Dropout
from snnconvert.models.saving import build_network
from snnconvert.models.spikes.pooling import MaxOfCounts, MaxOfSpikes
from snnconvert.models.text_model import TextModel

SPEC = TextCNNSpec(dim=5, classes=3, widths=(2, 3), channels=4, activation="relu")


def by_hand(network: Network, x: np.ndarray) -> np.ndarray:
    """Logits of one text x (D, L) by loops over windows."""
    features = []
    for width in (2, 3):
        conv = network.node(f"conv{width}")
        weight, bias = conv.weight.detach().numpy(), conv.bias.detach().numpy()
        padded = np.pad(x, ((0, 0), (0, max(0, width - x.shape[1]))))
        windows = range(padded.shape[1] - width + 1)
        z = [(weight * padded[:, i : i + width]).sum((1, 2)) + bias for i in windows]
        features.append(np.maximum(z, 0).max(axis=0))
    readout = network.node("readout")
    weight, bias = readout.weight.detach().numpy(), readout.bias.detach().numpy()
    return weight @ np.concatenate(features) + bias


@pytest.fixture
def network() -> Network:
    network = build_textcnn(SPEC, seed=3).eval()
    with torch.no_grad():
        for name in ("conv2", "conv3", "readout"):
            network.node(name).bias.normal_(generator=torch.Generator().manual_seed(1))
    return network


@pytest.mark.parametrize("length", [0, 1, 2, 3, 7])
def test_equals_loops_over_windows(network: Network, length: int):
    x = torch.randn(5, length, generator=torch.Generator().manual_seed(length))
    padded = torch.zeros(1, 5, max(length, 1))
    padded[0, :, :length] = x
    logits = network(Signal(padded, torch.tensor([length])))
    np.testing.assert_allclose(logits[0].detach(), by_hand(network, x.numpy()), atol=1e-5)


@pytest.mark.parametrize("length", [1, 2, 3, 7])
@pytest.mark.parametrize("padding", ["none", "same"])
def test_a_second_convolution_reads_the_activations_of_the_first(length: int, padding: str):
    network = build_textcnn(replace(SPEC, convolutions=2, padding=padding), seed=3).eval()
    x = torch.randn(1, 5, length, generator=torch.Generator().manual_seed(length))
    conv1d, features = torch.nn.functional.conv1d, []
    for width in (2, 3):
        first, second = network.node(f"conv{width}"), network.node(f"conv{width}_2")
        sides = ((width - 1) // 2, width // 2) if padding == "same" else (0, max(0, width - length))
        filled = torch.nn.functional.pad(x, sides)
        hidden = conv1d(filled, first.weight, first.bias).relu()  # (1, C, W)
        assert second.weight.shape == (4, 4, width)
        around = torch.nn.functional.pad(hidden, ((width - 1) // 2, width // 2))
        features.append(conv1d(around, second.weight, second.bias).relu().amax(dim=2))
    readout = network.node("readout")
    expected = torch.cat(features, dim=1) @ readout.weight.t() + readout.bias
    torch.testing.assert_close(
        network(Signal(x, torch.tensor([length]))), expected, atol=1e-5, rtol=0
    )


@pytest.mark.parametrize("length", [1, 2, 7])
def test_same_padding_is_that_of_torch(length: int):
    """As many windows as words, as `torch.nn.functional.conv1d(padding="same")` has them."""
    own = build_textcnn(replace(SPEC, widths=(1, 2, 5), padding="same"), seed=3).eval()
    x = torch.randn(1, 5, length, generator=torch.Generator().manual_seed(length))
    features = []
    for width in (1, 2, 5):
        conv = own.node(f"conv{width}")
        z = torch.nn.functional.conv1d(x, conv.weight, conv.bias, padding="same")  # (1, C, L)
        assert int(conv.windows(torch.tensor([length]))) == length
        features.append(z.relu().amax(dim=2))
    readout = own.node("readout")
    wanted = torch.cat(features, 1) @ readout.weight.T + readout.bias
    torch.testing.assert_close(own(Signal(x, torch.tensor([length]))), wanted)


@settings(max_examples=30)
@given(
    lengths=st.lists(st.integers(0, 9), min_size=1, max_size=5),
    extra=st.integers(0, 6),
    activation=st.sampled_from(["relu", "qcfs"]),
    pooling=st.sampled_from(["max", "mean"]),
    padding=st.sampled_from(["same", "none"]),
)
def test_padding_and_batch_do_not_matter(lengths, extra, activation, pooling, padding):
    spec = TextCNNSpec(5, 3, (2, 3), 4, activation, pooling=pooling, padding=padding)
    network = build_textcnn(spec, seed=1).eval()
    x = torch.zeros(len(lengths), 5, max([*lengths, 1]) + extra)
    for i, length in enumerate(lengths):
        x[i, :, :length] = torch.randn(5, length, generator=torch.Generator().manual_seed(i))
    together = network(Signal(x, torch.tensor(lengths)))
    for i, length in enumerate(lengths):
        alone = network(Signal(x[i : i + 1, :, : max(length, 1)], torch.tensor([length])))
        torch.testing.assert_close(alone[0], together[i], atol=1e-5, rtol=1e-5)


def test_same_seed_same_weights():
    one, two, other = (build_textcnn(SPEC, seed) for seed in (4, 4, 5))
    assert torch.equal(one.node("conv2").weight, two.node("conv2").weight)
    assert not torch.equal(one.node("conv2").weight, other.node("conv2").weight)


def test_padding_row_stays_zero_and_takes_no_gradient():
    vectors = torch.rand(6, 5, generator=torch.Generator().manual_seed(0))
    vectors[0] = 0
    model = TextModel(vectors, build_textcnn(SPEC), train_vectors=True)
    model(torch.tensor([[1, 2, 0, 0]]), torch.tensor([2])).sum().backward()
    gradient = model.embedding.weight.grad
    assert gradient is not None and gradient[0].abs().sum() == 0 and gradient[1].abs().sum() > 0


def test_vectors_are_clipped_to_their_range():
    model = TextModel(torch.full((2, 5), 3.0), build_textcnn(SPEC))
    assert model.embed(torch.tensor([[1]])).max() == 1


def test_describe_and_build_round_trip(network: Network):
    again = build_network(network.describe())
    again.load_state_dict(network.state_dict())
    x = Signal(torch.rand(2, 5, 6), torch.tensor([6, 4]))
    assert torch.equal(again.eval()(x), network(x))


@pytest.mark.parametrize("activation", ["relu", "qcfs"])
def test_maximum_before_the_activation_gives_the_same_values(activation: str):
    network = build_textcnn(TextCNNSpec(5, 3, (2, 3), 4, activation), seed=2).eval()
    x = Signal(torch.randn(6, 5, 9, generator=torch.Generator().manual_seed(0)), torch.arange(6))
    recorded: dict[str, Signal] = {}
    assert torch.equal(network(x), network(x, recorded))
    assert recorded["act2"].values.shape[-1] == 8  # the record has the activation at every window


def test_dropout_is_inverted_seeded_and_off_in_evaluation():
    node = Dropout(0.5)
    node.generator = torch.Generator().manual_seed(0)
    x = Signal(torch.ones(1, 10_000))
    out = node(x).values
    assert set(out.unique().tolist()) == {0.0, 2.0} and abs(out.mean().item() - 1) < 0.05
    node.generator.manual_seed(0)
    assert torch.equal(node(x).values, out)
    assert torch.equal(node.eval()(x).values, x.values)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"widths": ()}, "filter widths"),
        ({"widths": (0,)}, "filter widths"),
        ({"channels": 0}, "channels"),
        ({"dropout": 1.0}, "dropout"),
        ({"pooling": "min"}, "max or mean"),
        ({"activation": "tanh"}, "relu or qcfs"),
    ],
)
def test_bad_specs_are_refused(change: dict, words: str):
    with pytest.raises(InputError, match=words):
        build_textcnn(TextCNNSpec(**{"dim": 5, "classes": 2, **change}))


def test_networks_refuse_unknown_inputs_names_and_types():
    with pytest.raises(InputError, match="earlier node"):
        Network([("a", IF(), ("b",))])
    with pytest.raises(InputError, match="comes twice"):
        Network([("a", IF(), ("input",)), ("a", IF(), ("input",))])
    with pytest.raises(InputError, match="'Softmax'"):
        build_network([{"name": "a", "type": "Softmax", "inputs": ["input"], "settings": {}}])
    with pytest.raises(InputError, match="do not fit"):
        build_network([{"name": "a", "type": "Linear", "inputs": ["input"], "settings": {}}])
    with pytest.raises(InputError, match="at least one node"):
        Network([])


def test_pooling_of_spikes_by_hand():
    # one channel, three positions of which two are valid, four steps
    spikes = torch.tensor([[1, 0, 1], [0, 1, 1], [1, 0, 1], [0, 0, 1]]).float().reshape(4, 1, 1, 3)
    signal = Signal(spikes, torch.tensor([2]))
    assert MaxOfSpikes()(signal).values.flatten().tolist() == [1, 1, 1, 0]
    # counts of position 0: 1 1 2 2, of position 1: 0 1 1 1; the largest grows at steps 1 and 3
    assert MaxOfCounts()(signal).values.flatten().tolist() == [1, 0, 1, 0]


@given(st.integers(0, 10_000), st.integers(1, 20), st.integers(1, 6))
def test_max_of_counts_is_a_spike_train_with_the_largest_count(seed, steps, positions):
    random = torch.Generator().manual_seed(seed)
    spikes = (torch.rand(steps, 2, 3, positions, generator=random) < 0.4).float()
    lengths = torch.full((2,), positions)
    pooled = MaxOfCounts()(Signal(spikes, lengths)).values
    assert set(pooled.unique().tolist()) <= {0.0, 1.0}
    assert torch.equal(pooled.sum(0), spikes.sum(0).amax(-1))
