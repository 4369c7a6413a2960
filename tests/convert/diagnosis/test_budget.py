"""The error budget: parts by hand, sums that are exact, and each cause found where it was put."""

from __future__ import annotations

import json
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from snnconvert.convert.build import build_snn
from snnconvert.convert.diagnosis.budget import ErrorBudget, error_budget, with_direct_input
from snnconvert.convert.diagnosis.error_parts import PARTS, constant_rate, split_error
from snnconvert.convert.recipes.recipe import ConversionRecipe
from snnconvert.errors import InputError
from snnconvert.models.encoders.encoder import Encoder
from snnconvert.models.families.textcnn import TextCNNSpec, build_textcnn
from snnconvert.models.network import Network, Signal
from snnconvert.models.neurons.integrate_and_fire import IF
from snnconvert.models.neurons.lif import LIF
from snnconvert.models.nodes.activations import Relu
from snnconvert.models.nodes.layers import Conv1d, Linear
from snnconvert.models.nodes.pooling import MaxOverTime
from snnconvert.models.snn import SpikingTextModel
from snnconvert.models.spikes.pooling import MaxOfSpikes
from snnconvert.models.text_model import TextModel
from snnconvert.tests.helpers.conversion import biased, fixed_thresholds

POOLINGS = ("spikes", "counts", "currents")


def sum_of_parts(row: dict) -> float:
    return math.fsum(row[f"{part}_mean"] for part in PARTS)


def model(seed: int, activation: str = "relu", pooling: str = "max") -> TextModel:
    """A small text model in double precision with biases that are not zero."""
    random = torch.Generator().manual_seed(seed)
    vectors = torch.rand(9, 6, generator=random, dtype=torch.float64) * 2 - 1
    vectors[0] = 0
    spec = TextCNNSpec(6, 3, (2, 3), 5, activation, levels=4, bound=1.5, pooling=pooling)
    return TextModel(vectors, biased(build_textcnn(spec, seed), seed)).eval()


def spiking(ann: TextModel, recipe: ConversionRecipe, theta: float) -> tuple:
    """The model's conversion with the threshold ``theta`` everywhere, and the thresholds."""
    thresholds = fixed_thresholds(ann.network, theta)
    network = build_snn(ann.network, recipe, thresholds, allow_inexact=True)[0].double()
    vectors = ann.embedding.weight.detach()
    return SpikingTextModel(vectors, recipe.encoder, network, recipe.steps).eval(), thresholds


def texts(seed: int) -> list:
    random = torch.Generator().manual_seed(seed)
    lengths = (0, 1, 2, 5, 7)
    return [torch.randint(1, 9, (n,), generator=random).numpy() for n in lengths]


@given(a=st.floats(0, 3), q=st.tuples(*[st.floats(0, 1)] * 4))
def test_parts_telescope_to_the_total_for_every_value(a: float, q: tuple):
    tensors = [torch.tensor([x], dtype=torch.float64) for x in (a, *q)]
    parts = split_error(*tensors)
    total = parts.pop("total")
    assert abs(math.fsum(float(part) for part in parts.values()) - float(total)) < 1e-12


def test_parts_by_hand():
    """theta 1, T 4, a = z = 1.3, exact input brings .9, the code .6, and the neuron fires thrice.

    clip: 1.0 - 1.3; q(1.3) = 1, so no quantisation error; q(.9) = floor(4.1)/4 = 1, so nothing is
    carried in; q(.6) = floor(2.9)/4 = .5; fired 3/4.
    """
    neurons = IF(0.5)

    def q(z: float) -> Tensor:
        return constant_rate(neurons, torch.tensor([[z]], dtype=torch.float64), None, 4)

    assert [float(q(z)) for z in (1.3, 0.9, 0.6, -2.0)] == [1.0, 1.0, 0.5, 0.0]
    a, rate = torch.tensor([[1.3]]).double(), torch.tensor([[0.75]]).double()
    parts = {k: float(v) for k, v in split_error(a, q(1.3), q(0.9), q(0.6), rate).items()}
    assert parts == pytest.approx(
        {
            "clipping": -0.3,
            "quantisation": 0.0,
            "carried_in": 0.0,
            "encoder": -0.5,
            "unevenness": 0.25,
            "total": -0.55,
        }
    )


