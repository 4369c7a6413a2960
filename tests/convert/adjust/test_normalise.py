"""Weight normalisation: the same logits, thresholds of 1, and the spikes of threshold balancing."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from snnconvert.convert.adjust.normalise import normalise_weights
from snnconvert.convert.build import build_snn
from snnconvert.convert.recipes.recipe import ConversionRecipe
from snnconvert.convert.thresholds.spec import ThresholdRule
from snnconvert.errors import InputError
from snnconvert.models.encoders.encoder import Encoder
from snnconvert.models.network import Network, Node, Signal
from snnconvert.models.nodes.activations import Activation, Qcfs, Relu, Tcl
from snnconvert.models.nodes.layers import Concat, Conv1d, Dropout, Linear
from snnconvert.models.nodes.merge import Add
from snnconvert.models.nodes.norm import BatchNorm1d
from snnconvert.models.nodes.pooling import MaxOverTime, MeanOverTime
from snnconvert.seeds import generator
from snnconvert.tests.helpers.conversion import filled, measured_thresholds, vectors

LENGTHS = torch.tensor([7, 4, 1])


def texts(seed: int = 0) -> Tensor:
    return vectors(4, LENGTHS, seed)


def make(kind: str = "relu", pool: str = "max", norm: bool = False, seed: int = 0) -> Network:
    """Two branches, a hidden layer and a readout, with biases that are not zero."""

    def activation() -> Node:
        return {"relu": Relu(), "qcfs": Qcfs(4, 1.3), "tcl": Tcl(1.3)}[kind]

    nodes: list[tuple[str, Node, tuple[str, ...]]] = []
    for width in (1, 2):
        nodes.append((f"conv{width}", Conv1d(4, 3, width), ("input",)))
        if norm:
            nodes.append((f"norm{width}", BatchNorm1d(3), (f"conv{width}",)))
        nodes += [
            (f"act{width}", activation(), (nodes[-1][0],)),
            (f"pool{width}", {"max": MaxOverTime, "mean": MeanOverTime}[pool](), (f"act{width}",)),
        ]
    nodes += [
        ("both", Concat(), ("pool1", "pool2")),
        ("drop", Dropout(0.5), ("both",)),
        ("hidden", Linear(6, 4), ("drop",)),
        ("act", activation(), ("hidden",)),
        ("readout", Linear(4, 2), ("act",)),
    ]
    return filled(Network(nodes), seed)


def balanced(ann: Network, x: Tensor, rule: ThresholdRule) -> dict[str, Tensor]:
    return measured_thresholds(ann, x, LENGTHS, rule)


def test_by_hand():
    """W_l * lambda_{l-1} / lambda_l and b_l / lambda_l, with numbers."""
    ann = Network(
        [
            ("one", Linear(2, 2), ("input",)),
            ("act", Relu(), ("one",)),
            ("two", Linear(2, 1), ("act",)),
        ]
    )
    with torch.no_grad():
        ann.node("one").weight.copy_(torch.tensor([[2.0, 4.0], [6.0, 8.0]]))
        ann.node("one").bias.copy_(torch.tensor([2.0, 4.0]))
        ann.node("two").weight.copy_(torch.tensor([[1.0, 10.0]]))
        ann.node("two").bias.fill_(5.0)
    layer = normalise_weights(ann, {"act": torch.tensor([2.0])})
    assert layer.node("one").weight.tolist() == [[1, 2], [3, 4]]
    assert layer.node("one").bias.tolist() == [1, 2]
    assert layer.node("two").weight.tolist() == [[2, 20]] and layer.node("two").bias.item() == 5
    channel = normalise_weights(ann, {"act": torch.tensor([2.0, 4.0])})
    assert channel.node("one").weight.tolist() == [[1, 2], [1.5, 2]]
    assert channel.node("one").bias.tolist() == [1, 1]
    assert channel.node("two").weight.tolist() == [[2, 40]]
    assert ann.node("one").weight[0].tolist() == [2, 4]  # the ANN itself is left alone


@pytest.mark.parametrize("kind", ["relu", "qcfs", "tcl"])
@pytest.mark.parametrize("granularity", ["layer", "channel"])
@pytest.mark.parametrize("norm", [False, True])
def test_logits_stay_and_activations_reach_one(kind: str, granularity: str, norm: bool):
    ann, x = make(kind, norm=norm), texts()
    normalised = normalise_weights(ann, balanced(ann, x, ThresholdRule("max", granularity)))
    before: dict[str, Signal] = {}
    after: dict[str, Signal] = {}
    with torch.no_grad():
        logits = ann(Signal(x, LENGTHS), before)
        again = normalised(Signal(x, LENGTHS), after)
    torch.testing.assert_close(again, logits, atol=1e-6, rtol=1e-6)
    for name in ("act1", "act2", "act"):
        values, mask = after[name].values, after[name].mask()
        values = values if mask is None else values * mask
        assert values.max().item() == pytest.approx(1.0, abs=1e-5)
    assert list(normalised.inputs) == list(ann.inputs)


@settings(max_examples=20)
@given(
    seed=st.integers(0, 10_000),
    kind=st.sampled_from(["relu", "qcfs", "tcl"]),
    pool=st.sampled_from(["max", "mean"]),
    norm=st.booleans(),
    granularity=st.sampled_from(["layer", "channel"]),
    code=st.sampled_from(["saf", "poisson", "direct"]),
)
def test_the_spikes_are_those_of_threshold_balancing(seed, kind, pool, norm, granularity, code):
    """The normalised ANN with threshold 1 is the balanced ANN, to the spike."""
    ann, x = make(kind, pool, norm, seed), texts(seed)
    thresholds = balanced(ann, x, ThresholdRule("percentile", granularity, percentile=95))
    recipe = ConversionRecipe(6, Encoder(code))
    ones = {name: torch.ones(1) for name in thresholds}
    frames = recipe.encoder.encode(x, LENGTHS, 6, generator(seed, "noise"))
    records: list[dict[str, Signal]] = []
    for network, theta in ((ann, thresholds), (normalise_weights(ann, thresholds), ones)):
        snn, _ = build_snn(network, recipe, theta)
        record: dict[str, Signal] = {}
        with torch.no_grad():
            snn.double()(Signal(frames, LENGTHS), record)
        records.append(record)
    balanced_run, normalised_run = records
    assert list(balanced_run) == list(normalised_run)
    for name in ("act1", "act2", "act"):
        assert torch.equal(balanced_run[name].values, normalised_run[name].values)
    torch.testing.assert_close(
        balanced_run["readout"].values, normalised_run["readout"].values, atol=1e-9, rtol=1e-9
    )


def test_a_bound_becomes_one_per_channel_where_the_scale_is():
    ann = make("qcfs")
    thresholds = {name: torch.tensor([1.3]) for name in ("act1", "act2", "act")}
    normalised = normalise_weights(ann, thresholds | {"act": torch.tensor([1.3, 2.6, 13.0, 0.65])})
    assert normalised.node("act1").bound.item() == pytest.approx(1.0)
    bounds = normalised.node("act").bound.tolist()
    assert bounds == [pytest.approx(b) for b in (1.0, 0.5, 0.1, 2.0)]
    assert ann.node("act").bound.dim() == 0


class Sigmoid(Activation):
    """An activation that does not scale."""


@pytest.mark.parametrize(
    ("network", "words"),
    [
        (
            [("fc", Linear(2, 2), ("input",)), ("act", Relu(), ("fc",))],
            "expected a threshold for every activation, but act has none",
        ),
        (
            [
                ("fc", Linear(2, 2), ("input",)),
                ("act", Sigmoid(), ("fc",)),
                ("out", Linear(2, 2), ("act",)),
            ],
            "no scale passes through Sigmoid",
        ),
        (
            [
                ("one", Linear(2, 2), ("input",)),
                ("two", Linear(2, 2), ("input",)),
                ("sum", Add(), ("one", "two")),
                ("act", Relu(), ("sum",)),
            ],
            r"weights of one: .* sum \(Add\) comes first; set normalise to thresholds",
        ),
        (
            [
                ("one", Linear(2, 2), ("input",)),
                ("act", Relu(), ("one",)),
                ("other", Relu(), ("one",)),
            ],
            "one is read by act, other",
        ),
    ],
)
def test_what_has_no_scale_is_named(network: list, words: str):
    thresholds = {"act": torch.ones(1)} if "every activation" not in words else {}
    with pytest.raises(InputError, match=words):
        normalise_weights(filled(Network(network)), thresholds)
