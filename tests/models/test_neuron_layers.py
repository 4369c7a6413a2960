"""Layers of neurons: made from a spec, V(0) per channel, saved and loaded, fine-tuned."""

from __future__ import annotations

import pytest
import torch

from snnconvert.errors import InputError
from snnconvert.models.encoders.encoder import Encoder
from snnconvert.models.network import Network, Node, Signal
from snnconvert.models.neurons.build import make_neurons, neuron_nodes
from snnconvert.models.neurons.burst import BurstIF
from snnconvert.models.neurons.integrate_and_fire import IF, IFParameters, if_run
from snnconvert.models.neurons.lif import LIF
from snnconvert.models.neurons.signed import SignedIF
from snnconvert.models.neurons.spec import NeuronSpec
from snnconvert.models.neurons.ttfs import TTFS
from snnconvert.models.nodes.layers import Conv1d, Linear, initialise
from snnconvert.models.saving import build_network, load_model, save_model
from snnconvert.models.snn import SpikingTextModel
from snnconvert.models.spikes.pooling import MaxOfCounts
from snnconvert.models.spikingjelly import spikingjelly_neurons

SPECS = [
    NeuronSpec(),
    NeuronSpec(reset="hard"),
    NeuronSpec("lif", leak=0.25),
    NeuronSpec("lif", leak=0.5, reset="hard"),
    NeuronSpec("signed"),
    NeuronSpec("signed", negative=1.0),
    NeuronSpec("burst", burst=3),
]


def network(neurons: Node) -> Network:
    """Conv1d on 4 channels (2 components, split), neurons, counted maximum, readout."""
    nodes: list[tuple[str, Node, tuple[str, ...]]] = [
        ("conv", Conv1d(4, 3, 2), ("input",)),
        ("act", neurons, ("conv",)),
        ("pool", MaxOfCounts(), ("act",)),
        ("readout", Linear(3, 2), ("pool",)),
    ]
    built = Network(nodes)
    for name in ("conv", "readout"):
        initialise(built.node(name).weight, torch.Generator().manual_seed(5))
    return built


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (SPECS[0], (IF, {"initial": 0.25, "soft_reset": True})),
        (SPECS[1], (IF, {"initial": 0.25, "soft_reset": False})),
        (SPECS[2], (LIF, {"initial": 0.25, "leak": 0.25, "soft_reset": True})),
        (SPECS[5], (SignedIF, {"initial": 0.25, "negative": 1.0})),
        (SPECS[6], (BurstIF, {"initial": 0.25, "burst": 3})),
    ],
)
def test_a_spec_makes_its_neurons(spec, expected):
    node = make_neurons(spec, 0.25, 3)
    assert (type(node), node.settings()) == expected
    assert node.kind == spec.kind


@pytest.mark.parametrize("soft", [True, False])
def test_potential_per_channel_by_hand(soft: bool):
    """Channels with V(0) = 0, .5 and -1 under I = .5: first spike at step 2, 1 and 4."""
    node = IF([0.0, 0.5, -1.0], soft)
    flat = node(Signal(torch.full((4, 2, 3), 0.5))).values  # (T, B, C)
    assert flat[:, 0].T.tolist() == [
        [0, 1, 0, 1],
        [1, 0, 1, 0],
        [0, 0, 0, 1],
    ]
    along = node(Signal(torch.full((4, 2, 3, 5), 0.5))).values  # (T, B, C, L)
    assert torch.equal(along, flat[..., None].expand(4, 2, 3, 5))


@pytest.mark.parametrize("spec", SPECS)
def test_one_potential_for_all_channels_is_a_number(spec: NeuronSpec):
    currents = torch.randn(6, 2, 3, 4, generator=torch.Generator().manual_seed(0))
    one = make_neurons(spec, 0.25, 3)(Signal(currents)).values
    each = make_neurons(spec, [0.25] * 3, 3)(Signal(currents)).values
    assert torch.equal(one, each)


