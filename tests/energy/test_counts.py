"""Every count of a network of two branches, worked out by hand; and the definitions of others."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional

from snnconvert.energy import ann as counting
from snnconvert.energy.ann import ann_layers, count_ann, vector_levels, with_quantised_inputs
from snnconvert.energy.layers import Layer, stored_weights, total
from snnconvert.energy.spiking import SpikeTally, spiking_layers
from snnconvert.models.encoders.encoder import Encoder
from snnconvert.models.network import Network, Signal
from snnconvert.models.neurons.integrate_and_fire import IF
from snnconvert.models.nodes.activations import Relu
from snnconvert.models.nodes.layers import Concat, Conv1d, Linear
from snnconvert.models.nodes.pooling import MaxOverTime
from snnconvert.models.snn import SpikingTextModel
from snnconvert.models.spikes.pooling import MaxOfSpikes
from snnconvert.models.text_model import TextModel

# word 1: (1, 0.5); word 2: (-1, 0); word 3: (0, 0.25); 0 is padding
VECTORS = torch.tensor([[0.0, 0.0], [1.0, 0.5], [-1.0, 0.0], [0.0, 0.25]])
TEXTS = [np.array([1, 2, 3]), np.array([2])]


def weight(node: Conv1d | Linear, value: float, bias: float = 0.0) -> None:
    with torch.no_grad():
        node.weight.fill_(value)
        node.bias.fill_(bias)


def two_branches() -> SpikingTextModel:
    """Inputs of 4 channels (two components, split), widths 2 and 3 with 2 and 1 channels, T = 2."""
    conv2, conv3, readout = Conv1d(4, 2, 2), Conv1d(4, 1, 3), Linear(3, 2)
    weight(conv2, 0.5)
    weight(conv3, 0.25)
    weight(readout, 1.0)
    network = Network(
        [
            ("conv2", conv2, ("input",)),
            ("act2", IF(0.5), ("conv2",)),
            ("pool2", MaxOfSpikes(), ("act2",)),
            ("conv3", conv3, ("input",)),
            ("act3", IF(0.5), ("conv3",)),
            ("pool3", MaxOfSpikes(), ("act3",)),
            ("concat", Concat(), ("pool2", "pool3")),
            ("readout", readout, ("concat",)),
        ]
    )
    return SpikingTextModel(VECTORS, Encoder("saf", "split"), network, 2)


def counted(model: SpikingTextModel, steps: int | np.ndarray | None = None) -> dict[str, Layer]:
    order = [1, 0]  # the shorter text first, as batches come
    tally = SpikeTally(model, order)
    for index in order:
        ids = torch.from_numpy(TEXTS[index])[None]
        record: dict[str, Signal] = {}
        model(ids, torch.tensor([ids.shape[1]]), record=record)
        tally.update(record)
    return {x.name: x for x in spiking_layers(model, tally.gathered(), TEXTS, steps)}


def of(layer: Layer, *names: str) -> list[list[float]]:
    """Counts by name, each for the two texts."""
    return [np.broadcast_to(layer.get(name), (2,)).tolist() for name in names]


def test_every_count_of_two_branches_by_hand():
    """Text A is words 1 2 3, text B is word 2. Sum and fire from 1/2, T = 2:

    1 fires at both steps; 0.5 at the first (1/2 + 1/2 = 1, then 0 + 1/2); 0.25 at the second.
    A: word 1 has 2 + 1 spikes, word 2 has 2, word 3 has 1: 3 at step one, 3 at step two. B: 2.

    conv2 (windows 01, 12 of A; B is filled up to one window): word 1 reaches 1 window, word 2 two,
    word 3 one. Step one 2 * 1 + 1 * 2 = 4, step two 1 + 2 + 1 = 4, times 2 channels: 8 and 8. B: 1
    spike a step reaching 1 window of 2 channels: 2 and 2.
    conv3: one window each: A 3 + 3 spikes, 1 channel; B 1 + 1.

    act2 of A, V(0) = 1/2, both channels alike: window 01 gets 3 spikes * 0.5 = 1.5 and 2 * 0.5 = 1:
    fires twice (2.0 -> 1.0, 2.0 -> 1.0). Window 12 gets 0.5 (0.5 + 0.5 fires, 0 left), then
    2 * 0.5 = 1, fires: twice. So 2 * 2 * 2 = 8 spikes. B gets 0.5 twice: fires at step one, then
    0.5 is left: 2 spikes.
    act3 of A gets 0.75, fires (1.25 - 1), then 0.75 + 0.25 = 1, fires: 2. B gets 0.25 twice: .75,
    then 1.0 fires: 1.

    Pooled, A sends 2 channels * 2 + 2 = 6 spikes, B 2 + 1 = 3, to 2 outputs each: 12 and 6 SOPs.
    """
    layers = counted(two_branches())
    assert of(layers["encoder"], "spikes_out", "components") == [[6, 2], [6, 2]]
    # values above zero: A has 1, 0.5, 1, 0.25; B has 1: 2 additions a step each, and 1 a spike
    assert of(layers["encoder"], "encode_adds") == [[2 * 4 * 2 + 6, 2 * 1 * 2 + 2]]
    assert of(layers["encoder"], "reads_state", "writes_state") == [[8, 2], [8, 2]]
    conv2 = layers["conv2"]
    assert of(conv2, "spikes_in", "sops", "macs") == [[6, 2], [16, 4], [0, 0]]
    # synapses of own positions: A (1 + 2 + 1) * 4 * 2, B 1 * 4 * 2; outputs 2 windows, 1 window
    assert of(conv2, "synapses", "neurons", "bias_adds") == [[32, 8], [4, 2], [8, 4]]
    assert of(conv2, "reads_in", "reads_weights") == [[6, 2], [16 + 8, 4 + 4]]
    assert of(conv2, "reads_state", "writes_state", "writes_out") == [[16, 4], [16, 4], [0, 0]]
    assert of(conv2, "address_adds", "address_macs") == [[16, 4], [12, 4]]
    act2 = layers["act2"]
    assert of(act2, "spikes_out", "updates", "neurons") == [[8, 2], [8, 4], [4, 2]]
    assert of(act2, "reads_state", "writes_state", "writes_out") == [[8, 4], [8, 4], [8, 2]]
    assert of(layers["pool2"], "pool_ops") == [[8, 2]]
    assert of(layers["conv3"], "spikes_in", "sops", "synapses") == [[6, 2], [6, 2], [12, 4]]
    assert of(layers["act3"], "spikes_out", "updates") == [[2, 1], [2, 2]]
    assert of(layers["pool3"], "pool_ops") == [[2, 1]]
    readout = layers["readout"]
    assert of(readout, "spikes_in", "sops", "synapses") == [[6, 3], [12, 6], [6, 6]]
    # no neurons keep its two sums: the biases of two steps are read and written there
    assert of(readout, "bias_adds", "reads_weights", "reads_state") == [[4, 4], [16, 10], [16, 10]]
    assert total(list(layers.values()), "sops").tolist() == [16 + 6 + 12, 4 + 2 + 6]

    # memories for the longest text, 3 words: 2 windows of 2 neurons; queues of 1000 spikes
    assert (conv2.state_bytes, conv2.in_bytes, act2.out_bytes) == (16, 4000, 4000)
    assert conv2.weight_bytes == 4 * (2 * 4 * 2 + 2) and readout.weight_bytes == 4 * (6 + 2)
    assert layers["encoder"].state_bytes == 4 * 3 * 2

    row = act2.row()  # rates are of means: 5 spikes of 6 updates a text
    assert row["rate"] == pytest.approx(5 / 6)
    assert conv2.row()["spikes_per_synapse"] == pytest.approx(10 / 20)


def test_a_text_that_stops_early_is_charged_for_its_own_steps():
    layers = counted(two_branches(), np.array([1, 2]))
    assert of(layers["conv2"], "sops", "bias_adds") == [[8, 4], [4, 4]]
    assert of(layers["act2"], "spikes_out", "updates") == [[4, 2], [4, 4]]
    assert of(layers["encoder"], "spikes_out") == [[3, 2]]
    assert layers["conv2"].steps.tolist() == [1, 2]


def test_direct_input_is_multiplied_once():
    model = two_branches()
    model.encoder = Encoder("direct", "split")
    conv2 = counted(model)["conv2"]
    # values above zero: word 1 two, word 2 one, word 3 one: (2 * 1 + 1 * 2 + 1 * 1) * 2 channels
    assert of(conv2, "macs", "sops", "bias_adds") == [[10, 2], [0, 0], [4, 2]]
    assert of(conv2, "reads_in", "reads_weights", "writes_out") == [[10, 2], [14, 4], [4, 2]]
    # addresses: inputs 4 and 1, outputs 4 and 2, and 2 channels * width 2
    assert of(conv2, "address_adds") == [[4 + 4 + 4, 1 + 2 + 4]]
    assert conv2.in_bytes == 4 * 4 * 3


def ann() -> TextModel:
    conv2, readout = Conv1d(2, 2, 2), Linear(2, 2)
    weight(conv2, 1.0)
    weight(readout, 1.0)
    network = Network(
        [
            ("conv2", conv2, ("input",)),
            ("act2", Relu(), ("conv2",)),
            ("pool2", MaxOverTime(), ("act2",)),
            ("readout", readout, ("pool2",)),
        ]
    )
    return TextModel(VECTORS, network)


@pytest.mark.parametrize(
    ("skips", "macs", "outputs", "readout"),
    [
        # both texts as long as A: 2 windows * 2 words * 2 components * 2 channels
        ("nothing", [16, 16], [4, 4], [4, 4]),
        # A (1 + 2 + 1) * 2 * 2; B 1 word in 1 window * 2 * 2
        ("padding", [16, 4], [4, 2], [4, 4]),
        # A 1 * 2 + 2 * 1 + 1 * 1 values, 2 channels; B 1 value. B's pre-activation -1 is cut off
        ("zeros", [10, 2], [4, 2], [4, 0]),
    ],
)
def test_the_ann_by_the_same_rules(
    skips: str, macs: list[float], outputs: list[float], readout: list[float]
):
    model = ann()
    layers = {x.name: x for x in ann_layers(model, count_ann(model, TEXTS, [[1], [0]]), skips)}
    assert of(layers["conv2"], "macs", "bias_adds", "writes_out") == [macs, outputs, outputs]
    assert of(layers["act2"], "updates") == [outputs]
    assert of(layers["pool2"], "pool_ops") == [outputs]
    assert of(layers["readout"], "macs") == [readout]
    assert of(layers["conv2"], "reads_weights") == [
        [m + o for m, o in zip(macs, outputs, strict=True)]
    ]


def test_an_ann_is_counted_few_texts_at_a_time(monkeypatch: pytest.MonkeyPatch):
    model, texts = ann(), [*TEXTS, np.array([3, 1]), np.array([2, 2, 1])]
    whole = count_ann(model, texts, [[0, 1, 2, 3]])
    monkeypatch.setattr(counting, "COUNTED_VALUES", 1)
    seen: list[int] = []
    counted = counting._counted

    def watched(network: Network, record: dict[str, Signal]) -> counting.Counts:
        seen.append(len(record["input"].values))
        return counted(network, record)

    monkeypatch.setattr(counting, "_counted", watched)
    parts = count_ann(model, texts, [[0, 1, 2, 3]])
    assert seen == [1] * 5  # each text, and the longest for the sizes
    assert parts.sizes == whole.sizes
    for name, fields in whole.own.items():
        for field, values in fields.items():
            assert np.array_equal(parts.own[name][field], values), (name, field)


def test_quantised_activations_have_few_bits_and_inputs_a_sign():
    model = ann()
    layers = ann_layers(model, count_ann(model, TEXTS, [[0, 1]]), "padding", levels=4)
    bits = {x.name: (x.bits, x.in_bits) for x in layers if x.kind == "synapses"}
    assert bits == {"conv2": (3, 4), "readout": (3, 3)}
    scaled = next(x for x in layers if x.name == "act2")
    assert of(scaled, "scales") == [[4, 2]]


@pytest.mark.parametrize(
    ("sizes", "levels"),
    [
        ((0.0, 0.64), 1),
        ((0.0, 0.286, 0.572), 2),
        ((0.2, 0.6), 3),  # thirds: the second level is not used
        ((0.0, 0.3, 0.7), None),
        ((0.1, 0.2, 0.3, 0.4, 0.5), None),  # more than the four that are looked for
        ((0.0,), None),
    ],
)
def test_vectors_that_have_few_levels_stay_as_they_are(sizes, levels):
    """The rival of an SNN reads what the SNN reads, in the bits that it takes."""
    values = torch.tensor([*sizes, *(-size for size in sizes)])
    table = values.repeat(2 * 500)[: 2 * 500].view(500, 2)
    model = TextModel(table, ann().network)
    assert vector_levels(model, 4) == levels
    given = with_quantised_inputs(model, 4)
    assert (given is model) == (levels is not None)
    counts = count_ann(model, TEXTS, [[0, 1]])
    layers = ann_layers(model, counts, "padding", 4, vector_levels(model, 4))
    bits = {x.name: (x.bits, x.in_bits) for x in layers if x.kind == "synapses"}
    assert bits["readout"] == (3, 3)
    assert bits["conv2"] == {1: (1, 2), 2: (2, 3), 3: (2, 3), None: (3, 4)}[levels]


def test_weights_that_differ_in_sign_alone_are_stored_once():
    conv = Conv1d(4, 2, 2)
    weight(conv, 0.5)
    assert stored_weights(conv) == 16 + 2
    with torch.no_grad():
        conv.weight[:, 2:] = -conv.weight[:, :2]
    assert stored_weights(conv) == 8 + 2


class Peer(nn.Module):
    """Two convolutions and a readout of plain torch layers on spikes (T, D, L)."""

    def __init__(self, model: SpikingTextModel) -> None:
        super().__init__()
        self.convs, self.widths = nn.ModuleList(), []
        for name in ("conv2", "conv3"):
            node = model.network.node(name)
            assert isinstance(node, Conv1d)
            conv = nn.Conv1d(node.inputs, node.channels, node.width)
            conv.load_state_dict(node.state_dict())
            self.convs.append(conv)
            self.widths.append(node.width)
        self.readout = nn.Linear(3, 2)
        self.neurons = [IF(0.5), IF(0.5)]

    def forward(self, frames: Tensor) -> Tensor:
        pooled = []
        for conv, neuron in zip(self.convs, self.neurons, strict=True):
            currents = conv(frames).unsqueeze(1)  # (T, 1, C, W)
            lengths = torch.tensor([currents.shape[-1]])
            pooled.append(neuron(Signal(currents, lengths)).values.amax(-1)[:, 0])
        return self.readout(torch.cat(pooled, dim=1))


def random_model(seed: int) -> SpikingTextModel:
    model = two_branches()
    random = torch.Generator().manual_seed(seed)
    for parameter in model.network.parameters():
        with torch.no_grad():
            parameter.uniform_(-1, 1, generator=random)
    model.embedding.weight.data[1:] = torch.rand((3, 2), generator=random) * 2 - 1
    return model


def whole_text(model: SpikingTextModel) -> tuple[Tensor, dict[str, Layer]]:
    """The spikes (T, D', L) of a text of five words, and the counts."""
    text = np.array([1, 2, 3, 1, 3])
    record: dict[str, Signal] = {}
    with torch.no_grad():
        model(torch.from_numpy(text)[None], torch.tensor([5]), record=record)
    tally = SpikeTally(model, [0])
    tally.update(record)
    layers = spiking_layers(model, tally.gathered(), [text])
    return record["input"].values[:, 0], {x.name: x for x in layers}


@given(st.integers(0, 1000))
@settings(max_examples=10)
def test_synaptic_operations_are_those_of_spikingjelly(seed: int):
    """On a folded network, whose spikes are ones, and a text without padding."""
    from spikingjelly.activation_based.op_counter import DispatchCounterMode, SynOpCounter

    model = random_model(seed)
    frames, layers = whole_text(model)
    counter = SynOpCounter()
    with torch.no_grad(), DispatchCounterMode([counter]):
        Peer(model)(frames)
    assert counter.get_total() == sum(layers[n].mean("sops") for n in ("conv2", "conv3", "readout"))


def effective(layer: nn.Module, inputs: Tensor) -> tuple[int, int]:
    """Dense and effective synaptic operations by NeuroBench's definition, bias left out.

    Inputs and weights are replaced by ones, all of them (dense) or those that are not zero
    (effective), and the layer's outputs are summed. Source: docs/metrics/workload_metrics/
    synaptic_operations.rst in NeuroBench/neurobench.
    """
    convolves = isinstance(layer, nn.Conv1d)
    apply = functional.conv1d if convolves else functional.linear
    assert isinstance(layer.weight, Tensor)
    dense = apply(torch.ones_like(inputs), torch.ones_like(layer.weight))
    some = apply((inputs != 0).float(), (layer.weight != 0).float())
    return int(dense.sum()), int(some.sum())


@given(st.integers(0, 1000))
@settings(max_examples=10)
def test_synaptic_operations_are_those_of_neurobench(seed: int):
    """Effective ACs are our SOPs where no weight is zero; dense ones our synapses at every step."""
    model = random_model(seed)
    frames, layers = whole_text(model)
    peer = Peer(model)
    for name, conv in zip(("conv2", "conv3"), peer.convs, strict=True):
        dense, some = effective(conv, frames)
        assert some == layers[name].mean("sops")
        assert dense == model.steps * layers[name].mean("synapses")


def test_neurobench_leaves_out_what_a_zero_weight_would_do_and_so_do_we():
    model = two_branches()
    conv = model.network.node("conv2")
    assert isinstance(conv, Conv1d)
    with torch.no_grad():
        conv.weight[0].zero_()
    frames, layers = whole_text(model)
    peer = nn.Conv1d(4, 2, 2, bias=False)
    peer.load_state_dict({"weight": conv.weight})
    dense = whole_text(two_branches())[1]["conv2"].mean("sops")
    assert effective(peer, frames)[1] == layers["conv2"].mean("sops") == dense / 2
