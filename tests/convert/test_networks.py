"""Conversion of deeper networks: residual sums, batch normalisation, windows, hidden layers."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from snnconvert.convert.build import build_snn
from snnconvert.convert.from_torch.module import from_torch
from snnconvert.convert.graph.canonical import canonical
from snnconvert.convert.recipes.recipe import ConversionRecipe
from snnconvert.convert.verify import verify
from snnconvert.errors import InputError, SnnConvertError
from snnconvert.models.encoders.encoder import Encoder
from snnconvert.models.families.dpcnn import DPCNNSpec, build_dpcnn
from snnconvert.models.network import Network, Node, Signal
from snnconvert.models.nodes.activations import Activation, Qcfs, Relu
from snnconvert.models.nodes.layers import Concat, Conv1d, Dropout, Linear
from snnconvert.models.nodes.merge import Add, Flatten, Scale
from snnconvert.models.nodes.norm import BatchNorm1d
from snnconvert.models.nodes.pooling import AvgPool1d, MaxOverTime, MaxPool1d, MeanOverTime
from snnconvert.models.snn import running_logits
from snnconvert.tests.helpers.conversion import filled, vectors

DIM = 4
LENGTHS = torch.tensor([12, 7, 3, 1])
Nodes = list[tuple[str, Node, tuple[str, ...]]]


def texts(seed: int = 0, lengths: Tensor = LENGTHS) -> Tensor:
    return vectors(DIM, lengths, seed)


def dpcnn(seed: int = 0, **changes) -> Network:
    spec = {"channels": 5, "blocks": 3, "activation": "relu"} | changes
    return filled(build_dpcnn(DPCNNSpec(DIM, 3, **spec), seed), seed)


def small(*nodes: tuple[str, Node, tuple[str, ...]]) -> Network:
    return filled(Network(nodes))


def balance(ann: Network, x: Tensor, per_channel: bool = False) -> dict[str, Tensor]:
    """Thresholds at the largest activation, different for every activation node."""
    record: dict[str, Signal] = {}
    with torch.no_grad():
        ann(Signal(x, LENGTHS), record)
    found = {}
    for name in ann.inputs:
        if isinstance(ann.node(name), Activation):
            values = record[name].masked()
            values = values.transpose(0, 1).flatten(1) if values.dim() == 3 else values.T
            top = values.amax(dim=1).clamp(min=0.1)  # (C,)
            found[name] = top if per_channel else top.max().reshape(1)
    return found


def run(snn: Network, recipe: ConversionRecipe, x: Tensor, record=None) -> Tensor:
    frames = recipe.encoder.encode(x, LENGTHS, recipe.steps)
    with torch.no_grad():
        return running_logits(snn(Signal(frames, LENGTHS), record))


@pytest.mark.parametrize("pooling", ["max", "mean"])
@pytest.mark.parametrize("per_channel", [False, True])
@pytest.mark.parametrize("code", ["direct", "saf", "poisson"])
@pytest.mark.parametrize("batch_norm", [False, True])
def test_dpcnn_converts_and_is_verified(pooling, per_channel, code, batch_norm):
    ann, x = dpcnn(1, pooling=pooling, batch_norm=batch_norm), texts(1)
    thresholds = balance(ann, x, per_channel)
    recipe = ConversionRecipe(7, Encoder(code, "none" if code == "direct" else "shift"))
    snn, rows = build_snn(ann, recipe, thresholds)
    checks = verify(ann, snn, recipe.encoder, thresholds, x, LENGTHS, tolerance=1e-9)
    names = [check.name for check in checks]
    assert names == ["region"] + [
        name for b in (1, 2, 3) for name in (f"conv{b}a", f"conv{b}b", f"add{b}")
    ] + ["readout"]
    assert [row["name"] for row in rows] == list(ann.inputs)
    assert not any(isinstance(node, BatchNorm1d) for node in snn.nodes.values())


@pytest.mark.parametrize("pooling", ["max", "mean"])
@pytest.mark.parametrize("code", ["direct", "saf"])
def test_dpcnn_approaches_its_ann_with_more_steps(pooling: str, code: str):
    ann, x = dpcnn(2, pooling=pooling, blocks=2), texts(2)
    thresholds = balance(ann, x, per_channel=True)
    with torch.no_grad():
        logits = ann(Signal(x, LENGTHS))
    errors = []
    for steps in (16, 512):
        encoder = Encoder(code, "none" if code == "direct" else "split")
        recipe = ConversionRecipe(steps, encoder, pooling="counts")
        snn, _ = build_snn(ann, recipe, thresholds)
        errors.append(float((run(snn, recipe, x)[-1] - logits).abs().max()))
    assert errors[1] < 0.02 * float(logits.abs().max()) and errors[1] < errors[0] / 4


def residual() -> Network:
    """conv -> a1 -> conv -> + a1 -> a2 -> mean -> readout, one channel, weights by hand."""
    network = Network(
        [
            ("conv1", Conv1d(1, 1, 1), ("input",)),
            ("a1", Relu(), ("conv1",)),
            ("conv2", Conv1d(1, 1, 1), ("a1",)),
            ("sum", Add(), ("conv2", "a1")),
            ("a2", Relu(), ("sum",)),
            ("mean", MeanOverTime(), ("a2",)),
            ("readout", Linear(1, 1), ("mean",)),
        ]
    ).eval()
    with torch.no_grad():
        for name, weight, bias in (("conv1", 2.0, 0.0), ("conv2", 0.5, 0.25), ("readout", 1, 0)):
            network.node(name).weight.fill_(weight)
            network.node(name).bias.fill_(bias)
    return network


def test_a_shortcut_arrives_in_the_threshold_of_the_neurons_after_the_sum():
    """theta 2 before and 4 after the sum.

    x = 0.5: conv1 1.0, so current 0.5 and a spike at steps 1, 3 (V(0) = 1/2), each worth 2.
    conv2: 0.5 * 2 / 4 = 0.25 a spike, bias 0.25 / 4 = 0.0625; identity synapse: 2 / 4 = 0.5.
    Current of a2: 0.8125 with a spike, 0.0625 without. V: .5, 1.3125* .3125, .375, 1.1875* .1875,
    .25: spikes at steps 1 and 3, each worth 4: mean logit 2 after four steps, where the ANN has
    1 * 0.5 + 0.25 + 1 = 1.75.
    """
    ann = residual()
    recipe = ConversionRecipe(4, Encoder("direct", "none"))
    snn, rows = build_snn(ann, recipe, {"a1": torch.tensor([2.0]), "a2": torch.tensor([4.0])})
    synapse = snn.node("a1_to_sum")
    assert isinstance(synapse, Scale) and synapse.weight.tolist() == [0.5]
    assert snn.inputs["sum"] == ("conv2", "a1_to_sum")
    record: dict[str, Signal] = {}
    x = Signal(torch.full((4, 1, 1, 1), 0.5), torch.tensor([1]))
    with torch.no_grad():
        out = snn(x, record)
        assert ann(Signal(x.values[0], x.lengths)).item() == 1.75
    assert record["a1"].values.flatten().tolist() == [1, 0, 1, 0]
    assert record["sum"].values.flatten().tolist() == [0.8125, 0.0625, 0.8125, 0.0625]
    assert record["a2"].values.flatten().tolist() == [1, 0, 1, 0]
    assert running_logits(out)[-1].item() == 2.0
    why = {row["name"]: row["why"] for row in rows}["sum"]
    assert why == "sums currents: identity synapses carry a1"


def test_equal_thresholds_need_no_identity_synapse():
    theta = torch.tensor([2.0])
    snn, _ = build_snn(residual(), ConversionRecipe(), {"a1": theta, "a2": theta})
    assert not any(isinstance(node, Scale) for node in snn.nodes.values())


def networks() -> dict[str, Network]:
    """One network for every way that nodes can meet."""
    conv: Nodes = [("conv", Conv1d(DIM, 5, 3, "same"), ("input",)), ("act", Relu(), ("conv",))]
    other: Nodes = [("conv2", Conv1d(5, 5, 2), ("act",)), ("act2", Relu(), ("conv2",))]
    end: Nodes = [("readout", Linear(5, 3), ("pool",))]
    return {
        "several layers, averages between": small(
            *conv,
            ("avg", AvgPool1d(2), ("act",)),
            ("conv2", Conv1d(5, 5, 2), ("avg",)),
            ("act2", Qcfs(4), ("conv2",)),
            ("pool", MeanOverTime(), ("act2",)),
            *end,
        ),
        "hidden linear layers with normalisation": small(
            *conv,
            ("pool", MaxOverTime(), ("act",)),
            ("drop", Dropout(0.5), ("pool",)),
            ("hidden", Linear(5, 6), ("drop",)),
            ("norm", BatchNorm1d(6), ("hidden",)),
            ("hact", Relu(), ("norm",)),
            ("readout", Linear(6, 3), ("hact",)),
        ),
        "fixed length": small(
            *conv,
            ("max", MaxPool1d(3, 2), ("act",)),
            ("flat", Flatten(5), ("max",)),
            ("readout", Linear(25, 3), ("flat",)),
        ),
        "normalisation, then the maximum before the activation, twice": small(
            ("conv", Conv1d(DIM, 5, 3), ("input",)),
            ("norm", BatchNorm1d(5), ("conv",)),
            ("max", MaxPool1d(2, 1), ("norm",)),
            ("drop", Dropout(0.1), ("max",)),
            ("max2", MaxPool1d(2, 1), ("drop",)),
            ("act", Relu(), ("max2",)),
            ("pool", MaxOverTime(), ("act",)),
            *end,
        ),
        "averages of currents": small(
            ("conv", Conv1d(DIM, 5, 3), ("input",)),
            ("avg", AvgPool1d(2, 1), ("conv",)),
            ("act", Relu(), ("avg",)),
            ("pool", MeanOverTime(), ("act",)),
            *end,
        ),
        "joined sequences before one activation": small(
            ("a", Conv1d(DIM, 2, 1), ("input",)),
            ("b", Conv1d(DIM, 3, 3, "same"), ("input",)),
            ("joined", Concat(), ("a", "b")),
            ("act", Relu(), ("joined",)),
            ("pool", MaxOverTime(), ("act",)),
            *end,
        ),
        "spikes and currents joined": small(
            *conv,
            ("b", Conv1d(5, 3, 3, "same"), ("act",)),
            ("joined", Concat(), ("act", "b")),
            ("jact", Relu(), ("joined",)),
            ("pool", MeanOverTime(), ("jact",)),
            ("readout", Linear(8, 3), ("pool",)),
        ),
        "a sum of activations that a convolution reads": small(
            *conv,
            ("b", Conv1d(5, 5, 3, "same"), ("act",)),
            ("bact", Relu(), ("b",)),
            ("sum", Add(), ("act", "bact")),
            ("conv3", Conv1d(5, 5, 2), ("sum",)),
            ("act3", Relu(), ("conv3",)),
            ("pool", MaxOverTime(), ("act3",)),
            *end,
        ),
        "a sum with itself": small(
            *conv,
            ("sum", Add(), ("act", "act")),
            ("act2", Relu(), ("sum",)),
            ("pool", MaxOverTime(), ("act2",)),
            *end,
        ),
        "currents that two layers of neurons read (activation first)": small(
            ("conv", Conv1d(DIM, 5, 3, "same"), ("input",)),
            ("act", Relu(), ("conv",)),
            ("b", Conv1d(5, 5, 3, "same"), ("act",)),
            ("sum", Add(), ("conv", "b")),
            ("act2", Relu(), ("sum",)),
            ("pool", MaxOverTime(), ("act2",)),
            *end,
        ),
        "logits as a sum": small(
            *conv,
            *other,
            ("p", MeanOverTime(), ("act",)),
            ("pool", MeanOverTime(), ("act2",)),
            *end,
            ("r2", Linear(5, 3), ("p",)),
            ("logits", Add(), ("readout", "r2")),
        ),
        "logits as the mean of a convolution": small(
            *conv, ("last", Conv1d(5, 3, 1), ("act",)), ("mean", MeanOverTime(), ("last",))
        ),
    }


@pytest.mark.parametrize("per_channel", [False, True])
@pytest.mark.parametrize("name", networks())
def test_every_way_that_nodes_meet_converts(name: str, per_channel: bool):
    ann, x = networks()[name], texts(3)
    if "fixed" in name:
        x = x[:, :, :12]
    thresholds = balance(ann, x, per_channel)
    for steps, bound in ((8, None), (1024, 0.02)):
        recipe = ConversionRecipe(steps, Encoder("direct", "none"))
        snn, rows = build_snn(ann, recipe, thresholds)
        checks = verify(ann, snn, recipe.encoder, thresholds, x, LENGTHS, tolerance=1e-9)
        assert checks and [row["name"] for row in rows] == list(ann.inputs)
        if bound is not None and not any(isinstance(ann.node(n), Qcfs) for n in ann.inputs):
            with torch.no_grad():
                logits = ann(Signal(x, LENGTHS))
            error = float((run(snn, recipe, x)[-1] - logits).abs().max())
            assert error < bound * max(float(logits.abs().max()), 1.0)


@pytest.mark.parametrize("name", networks())
def test_the_canonical_order_changes_no_logit(name: str):
    ann, x = networks()[name], Signal(texts(5), LENGTHS)
    with torch.no_grad():
        torch.testing.assert_close(canonical(ann)(x, {}), ann(x, {}), rtol=1e-12, atol=1e-12)


DAMAGE = [
    ("a1_to_sum", lambda node: node.weight.mul_(2), "sum"),
    ("conv2", lambda node: node.bias.add_(0.1), "conv2"),
    ("readout", lambda node: node.weight.mul_(1.01), "readout"),
    ("conv1", lambda node: node.weight.fill_(float("nan")), "conv1"),
]


@pytest.mark.parametrize(("where", "damage", "layer"), DAMAGE)
def test_verification_names_the_damaged_layer_of_a_residual_network(where, damage, layer):
    ann = residual()
    thresholds = {"a1": torch.tensor([2.0]), "a2": torch.tensor([4.0])}
    recipe = ConversionRecipe(4, Encoder("direct", "none"))
    snn, _ = build_snn(ann, recipe, thresholds)
    x = torch.linspace(-1, 1, 5).reshape(1, 1, 5)
    verify(ann, snn, recipe.encoder, thresholds, x, torch.tensor([5]))
    with torch.no_grad():
        damage(snn.node(where))
    with pytest.raises(SnnConvertError, match=f"failed at layer {layer}:"):
        verify(ann, snn, recipe.encoder, thresholds, x, torch.tensor([5]))


def test_verification_finds_batch_normalisation_that_was_not_folded():
    ann, x = dpcnn(4), texts(4)
    thresholds = balance(ann, x)
    snn, _ = build_snn(ann, ConversionRecipe(), thresholds)
    with torch.no_grad():
        snn.node("conv2a").bias.copy_(ann.node("conv2a").bias / thresholds["act2a"])
    with pytest.raises(SnnConvertError, match="failed at layer conv2a:"):
        verify(ann, snn, Encoder(), thresholds, x, LENGTHS)


def torch_module() -> nn.Module:
    body = nn.Sequential(nn.Conv1d(5, 5, 3, padding=1), nn.BatchNorm1d(5))

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.stem, self.body, self.out = nn.Conv1d(DIM, 5, 2), body, nn.Linear(5, 3)

        def forward(self, x: Tensor) -> Tensor:
            y = torch.relu(self.stem(x))
            return self.out(torch.relu(y + self.body(y)).amax(2))

    return Net().double().eval()


def test_a_torch_module_converts_and_is_verified():
    torch.manual_seed(0)
    ann, x = from_torch(torch_module(), DIM), texts(6)
    thresholds = balance(ann, x)
    recipe = ConversionRecipe(7, Encoder("saf"))
    snn, _ = build_snn(ann, recipe, thresholds)
    checks = verify(ann, snn, recipe.encoder, thresholds, x, LENGTHS, tolerance=1e-9)
    assert [check.name for check in checks] == ["stem", "body_0", "add", "out"]


def test_a_missing_threshold_is_named():
    with pytest.raises(
        InputError, match="every activation, but a2 has none; there are some for a1"
    ):
        build_snn(residual(), ConversionRecipe(), {"a1": torch.ones(1)})
