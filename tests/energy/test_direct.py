"""The work of a directly trained network, counted spike by spike beside the counters."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from snnconvert.energy.direct import direct_layers, synapses_alone, twin_layers
from snnconvert.energy.layers import Layer
from snnconvert.energy.tables import all_tables
from snnconvert.models.batches import to_batch
from snnconvert.models.families.spiking_bert import SpikingBertSpec, build_spiking_bert
from snnconvert.models.network import Network, Signal
from snnconvert.models.nodes.tokens.fold import fold_norms
from snnconvert.models.nodes.tokens.norm import TokenBatchNorm
from snnconvert.models.text_model import TextModel

TEXTS = [np.array([1, 4, 2, 6, 3]), np.array([5, 1]), np.array([7, 7, 2])]
CHOICES: list[dict[str, Any]] = [
    {},
    {"coding": "repeat", "shows": 3},
    {"attention": "sdsa"},
    {"attention": "softmax"},
    {"norm": "layer"},
    {"passes": 1, "direction": "forward"},
    {"shift_decays": True},
]


def model(**choices: Any) -> TextModel:
    sizes = {"size": 8, "layers": 1, "heads": 2, "expansion": 2, "positions": 8}
    network = build_spiking_bert(SpikingBertSpec(6, 3, **(sizes | choices)), 2).double().train()
    random = torch.Generator().manual_seed(0)
    vectors = torch.rand(9, 6, generator=random, dtype=torch.float64) * 2 - 1
    for _ in range(20):
        values = torch.rand(8, 6, 6, generator=random, dtype=torch.float64) * 2 - 1
        network(Signal(values, torch.full((8,), 6)))
    for name, parameter in network.named_parameters():
        if name.endswith("threshold"):
            parameter.data.mul_(0.3)  # or hardly anything fires in so small a network
    return TextModel(vectors, network).eval()


def recorded(network: Network, whole: TextModel) -> dict[str, Signal]:
    record: dict[str, Signal] = {}
    ids, lengths = to_batch(TEXTS)
    network(Signal(whole.embed(ids), lengths), record)
    return record


@pytest.mark.parametrize("choices", CHOICES, ids=str)
@torch.no_grad()
def test_folded_it_is_the_same_network(choices: dict[str, Any]) -> None:
    whole = model(**choices)
    folded = fold_norms(whole.network)
    before, after = recorded(whole.network, whole), recorded(folded, whole)
    logits = before["readout"].values
    torch.testing.assert_close(after["readout"].values, logits, rtol=1e-9, atol=1e-11)
    spikes = [name for name in before if name.endswith("fire")]
    assert all(torch.equal(before[name].values, after[name].values) for name in spikes)
    left = [n for n in folded.inputs if isinstance(folded.node(n), TokenBatchNorm)]
    assert left == [] and (choices.get("norm") == "layer") == any(
        "norm" in n for n in spikes_of(folded)
    )


def spikes_of(network: Network) -> list[str]:
    """Names of nodes that are norms still, affine ones of attention left out."""
    return [n for n in network.inputs if n.endswith("norm") and "attention" not in n]


def by_name(layers: list[Layer]) -> dict[str, Layer]:
    return {layer.name: layer for layer in layers}


@pytest.mark.parametrize("choices", CHOICES, ids=str)
@torch.no_grad()
def test_operations_are_those_of_each_spike(choices: dict[str, Any]) -> None:
    """Loops over steps, positions, channels and pairs of the first text, of 5 tokens."""
    whole = model(**choices)
    record = recorded(fold_norms(whole.network), whole)
    layers = by_name(direct_layers(whole, TEXTS))
    steps = choices.get("shows", 1)

    def spikes(name: str) -> torch.Tensor:
        return record[f"block1_{name}"].values.reshape(steps, 3, -1, 5)[:, 0]  # (T, C, L)

    mixed = "gated" if choices.get("attention") == "sdsa" else "attention_fire"
    for name, source, outputs in (
        ("qkv", "fire", 24),
        ("out", mixed, 8),
        ("up", "inner_fire", 16),
        ("down", "up_fire", 8),
    ):
        count = sum(
            outputs
            for t in range(steps)
            for c in range(spikes(source).shape[1])
            for i in range(5)
            if spikes(source)[t, c, i] > 0
        )
        assert layers[f"block1_{name}"].get("sops")[0] == count
        has_offset = choices.get("norm") != "layer"
        assert layers[f"block1_{name}"].get("bias_adds")[0] == 5 * outputs * steps * has_offset
        assert layers[f"block1_{name}"].get("synapses")[0] == 5 * outputs * spikes(source).shape[1]
    assert (
        layers["last_fire"].get("spikes_out")[0]
        == record["last_fire"].values.reshape(steps, 3, 8, 5)[:, 0].sum()
    )
    if choices.get("attention") == "sdsa":
        return
    found = layers["block1_attention"]
    scored = added = 0
    for t in range(steps):
        q, k, v = spikes("qkv_fire")[t].reshape(3, 2, 4, 5)  # H = 2 heads of 4 channels
        for head in range(2):
            for i in range(5):
                for j in range(5):
                    common = int((q[head, :, i] * k[head, :, j]).sum())
                    scored += common
                    added += int(v[head, :, j].sum()) if common else 0
    assert scored > 0 and added > 0
    if choices.get("attention") == "softmax":
        assert found.get("sops")[0] == scored and found.get("macs")[0] == 8 * 5 * 5
    else:
        assert found.get("sops")[0] == scored + added


@pytest.mark.parametrize(
    ("choices", "each"),
    [
        ({}, {"leaks": 2, "bias_adds": 3, "updates": 1}),
        ({"direction": "forward"}, {"leaks": 1, "bias_adds": 1, "updates": 1}),
        ({"passes": 2}, {"leaks": 4, "bias_adds": 5, "updates": 3}),
        ({"shift_decays": True}, {"leaks": 0, "bias_adds": 5, "updates": 1}),
        ({"coding": "repeat", "shows": 3}, {"leaks": 3, "bias_adds": 3, "updates": 3}),
    ],
    ids=str,
)
def test_neurons_are_charged_at_every_step(choices: dict[str, Any], each: dict[str, float]) -> None:
    layer = by_name(direct_layers(model(**choices), TEXTS))["block1_up_fire"]
    for field, count in each.items():
        assert list(layer.get(field)) == [count * 16 * len(text) for text in TEXTS]
    assert list(layer.get("neurons")) == [16 * len(text) for text in TEXTS]


@pytest.mark.parametrize("choices", [{}, {"coding": "repeat", "shows": 3}], ids=str)
def test_a_text_counts_as_it_does_alone(choices: dict[str, Any]) -> None:
    whole = model(**choices)
    together = direct_layers(whole, TEXTS)
    for number, text in enumerate(TEXTS):
        for one, layer in zip(direct_layers(whole, [text]), together, strict=True):
            assert one.name == layer.name
            for field, values in layer.counts.items():
                assert one.counts[field][0] == values[number], (layer.name, field)


def test_folding_takes_away_norms_alone() -> None:
    whole = model()
    folded, plain = (by_name(direct_layers(whole, TEXTS, fold)) for fold in (True, False))
    for name, layer in folded.items():
        if name.endswith(("fire", "attention")):
            assert all(
                (values == plain[name].counts[f]).all() for f, values in layer.counts.items()
            )
        assert np.array_equal(layer.get("sops"), plain[name].get("sops"))
    extra = set(plain) - set(folded)
    assert extra == {"embed_norm"} | {f"block1_{n}_norm" for n in ("qkv", "out", "up", "down")}


def test_prices_by_hand() -> None:
    """0.9 pJ a spike at a synapse, and 4.6 pJ a MAC of the ANN of the same matrices."""
    layers = direct_layers(model(), TEXTS)
    table = all_tables(None)["compute-fp32"]
    sops = sum(np.asarray(layer.get("sops")) + np.zeros(3) for layer in layers)
    np.testing.assert_allclose(table.joules(synapses_alone(layers)), sops * 0.9e-12)
    n = np.array([5.0, 2.0, 3.0])
    macs = n * 8 * (24 + 8 + 16 + 16) + 2 * 8 * n * n + 8 * 3
    np.testing.assert_allclose(table.joules(twin_layers(layers)), macs * 4.6e-12)
    np.testing.assert_allclose(table.joules(twin_layers(layers, dense=True)), macs[0] * 4.6e-12)
    everything = table.joules(layers)
    assert everything is not None and (everything > sops * 0.9e-12).all()
