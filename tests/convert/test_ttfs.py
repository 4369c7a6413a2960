"""Time to first spike: golden traces, exactness against a rounded ANN, one spike, refusals."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from snnconvert.convert.ttfs.network import convert_ttfs
from snnconvert.convert.ttfs.verify import verify_ttfs
from snnconvert.errors import InputError, SnnConvertError
from snnconvert.models.encoders.encoder import Encoder
from snnconvert.models.families.textcnn import TextCNNSpec, build_textcnn
from snnconvert.models.network import Network, Node, Signal
from snnconvert.models.neurons.ttfs import (
    TTFSParameters,
    ttfs_decode,
    ttfs_encode,
    ttfs_levels,
    ttfs_run,
    ttfs_spikes,
)
from snnconvert.models.nodes.activations import Relu, make_activation
from snnconvert.models.nodes.layers import Concat, Conv1d, Linear
from snnconvert.models.nodes.pooling import MaxOverTime
from snnconvert.models.operations import SpikeCounter
from snnconvert.models.saving import load_model, save_model
from snnconvert.models.snn import SpikingTextModel, running_logits
from snnconvert.models.spikes.ttfs import EarliestSpike
from snnconvert.models.text_model import TextModel

THETA = {"act2": torch.tensor([1.5]), "act3": torch.tensor([0.8, 1.0, 1.2, 2.0])}


def ann(pooling: str = "max", activation: str = "relu", levels: int = 4) -> Network:
    """Random TextCNN in float64 with biases, dimension 5, 4 channels each of widths 2 and 3."""
    spec = TextCNNSpec(
        5, 3, (2, 3), 4, activation=activation, levels=levels, bound=1.5, pooling=pooling
    )
    network = build_textcnn(spec, seed=3).eval().double()
    with torch.no_grad():
        for name in ("conv2", "conv3", "readout"):
            network.node(name).bias.normal_(0, 0.3, generator=torch.Generator().manual_seed(1))
    return network


def words(seed: int, steps: int | None = None) -> tuple[torch.Tensor, torch.Tensor]:
    """Vectors (3, 5, 7) in [-1, 1] of texts of 7, 3 and 1 words, on a grid of 1/steps if given."""
    x = torch.rand(3, 5, 7, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    x = 2 * x - 1
    if steps:
        x = torch.round(x * steps) / steps
    lengths = torch.tensor([7, 3, 1])
    for row, length in enumerate(lengths):
        x[row, :, length:] = 0
    return x, lengths


def rounded_ann(network: Network, x: np.ndarray, steps: int, pooling: str) -> np.ndarray:
    """Logits of one text x (D, L) by loops, inputs and activations rounded to ``steps`` levels."""
    sign = np.sign(x)
    x = sign * np.floor(np.abs(x) * steps + 0.5) / steps
    features = []
    for width in (2, 3):
        conv, theta = network.node(f"conv{width}"), THETA[f"act{width}"].double().numpy()
        weight, bias = conv.weight.detach().numpy(), conv.bias.detach().numpy()
        padded = np.pad(x, ((0, 0), (0, max(0, width - x.shape[1]))))
        windows = range(padded.shape[1] - width + 1)
        z = np.stack([(weight * padded[:, i : i + width]).sum((1, 2)) + bias for i in windows])
        a = theta * np.clip(np.floor(z * steps / theta + 0.5) / steps, 0, 1)
        features.append(a.max(axis=0) if pooling == "max" else a.mean(axis=0))
    readout = network.node("readout")
    weight, bias = readout.weight.detach().numpy(), readout.bias.detach().numpy()
    return weight @ np.concatenate(features) + bias


def test_encoding_by_hand():
    # T = 4: 1 -> level 4, step 0; .5 -> level 2, step 2; .2 -> floor(1.3) = 1, step 3; .1 -> never
    spikes = ttfs_encode(torch.tensor([1.0, 0.5, 0.2, 0.1]), 4)
    assert spikes.T.tolist() == [[1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1], [0, 0, 0, 0]]
    assert ttfs_decode(spikes).tolist() == [1.0, 0.5, 0.25, 0.0]


def test_neuron_by_hand():
    # T = 4, currents .5 at step 0 and .25 at step 2: slope .5 .5 .75 .75, V = .5 1 1.75 2.5.
    # Falling threshold 3.5 2.5 1.5 .5: V = 2.5 meets it at step 1, which stands for 3/4.
    spikes = ttfs_run(torch.tensor([[0.5], [0.0], [0.25], [0.0]]), TTFSParameters())
    assert spikes[:, 0].tolist() == [0, 1, 0, 0]
    # without the shift the thresholds are 4 3 2 1, and V = 2.5 meets the third
    spikes = ttfs_run(torch.tensor([[0.5], [0.0], [0.25], [0.0]]), TTFSParameters(shift=0.0))
    assert spikes[:, 0].tolist() == [0, 0, 1, 0]


@given(v=st.integers(-64, 640).map(lambda n: n / 64), steps=st.integers(1, 12))
def test_falling_threshold_meets_the_level(v: float, steps: int):
    """Stepping through the window gives the closed form, at most one spike."""
    currents = torch.zeros(steps, 1, dtype=torch.float64)
    currents[-1] = v  # a current at the last step is worth itself
    spikes = ttfs_run(currents, TTFSParameters())
    level = ttfs_levels(currents[-1], steps, TTFSParameters())
    assert torch.equal(spikes, ttfs_spikes(level, steps))
    assert spikes.sum() == (level > 0)


@given(st.integers(0, 100), st.integers(1, 9))
def test_encoding_rounds_to_the_nearest_level(seed: int, steps: int):
    x = torch.rand(50, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    torch.testing.assert_close(
        ttfs_decode(ttfs_encode(x, steps)), torch.floor(x * steps + 0.5) / steps
    )


def test_earliest_spike_is_the_maximum():
    # levels 2, 3, 1 of T = 4 at three positions, then a padded one that must not win
    levels = torch.tensor([[[2.0, 3.0, 1.0, 4.0], [0.0, 0.0, 0.0, 4.0]]])  # (B, C, L)
    spikes = ttfs_spikes(levels, 4)
    pooled = EarliestSpike()(Signal(spikes, torch.tensor([3]))).values  # (T, B, C)
    assert pooled.sum(dim=0).tolist() == [[1.0, 0.0]]
    assert ttfs_decode(pooled).tolist() == [[0.75, 0.0]]


@pytest.mark.parametrize("pooling", ["max", "mean"])
@settings(max_examples=15)
@given(seed=st.integers(0, 10_000), steps=st.integers(1, 16))
def test_logits_are_those_of_the_rounded_ann(pooling: str, seed: int, steps: int):
    network, encoder = ann(pooling), Encoder("ttfs")
    x, lengths = words(seed)
    snn, report = convert_ttfs(network, THETA, steps, encoder)
    assert (report.window, report.layers, report.latency) == (steps, 2, 2 * steps)
    model = SpikingTextModel(torch.zeros(2, 5), encoder, snn, steps)
    assert model.latency == 2 * steps
    record: dict[str, Signal] = {}
    with torch.no_grad():
        currents = snn(Signal(encoder.encode(x, lengths, steps), lengths), record)
    logits = running_logits(currents)[-1]
    for row, length in enumerate(lengths):
        expected = rounded_ann(network, x[row, :, :length].numpy(), steps, pooling)
        np.testing.assert_allclose(logits[row].numpy(), expected, atol=1e-9)
    for name in ("input", "act2", "act3"):
        spikes = record[name].values
        assert set(spikes.unique().tolist()) <= {0.0, 1.0} and spikes.sum(dim=0).max() <= 1
    if pooling == "max":
        assert record["pool2"].values.sum(dim=0).max() <= 1


@settings(max_examples=10)
@given(seed=st.integers(0, 10_000), steps=st.sampled_from([1, 3, 4, 8]))
def test_qcfs_ann_on_a_grid_converts_without_any_error(seed: int, steps: int):
    """Word vectors on the grid of T levels, L = T, theta = bound: the ANN's own logits."""
    network = ann(activation="qcfs", levels=steps)
    theta = {name: network.node(name).bound.detach().reshape(1) for name in ("act2", "act3")}
    x, lengths = words(seed, steps)
    snn, _ = convert_ttfs(network, theta, steps)
    frames = Encoder("ttfs").encode(x, lengths, steps)
    with torch.no_grad():
        logits = running_logits(snn(Signal(frames, lengths)))[-1]
        torch.testing.assert_close(logits, network(Signal(x, lengths)), atol=1e-9, rtol=0)