@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize("initial", [0.5, [0.1, -0.7, 1.3]])
def test_saved_neurons_spike_alike(tmp_path, spec: NeuronSpec, initial):
    vectors = torch.rand(8, 2, generator=torch.Generator().manual_seed(0)) * 2 - 1
    vectors[0] = 0
    # what a correction works out is float32; it must come back bit for bit
    start = torch.tensor(initial).tolist()
    model = SpikingTextModel(vectors, Encoder(), network(make_neurons(spec, start, 3)), 5)
    save_model(tmp_path / "snn", model, ("no", "yes"))
    loaded, _ = load_model(tmp_path / "snn")
    ids, lengths = torch.tensor([[2, 3, 4, 5, 0], [6, 7, 0, 0, 0]]), torch.tensor([4, 2])
    records: list[dict[str, Signal]] = [{}, {}]
    with torch.no_grad():
        for each, record in zip((model, loaded), records, strict=True):
            each(ids, lengths, record=record)
    assert torch.equal(records[0]["act"].values, records[1]["act"].values)
    assert records[0]["act"].values.any()
    assert loaded.network.node("act").settings() == model.network.node("act").settings()


def test_padding_is_silent_for_every_neuron():
    currents = torch.full((4, 1, 3, 5), 2.0)
    for spec in SPECS:
        spikes = make_neurons(spec, 0.5, 3)(Signal(currents, torch.tensor([2]))).values
        assert spikes[..., 2:].abs().sum() == 0 and spikes[..., :2].sum() > 0


def test_counted_maximum_of_signed_and_burst_spikes():
    """Net counts 1, 2 and then 0 at two positions: the maximum goes 1, 2, 1."""
    spikes = torch.tensor([[1.0, 0.0], [-1.0, 2.0], [0.0, -1.0]]).reshape(3, 1, 1, 2)
    assert MaxOfCounts()(Signal(spikes)).values.flatten().tolist() == [1, 1, -1]


@pytest.mark.parametrize("spec", SPECS[:4])
def test_fine_tuning_runs_the_same_spikes_with_gradients(spec: NeuronSpec):
    built = network(make_neurons(spec, [0.1, 0.5, 0.9], 3))
    frames = torch.rand(6, 2, 4, 5, generator=torch.Generator().manual_seed(1)).round()
    signal = Signal(frames, torch.tensor([5, 3]))
    expected = built(signal)
    with spikingjelly_neurons(built):
        out = built(signal)
        out.sum().backward()
    assert torch.equal(out, expected)
    gradient = built.node("conv").weight.grad
    assert gradient is not None and bool(gradient.abs().sum() > 0)
    assert torch.equal(built(signal), expected)


@pytest.mark.parametrize("node", [SignedIF(), BurstIF(), TTFS(4)])
def test_fine_tuning_refuses_what_has_no_surrogate(node):
    built = network(node)
    assert list(neuron_nodes(built)) == ["act"]
    with pytest.raises(InputError, match=f"but got {node.kind}"), spikingjelly_neurons(built):
        pass


def test_potential_per_channel_reaches_the_pure_function():
    currents = torch.full((4, 3), 0.5)
    spikes, _ = if_run(currents, IFParameters(initial=torch.tensor([0.0, 0.5, -1.0])))
    assert spikes.sum(dim=0).tolist() == [2, 2, 1]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"kind": "izhikevich"}, "if, lif, cuba, signed, burst, ttfs"),
        ({"reset": "zero"}, "soft or hard"),
        ({"kind": "lif", "leak": 1.0}, r"leak in \[0, 1\)"),
        ({"leak": 0.5}, "leak only with the lif neuron"),
        ({"kind": "burst", "burst": 0}, "at least 1 spike"),
        ({"burst": 2}, "burst only with the burst neuron"),
        ({"negative": 1.0}, "negative only with the signed neuron"),
        ({"kind": "signed", "negative": float("nan")}, "0 or more"),
        ({"kind": "signed", "reset": "hard"}, "soft reset for the signed neuron"),
    ],
)
def test_bad_specs_are_refused(values, words):
    with pytest.raises(InputError, match=words):
        NeuronSpec(**values)


def test_bad_potentials_are_refused():
    with pytest.raises(InputError, match="each of 3 channels, but got 2"):
        make_neurons(NeuronSpec(), [0.5, 0.5], 3)
    with pytest.raises(InputError, match="each of 3 channels, but got 2"):
        IF([0.5, 0.5])(Signal(torch.zeros(2, 1, 3)))
    for bad in (float("nan"), [0.5, float("inf")], []):
        with pytest.raises(InputError, match="finite"):
            make_neurons(NeuronSpec(), bad, 2)
    with pytest.raises(InputError, match="built by convert_ttfs"):
        make_neurons(NeuronSpec("ttfs"), 0.0, 3)


def test_old_files_still_name_their_neurons():
    description = network(IF()).describe()
    assert description[1]["settings"] == {"initial": 0.5, "soft_reset": True}
    assert isinstance(build_network(description).node("act"), IF)
