"""Error budget and corrections of deeper networks: residual sums, hidden layers, pooling."""

from __future__ import annotations

import copy
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from snnconvert.convert.adjust.correction import correct
from snnconvert.convert.build import build_snn
from snnconvert.convert.diagnosis.budget import error_budget
from snnconvert.convert.diagnosis.error_parts import PARTS
from snnconvert.convert.graph.canonical import canonical
from snnconvert.convert.recipes.recipe import ConversionRecipe
from snnconvert.models.encoders.encoder import Encoder
from snnconvert.models.families.dpcnn import DPCNNSpec, build_dpcnn
from snnconvert.models.network import Network, Node, Signal
from snnconvert.models.nodes.activations import Qcfs, Relu
from snnconvert.models.nodes.layers import Conv1d, Dropout, Linear
from snnconvert.models.nodes.norm import BatchNorm1d
from snnconvert.models.nodes.pooling import MaxOverTime, MaxPool1d
from snnconvert.models.snn import SpikingTextModel
from snnconvert.models.text_model import TextModel
from snnconvert.tests.helpers.conversion import filled, largest_activations, vectors

DIM = 6
LENGTHS = torch.tensor([12, 7, 3, 1, 9, 5, 10, 2] * 5)


def dpcnn(seed: int = 0, **changes) -> Network:
    spec = {"channels": 6, "blocks": 2, "activation": "relu"} | changes
    return filled(build_dpcnn(DPCNNSpec(DIM, 3, **spec), seed), seed)


def hidden(seed: int = 0, activation: Node | None = None) -> Network:
    """A spiking linear layer between pooling and readout."""
    nodes: list[tuple[str, Node, tuple[str, ...]]] = [
        ("conv", Conv1d(DIM, 6, 2), ("input",)),
        ("act", Relu(), ("conv",)),
        ("pool", MaxOverTime(), ("act",)),
        ("drop", Dropout(0.5), ("pool",)),
        ("hidden", Linear(6, 5), ("drop",)),
        ("hact", activation or Relu(), ("hidden",)),
        ("readout", Linear(5, 3), ("hact",)),
    ]
    return filled(Network(nodes), seed)


def pooled_first(seed: int = 0) -> Network:
    """Maxima before their activations, as many people write them, and batch normalisation."""
    nodes: list[tuple[str, Node, tuple[str, ...]]] = [
        ("conv", Conv1d(DIM, 6, 2), ("input",)),
        ("norm", BatchNorm1d(6), ("conv",)),
        ("window", MaxPool1d(2, 2), ("norm",)),
        ("act", Relu(), ("window",)),
        ("conv2", Conv1d(6, 5, 2), ("act",)),
        ("pool", MaxOverTime(), ("conv2",)),
        ("drop", Dropout(0.5), ("pool",)),
        ("act2", Relu(), ("drop",)),
        ("readout", Linear(5, 3), ("act2",)),
    ]
    return filled(Network(nodes), seed)


NETWORKS = {
    "dpcnn": dpcnn,
    "dpcnn, mean": lambda seed=0: dpcnn(seed, pooling="mean"),
    "dpcnn, no norm": lambda seed=0: dpcnn(seed, batch_norm=False),
    "dpcnn, qcfs": lambda seed=0: dpcnn(seed, activation="qcfs"),
    "hidden": hidden,
    "hidden, qcfs": lambda seed=0: hidden(seed, Qcfs(4)),
    "pooled first": pooled_first,
}
# layers of neurons, and rows of pooling under direct input
ROWS = {
    "dpcnn": (["region_act", "act1a", "act1", "act2a", "act2"], 2),
    "hidden": (["act", "hact"], 1),
    "pooled first": (["act", "act2"], 2),
}


def encoder(code: str) -> Encoder:
    return Encoder(code, "none" if code == "direct" else "split")


def spiking(ann: Network, recipe: ConversionRecipe, x: Tensor) -> tuple[Network, dict[str, Tensor]]:
    thresholds = largest_activations(ann, x, LENGTHS)
    return build_snn(ann, recipe, thresholds)[0], thresholds


def budget_of(ann: Network, recipe: ConversionRecipe, seed: int = 0) -> list[dict]:
    words = torch.rand(9, DIM, generator=torch.Generator().manual_seed(seed)).double() * 2 - 1
    words[0] = 0
    network, thresholds = spiking(ann, recipe, vectors(DIM, LENGTHS, seed))
    snn = SpikingTextModel(words, recipe.encoder, network, recipe.steps).eval()
    random = torch.Generator().manual_seed(seed)
    texts = [torch.randint(1, 9, (n,), generator=random).numpy() for n in (0, 1, 2, 5, 12)]
    return error_budget(TextModel(words, ann).eval(), snn, thresholds, texts, seed)


@settings(max_examples=30)
@given(
    seed=st.integers(0, 10_000),
    name=st.sampled_from(sorted(NETWORKS)),
    code=st.sampled_from(["direct", "saf", "poisson"]),
    steps=st.integers(1, 6),
)
def test_the_parts_sum_exactly_to_the_total(seed: int, name: str, code: str, steps: int):
    rows = budget_of(NETWORKS[name](seed), ConversionRecipe(steps, encoder(code)), seed)
    assert rows[-1]["kind"] == "output"
    for row in rows:
        parts = math.fsum(row[f"{part}_mean"] for part in PARTS)
        assert abs(parts - row["total_mean"]) < 1e-12, row["name"]