@given(z=st.integers(-2048, 4096).map(lambda n: n / 1024), steps=st.integers(1, 16))
def test_constant_rate_is_the_staircase_of_the_neurons_themselves(z: float, steps: int):
    current = torch.tensor([[z]], dtype=torch.float64)
    rate = constant_rate(IF(0.25), current, None, steps)
    assert float(rate) == min(max(math.floor(z * steps + 0.25), 0), steps) / steps
    # a neuron with leak has another staircase, and the budget asks the neuron, not a formula
    assert float(constant_rate(LIF(0.0, leak=0.5), torch.ones(1, 1) * 0.5, None, 8)) == 0.0


@settings(max_examples=25)
@given(
    seed=st.integers(0, 10_000),
    code=st.sampled_from(["direct", "saf", "bitplane", "poisson"]),
    pooling=st.sampled_from([*POOLINGS, "mean"]),
    activation=st.sampled_from(["relu", "qcfs"]),
    theta=st.sampled_from([0.4, 1.5]),
)
def test_rows_sum_exactly_to_the_total_error(seed, code, pooling, activation, theta):
    kind = "mean" if pooling == "mean" else "max"
    ann = model(seed, activation, kind)
    rule = "auto" if pooling == "mean" else pooling
    recipe = ConversionRecipe(3, Encoder(code, "split"), pooling=rule)
    snn, thresholds = spiking(ann, recipe, theta)
    rows = error_budget(ann, snn, thresholds, texts(seed), seed)
    assert [r["name"] for r in rows if r["kind"] == "neurons"] == ["act2", "act3"]
    assert len([r for r in rows if r["kind"] == "pooling"]) == (0 if kind == "mean" else 2)
    assert rows[-1]["kind"] == "output"
    for row in rows:
        assert abs(sum_of_parts(row) - row["total_mean"]) < 1e-12, row["name"]
        for part in (*PARTS, "total"):
            assert abs(row[f"{part}_mean"]) <= row[f"{part}_mean_abs"] + 1e-12
            assert row[f"{part}_mean_abs"] <= row[f"{part}_rms"] + 1e-12
    json.dumps(rows)


def one_layer(weight: float, theta: float, code: str, steps: int, value: float) -> list[dict]:
    """The budget of one neuron that reads one input channel of one text of one word."""
    conv, readout = Conv1d(1, 1, 1), Linear(1, 1)
    with torch.no_grad():
        conv.weight.fill_(weight)
        readout.weight.fill_(1.0)
    nodes = [
        ("conv", conv, ("input",)),
        ("act", Relu(), ("conv",)),
        ("pool", MaxOverTime(), ("act",)),
        ("readout", readout, ("pool",)),
    ]
    ann = TextModel(torch.tensor([[0.0], [value]]).double(), Network(nodes).double()).eval()
    recipe = ConversionRecipe(steps, Encoder(code, "split"), pooling="spikes")
    thresholds = {"act": torch.tensor([theta]).double()}
    network = build_snn(ann.network, recipe, thresholds, allow_inexact=True)[0].double()
    snn = SpikingTextModel(ann.embedding.weight.detach(), recipe.encoder, network, steps)
    return error_budget(ann, snn, thresholds, [torch.tensor([1]).numpy()])


def test_clipping_is_found_where_the_activation_passes_the_threshold():
    row = one_layer(2.0, 1.0, "direct", 4, 0.75)[0]  # a = 1.5, theta = 1
    assert row["name"] == "act" and row["layer"] == "conv" and row["values"] == 1
    assert row["activation_mean"] == 1.5 and row["clipped"] == pytest.approx(1 / 3)
    assert row["clipping_mean"] == -0.5 == row["total_mean"]


def test_quantisation_is_found_where_the_steps_are_too_few():
    row = one_layer(1.0, 1.0, "direct", 2, 0.375)[0]  # a = .375, floor(.75 + .5)/2 = .5
    assert row["quantisation_mean"] == 0.125 == row["total_mean"]


def test_the_encoder_is_charged_with_its_rounding():
    # x = .375 at T = 2 is one spike (.5); the weight 1.5 makes z = .5625 and z' = .75
    row = one_layer(1.5, 1.0, "saf", 2, 0.375)[0]
    # q(.5625) = floor(1.625)/2 = .5; the mean current .75: floor(2.0)/2 = 1; spikes: I = 0, 1.5
    # V = .5 + 0, then 2.0 fires once: r = .5
    assert row["quantisation_mean"] == pytest.approx(0.5 - 0.5625)
    assert row["encoder_mean"] == pytest.approx(0.5) and row["carried_in_mean"] == 0
    assert row["unevenness_mean"] == pytest.approx(-0.5)
    assert row["total_mean"] == pytest.approx(0.5 - 0.5625)