@pytest.mark.parametrize("mapping", ["split", "shift"])
@pytest.mark.parametrize("gain", [1.0, 2.0])
def test_mappings_and_gains_verify(mapping: str, gain: float):
    network, encoder = ann(), Encoder("ttfs", mapping, gain)
    snn, _ = convert_ttfs(network, THETA, 5, encoder)
    checks = verify_ttfs(network, snn, encoder, THETA, *words(0), 5)
    assert [c.name for c in checks] == ["conv2", "act2", "conv3", "act3", "readout"]
    assert max(c.error for c in checks) < 1e-9


@pytest.mark.parametrize("name", ["conv2", "conv3", "readout"])
def test_verification_names_a_damaged_layer(name: str):
    network = ann()
    snn, _ = convert_ttfs(network, THETA, 8)
    with torch.no_grad():
        snn.node(name).bias[1] += 0.1
    with pytest.raises(SnnConvertError, match=f"layer {name}"):
        verify_ttfs(network, snn, Encoder("ttfs"), THETA, *words(0), 8)


def test_verification_finds_spikes_worth_something_else():
    network = ann()
    snn, _ = convert_ttfs(network, THETA | {"act2": torch.tensor([3.0])}, 8)
    with pytest.raises(SnnConvertError, match="layer conv2"):
        verify_ttfs(network, snn, Encoder("ttfs"), THETA, *words(0), 8)