@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_every_layer_of_neurons_and_every_maximum_has_its_row(name: str):
    rows = budget_of(NETWORKS[name](), ConversionRecipe(4, encoder("direct")))
    neurons, pools = ROWS[name.split(",")[0]]
    assert [row["name"] for row in rows if row["kind"] == "neurons"] == neurons
    pools = 0 if name == "dpcnn, mean" else pools  # means are linear and have no error
    assert len([row for row in rows if row["kind"] == "pooling"]) == pools


def test_the_layer_of_a_row_is_the_one_with_the_weights_or_the_sum():
    rows = {row["name"]: row["layer"] for row in budget_of(dpcnn(), ConversionRecipe(4))}
    assert rows["region_act"] == "region" and rows["act1a"] == "conv1a" and rows["act1"] == "add1"
    rows = {row["name"]: row["layer"] for row in budget_of(pooled_first(), ConversionRecipe(4))}
    assert rows["act"] == "conv" and rows["act2"] == "conv2"


def test_a_qcfs_network_with_direct_input_errs_only_behind_its_first_layer():
    """L = T and thresholds at the bounds: the first layer is exact, later ones read spikes."""
    ann = dpcnn(1, activation="qcfs", levels=4)
    thresholds = {
        name: ann.node(name).bound.detach().double().reshape(1)
        for name in ann.inputs
        if isinstance(ann.node(name), Qcfs)
    }
    recipe = ConversionRecipe(4, encoder("direct"))
    snn, _ = build_snn(ann, recipe, thresholds)
    words = torch.rand(9, DIM, generator=torch.Generator().manual_seed(0)).double() * 2 - 1
    model = SpikingTextModel(words, recipe.encoder, snn, 4).eval()
    texts = [torch.arange(1, 9).numpy()]
    rows = error_budget(TextModel(words, ann).eval(), model, thresholds, texts)
    first, *later = (row for row in rows if row["kind"] == "neurons")
    assert first["total_rms"] < 1e-6
    assert all(row["quantisation_rms"] < 1e-6 for row in later)
    assert max(row["carried_in_rms"] + row["unevenness_rms"] for row in later) > 0.01


def corrected(name: str, code: str, kind: str) -> tuple[Network, Network, ConversionRecipe, tuple]:
    ann, x = NETWORKS[name](), vectors(DIM, LENGTHS)
    recipe = ConversionRecipe(4, encoder(code))
    snn, thresholds = spiking(ann, recipe, x)
    batches = [(x[:20], LENGTHS[:20]), (x[20:], LENGTHS[20:])]
    fixed, rows = correct(ann, snn, recipe, thresholds, batches, kind=kind)
    return ann, snn, recipe, (fixed, rows, thresholds, x)


@pytest.mark.parametrize("code", ["direct", "saf", "poisson"])
@pytest.mark.parametrize("kind", ["bias", "potential"])
@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_bias_and_potential_lower_the_mean_error_of_the_channels(name: str, kind: str, code: str):
    *_, (_, rows, _, _) = corrected(name, code, kind)
    neurons = [row for row in rows if row["neurons"] != "readout"]
    for row in neurons:  # a hundredth of a step of 1/4 is nothing that a constant could remove
        assert row["channel_error_after"] < row["channel_error_before"] + 0.0025, row
    before, after = (
        sum(row[f"channel_error_{when}"] for row in neurons) for when in ("before", "after")
    )
    assert after < 0.95 * before
    if kind == "bias":
        assert rows[-1]["channel_error_after"] < 1e-9 < rows[-1]["channel_error_before"]


@pytest.mark.parametrize("code", ["direct", "saf"])
@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_weights_lower_the_squared_error_of_the_currents(name: str, code: str):
    """Of every layer, with the layers before it corrected, against its own weights from before."""
    ann, snn, recipe, (fixed, rows, thresholds, x) = corrected(name, code, "weights")
    whole = canonical(ann)
    exact: dict[str, Signal] = {}
    frames = recipe.encoder.encode(x, LENGTHS, recipe.steps)

    def squared_error(network: Network, neurons: str) -> float:
        record: dict[str, Signal] = {}
        network(Signal(frames, LENGTHS), record)
        (source,) = network.inputs[neurons] if neurons != "readout" else ("readout",)
        z = exact[whole.inputs[neurons][0] if neurons != "readout" else "readout"]
        mean = Signal(record[source].values.mean(0), record[source].lengths)
        error = mean.values * float(thresholds.get(neurons, torch.ones(1))) - z.values
        return float(Signal(error, z.lengths).masked().square().sum())

    with torch.no_grad():
        whole(Signal(x, LENGTHS), exact)
        for row in rows:
            if row["neurons"] != "readout" and "currents" in "".join(snn.inputs[row["neurons"]]):
                continue  # fitted at every position, before the maximum
            old = copy.deepcopy(fixed)
            old.node(row["layer"]).load_state_dict(snn.node(row["layer"]).state_dict())
            assert squared_error(fixed, row["neurons"]) <= squared_error(old, row["neurons"]) + 1e-9