def test_direct_input_has_no_encoder_error_and_constant_currents_no_unevenness():
    ann = model(3)
    recipe = ConversionRecipe(4, Encoder("direct", "none"))
    snn, thresholds = spiking(ann, recipe, 1.0)
    rows = error_budget(ann, snn, thresholds, texts(3))
    neurons = [row for row in rows if row["kind"] == "neurons"]
    assert all(row["encoder_rms"] == 0 for row in rows)
    assert all(row["unevenness_rms"] == 0 and row["carried_in_rms"] == 0 for row in neurons)
    # only logits inherit what the neurons lack
    assert rows[-1]["carried_in_rms"] == rows[-1]["total_rms"] > 0


def test_qcfs_at_its_own_levels_with_direct_input_has_no_error_at_all():
    ann = model(4, "qcfs")
    recipe = ConversionRecipe(4, Encoder("direct", "none"))
    snn, thresholds = spiking(ann, recipe, 1.5)
    for row in error_budget(ann, snn, thresholds, texts(4)):
        assert row["total_rms"] < 1e-6, row  # the bound is a float32 parameter made double


def test_pooling_row_counts_what_the_maximum_of_spikes_adds():
    """Two positions that fire at different steps: the maximum of spikes fires twice, counts once.

    Spikes 1 0 and 0 1 (T = 2): rates .5 and .5, largest .5; maximum of spikes 1 1, rate 1.
    """
    before, after = [("conv", Conv1d(1, 1, 1), ("input",))], [("out", Linear(1, 1), ("pool",))]
    ann = Network([*before, ("act", Relu(), ("conv",)), ("pool", MaxOverTime(), ("act",)), *after])
    snn = Network([*before, ("act", IF(), ("conv",)), ("pool", MaxOfSpikes(), ("act",)), *after])
    budget = ErrorBudget(ann, snn, {"act": torch.ones(1)}, 2)
    lengths = torch.tensor([2])
    a = torch.tensor([[[0.5, 0.5]]])
    spikes = torch.tensor([[[[1.0, 0.0]]], [[[0.0, 1.0]]]])  # (T, B, C, L)
    pooled = torch.ones(2, 1, 1)
    ann_record = {"conv": Signal(a, lengths), "act": Signal(a, lengths), "pool": Signal(a[..., 0])}
    ann_record["out"] = ann_record["pool"]
    snn_record = {
        "conv": Signal(spikes, lengths),
        "act": Signal(spikes, lengths),
        "pool": Signal(pooled),
        "out": Signal(pooled),
    }
    budget.update(ann_record, snn_record, snn_record)
    row = budget.compute()[1]
    assert (
        row["name"] == "pool"
        and row["pooling_mean"] == 0.5 == row["total_mean"]
        and row["carried_in_mean"] == 0
    )


def test_padding_is_not_compared():
    ann = model(5)
    recipe = ConversionRecipe(4, Encoder("saf", "split"))
    snn, thresholds = spiking(ann, recipe, 1.0)
    alone = [error_budget(ann, snn, thresholds, [text]) for text in texts(5)[3:]]
    both = error_budget(ann, snn, thresholds, texts(5)[3:])
    for one, two, together in zip(*alone, both, strict=True):
        count = one["values"] + two["values"]
        assert together["values"] == count
        mean = (one["total_mean"] * one["values"] + two["total_mean"] * two["values"]) / count
        assert together["total_mean"] == pytest.approx(mean, abs=1e-12)


def test_a_model_with_direct_input_leaves_the_other_as_it_was():
    ann = model(6)
    snn, _ = spiking(ann, ConversionRecipe(4, Encoder("saf", "shift")), 1.0)
    twin = with_direct_input(snn)
    assert snn.encoder.code == "saf" and twin.encoder == Encoder("direct", "shift")
    assert twin.network is snn.network and twin.embedding is snn.embedding


def test_no_texts_are_refused():
    ann = model(0)
    snn, thresholds = spiking(ann, ConversionRecipe(), 1.0)
    with pytest.raises(InputError, match="at least one text"):
        error_budget(ann, snn, thresholds, [])