def test_two_spiking_layers_take_three_windows():
    nodes: list[tuple[str, Node, tuple[str, ...]]] = [
        ("conv", Conv1d(2, 3, 2), ("input",)),
        ("act", Relu(), ("conv",)),
        ("pool", MaxOverTime(), ("act",)),
        ("hidden", Linear(3, 4), ("pool",)),
        ("act2", make_activation("relu"), ("hidden",)),
        ("readout", Linear(4, 2), ("act2",)),
    ]
    network = Network(nodes).double()
    with torch.no_grad():
        for p in network.parameters():
            p.normal_(generator=torch.Generator().manual_seed(2))
    theta = {"act": torch.tensor([2.0]), "act2": torch.tensor([3.0])}
    snn, report = convert_ttfs(network, theta, 256)
    assert (report.layers, report.latency) == (3, 768)
    x, lengths = words(1)
    x = x[:, :2]
    frames = Encoder("ttfs").encode(x, lengths, 256)
    clipped = network_with_clips(network, theta, x, lengths)
    with torch.no_grad():
        logits = running_logits(snn(Signal(frames, lengths)))[-1]
    torch.testing.assert_close(logits, clipped, atol=0.1, rtol=0)
    verify_ttfs(network, snn, Encoder("ttfs"), theta, x, lengths, 256)


@torch.no_grad()
def network_with_clips(network, theta, x, lengths) -> torch.Tensor:
    """The ANN's logits with its activations clipped at the thresholds."""
    z = network.node("conv")(Signal(x, lengths))
    pooled = MaxOverTime()(Signal(z.values.clamp(0, float(theta["act"])), z.lengths))
    hidden = network.node("hidden")(pooled).values.clamp(0, float(theta["act2"]))
    return network.node("readout")(Signal(hidden)).values


def test_model_saves_loads_and_counts(tmp_path):
    vectors = torch.rand(8, 5, generator=torch.Generator().manual_seed(0)) * 2 - 1
    vectors[0] = 0
    text_ann = TextModel(vectors, ann().float())
    network, _ = convert_ttfs(text_ann.network, THETA, 6)
    model = SpikingTextModel(vectors, Encoder("ttfs"), network, 6).eval()
    ids, lengths = torch.tensor([[2, 3, 4, 5, 0], [6, 7, 0, 0, 0]]), torch.tensor([4, 2])
    save_model(tmp_path / "snn", model, ("a", "b", "c"))
    loaded, _ = load_model(tmp_path / "snn")
    record: dict[str, Signal] = {}
    with torch.no_grad():
        before = model(ids, lengths, record=record)
        assert torch.equal(loaded(ids, lengths), before)
        with pytest.raises(InputError, match="6 steps, the window"):
            model(ids, lengths, steps=4)
    counter = SpikeCounter(model.network, input_is_analog=False)
    counter.update(record)
    figures = counter.compute()
    pooled = torch.cat([record["pool2"].values, record["pool3"].values], dim=-1)
    assert figures["sops_by_layer"]["readout"] == float(pooled.sum()) * 3 / 2
    # 10 input channels of the split mapping and 6 words: never more than one spike each
    assert 0 < figures["input_spikes_per_sample"] <= 10 * 6 / 2


def _deeper() -> Network:
    return Network(
        [
            ("conv", Conv1d(5, 2, 2), ("input",)),
            ("act", Relu(), ("conv",)),
            ("pool", MaxOverTime(), ("act",)),
            ("hidden", Linear(2, 2), ("pool",)),
            ("act2", Relu(), ("hidden",)),
            ("both", Concat(), ("pool", "act2")),
            ("readout", Linear(4, 2), ("both",)),
        ]
    )


def _no_output_layer() -> Network:
    return Network([("conv", Conv1d(5, 2, 2), ("input",)), ("act2", Relu(), ("conv",))])


def _two_linear() -> Network:
    return Network([("conv", Conv1d(5, 2, 2), ("input",)), ("conv2", Conv1d(2, 2, 1), ("conv",))])


@pytest.mark.parametrize(
    ("network", "words_of_error"),
    [
        (_no_output_layer, "cannot convert act2: the last layer must be linear"),
        (_two_linear, "cannot convert conv .* one activation"),
    ],
)
def test_networks_that_do_not_fit_are_refused_by_name(network, words_of_error):
    with pytest.raises(InputError, match=words_of_error):
        convert_ttfs(network(), THETA, 4)


def test_branches_of_different_depth_are_refused():
    theta = {"act": torch.tensor([1.0]), "act2": torch.tensor([1.0])}
    with pytest.raises(InputError, match=r"both .* windows \[1, 2\]"):
        convert_ttfs(_deeper(), theta, 4)


def test_bad_arguments_are_refused():
    with pytest.raises(InputError, match="encoder ttfs .* but got saf"):
        convert_ttfs(ann(), THETA, 4, Encoder("saf"))
    with pytest.raises(InputError, match="threshold above 0 for act3"):
        convert_ttfs(ann(), {"act2": THETA["act2"]}, 4)
    with pytest.raises(InputError, match="at least one time step"):
        convert_ttfs(ann(), THETA, 0)
