"""Conversion: exact where it can be, verified layer by layer, and refused where it has no rule."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from snnconvert.convert.build import build_snn
from snnconvert.convert.recipes.recipe import ConversionRecipe
from snnconvert.convert.thresholds.choose import choose_threshold
from snnconvert.convert.thresholds.spec import ThresholdRule
from snnconvert.convert.thresholds.statistics import ActivationStatistics
from snnconvert.convert.verify import verify
from snnconvert.errors import InputError, SnnConvertError
from snnconvert.models.encoders.encoder import Encoder
from snnconvert.models.families.textcnn import TextCNNSpec, build_textcnn
from snnconvert.models.network import Network, Node, Signal
from snnconvert.models.neurons.integrate_and_fire import IFParameters, if_run
from snnconvert.models.nodes.activations import Activation, Qcfs
from snnconvert.models.nodes.layers import Concat, Conv1d, Dropout, Linear, initialise
from snnconvert.models.nodes.pooling import MaxOverTime
from snnconvert.models.snn import running_logits
from snnconvert.tests.helpers.conversion import biased, measured_thresholds, vectors
from snnconvert.tests.helpers.own_codes import odd_code

LENGTHS = torch.tensor([7, 5, 2, 1])


def texts(seed: int = 0, dim: int = 6) -> Tensor:
    """Four range-mapped texts (4, D, 7) of different lengths, in double precision."""
    return vectors(dim, LENGTHS, seed)


def make_ann(seed: int = 0, **changes) -> Network:
    """A small TextCNN in double precision with biases that are not zero."""
    spec = replace(TextCNNSpec(6, 3, (2, 3), 5, bound=1.5, levels=4), **changes)
    return biased(build_textcnn(spec, seed), seed + 1)


def convert(ann: Network, recipe: ConversionRecipe, x: Tensor) -> tuple[Network, dict[str, Tensor]]:
    thresholds = measured_thresholds(ann, x, LENGTHS, recipe.threshold)
    return build_snn(ann, recipe, thresholds)[0].double(), thresholds


@settings(max_examples=25)
@given(
    seed=st.integers(0, 10_000), levels=st.integers(1, 12), pooling=st.sampled_from(["max", "mean"])
)
def test_qcfs_with_constant_input_converts_without_loss(seed, levels, pooling):
    """T = L, V(0) = theta/2, direct input: the SNN's logits are the ANN's."""
    ann, x = make_ann(seed, levels=levels, pooling=pooling), texts(seed)
    recipe = ConversionRecipe(steps=levels, encoder=Encoder("direct", "none"))
    snn, _ = convert(ann, recipe, x)
    with torch.no_grad():
        logits = ann(Signal(x, LENGTHS))
        currents = snn(Signal(recipe.encoder.encode(x, LENGTHS, levels), LENGTHS))
    torch.testing.assert_close(running_logits(currents)[-1], logits, atol=1e-6, rtol=1e-6)


def test_spike_counts_equal_the_activation_times_t():
    ann, x = make_ann(3), texts(3)
    recipe = ConversionRecipe(4, Encoder("direct", "none"), pooling="spikes")
    snn, thresholds = convert(ann, recipe, x)
    a: dict[str, Signal] = {}
    s: dict[str, Signal] = {}
    with torch.no_grad():
        ann(Signal(x, LENGTHS), a)
        snn(Signal(recipe.encoder.encode(x, LENGTHS, 4), LENGTHS), s)
    mask = a["act2"].mask()
    expected = (a["act2"].values / thresholds["act2"] * 4) * mask
    torch.testing.assert_close(s["act2"].values.sum(0), expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize("granularity", ["layer", "channel"])
@pytest.mark.parametrize("code", ["saf", "poisson"])
def test_folding_changes_no_spike(code: str, granularity: str):
    """Threshold theta on the ANN's own weights, and threshold 1 on folded ones: same spikes."""
    ann, x = make_ann(5, activation="relu"), texts(5)
    rule = ThresholdRule("max", granularity)
    recipe = ConversionRecipe(8, Encoder(code), rule, pooling="spikes", allow_inexact=True)
    snn, thresholds = convert(ann, recipe, x)
    frames = recipe.encoder.encode(x, LENGTHS, 8, torch.Generator().manual_seed(1))
    record: dict[str, Signal] = {}
    with torch.no_grad():
        snn(Signal(frames, LENGTHS), record)
        signed = frames[:, :, :6] - frames[:, :, 6:]  # the split taken back
        current = ann.node("conv2")(Signal(signed, LENGTHS))
        theta = thresholds["act2"].reshape(-1, 1)
        # divided here only because our neuron takes one threshold for all channels
        spikes, _ = if_run(current.values / theta, IFParameters())
    assert torch.equal(record["act2"].values, spikes * current.mask())


def test_long_runs_of_a_rate_code_approach_the_relu_network():
    ann, x = make_ann(2, activation="relu", pooling="mean"), texts(2)
    logits = ann(Signal(x, LENGTHS)).detach()
    errors = []
    for steps in (8, 64, 512):
        recipe = ConversionRecipe(steps, Encoder("saf"), ThresholdRule("max"))
        snn, _ = convert(ann, recipe, x)
        with torch.no_grad():
            currents = snn(Signal(recipe.encoder.encode(x, LENGTHS, steps), LENGTHS))
        errors.append(float((running_logits(currents)[-1] - logits).abs().max()))
    assert errors[2] < errors[1] < errors[0] and errors[2] < 0.05 * errors[0] + 0.02


@pytest.mark.parametrize("code", ["direct", "saf", "bitplane", "poisson"])
@pytest.mark.parametrize("mapping", ["split", "shift"])
@pytest.mark.parametrize("pooling", ["max", "mean"])
def test_every_encoder_and_mapping_passes_verification(code, mapping, pooling):
    ann, x = make_ann(1, pooling=pooling), texts(1)
    recipe = ConversionRecipe(7, Encoder(code, mapping))
    snn, thresholds = convert(ann, recipe, x)
    checks = verify(ann, snn, recipe.encoder, thresholds, x, LENGTHS)
    assert [check.name for check in checks] == ["conv2", "conv3", "readout"]
    assert max(check.error for check in checks) < 1e-6


@pytest.mark.parametrize(
    ("damage", "layer"),
    [
        (lambda n: n["conv2.bias"].normal_(), "conv2"),
        (lambda n: n["conv3.weight"].mul_(1.1), "conv3"),
        (lambda n: n["readout.weight"].copy_(n["readout.weight"].roll(5, dims=1)), "readout"),
        (lambda n: n["readout.bias"].fill_(float("nan")), "readout"),
        (lambda n: n["conv2.weight"].neg_(), "conv2"),
    ],
)
def test_verification_names_the_layer_that_is_wrong(damage, layer):
    ann, x = make_ann(8), texts(8)
    recipe = ConversionRecipe()
    snn, thresholds = convert(ann, recipe, x)
    with torch.no_grad():
        damage({f"{k}": p for k, p in ((n[6:], p) for n, p in snn.named_parameters())})
    with pytest.raises(SnnConvertError, match=f"failed at layer {layer}"):
        verify(ann, snn, recipe.encoder, thresholds, x, LENGTHS)


def test_thresholds_by_hand():
    values = torch.tensor([[[1.0, 2.0, 9.0], [0.0, 0.0, 0.0]]])  # (1, 2, 3), third is padding
    statistics = ActivationStatistics()
    statistics.update(Signal(values, torch.tensor([2])))
    network = make_ann(activation="relu")

    def choose(rule: ThresholdRule) -> list[float]:
        return choose_threshold("act2", network, statistics, rule)[0].tolist()

    assert choose(ThresholdRule("max", "layer")) == [2.0]
    assert choose(ThresholdRule("percentile", percentile=50)) == [pytest.approx(0.5)]
    assert choose(ThresholdRule("percentile", percentile=100)) == [2.0]
    # the silent channel takes the layer's threshold
    assert choose(ThresholdRule("max", "channel")) == [2.0, 2.0]
    assert choose(ThresholdRule("percentile", "channel", percentile=50)) == [1.5, 0.5]


def test_qcfs_rule_takes_the_learned_bound_and_needs_one():
    statistics = ActivationStatistics()
    theta, used = choose_threshold("act2", make_ann(), statistics, ThresholdRule())
    assert used == "qcfs" and theta.item() == pytest.approx(1.5)
    with pytest.raises(InputError, match="QCFS activation at act2"):
        choose_threshold("act2", make_ann(activation="relu"), statistics, ThresholdRule("qcfs"))
    with pytest.raises(InputError, match="calibration texts"):
        choose_threshold("act2", make_ann(), statistics, ThresholdRule("percentile"))


@pytest.mark.parametrize(
    ("code", "expected"),
    [("direct", "currents"), ("saf", "counts"), ("bitplane", "counts"), ("poisson", "counts")],
)
def test_the_pooling_rule_is_chosen_by_the_encoder(code: str, expected: str):
    recipe = ConversionRecipe(7, Encoder(code))
    assert recipe.pooling_rule()[0] == expected
    assert replace(recipe, pooling="spikes").pooling_rule() == ("spikes", "chosen by the user")


def test_report_rows_account_for_every_layer():
    ann, x = make_ann(), texts()
    _, rows = build_snn(
        ann, ConversionRecipe(), measured_thresholds(ann, x, LENGTHS, ThresholdRule())
    )
    actions = {row["name"]: row["action"] for row in rows}
    assert list(actions) == list(ann.inputs)
    assert actions["conv2"] == "folded" and actions["act2"] == "replaced"
    assert actions["dropout"] == "removed" and actions["concat"] == "kept"
    assert all(row["why"] for row in rows)


class Gelu(Activation):
    """An activation that nobody taught the converter."""

    def activate(self, values: Tensor) -> Tensor:
        return torch.nn.functional.gelu(values)


def small(*nodes: tuple[str, Node, tuple[str, ...]]) -> Network:
    """Nodes with their weights filled."""
    network = Network(nodes)
    for name in network.inputs:
        node = network.node(name)
        if isinstance(node, Conv1d | Linear):
            initialise(node.weight, torch.Generator().manual_seed(0))
    return network


@pytest.mark.parametrize(
    ("network", "words"),
    [
        (
            small(("conv", Conv1d(6, 2, 2), ("input",)), ("act", Gelu(), ("conv",))),
            "cannot convert act: there is no conversion rule for Gelu",
        ),
        (
            small(("conv", Conv1d(6, 2, 2), ("input",)), ("pool", MaxOverTime(), ("conv",))),
            "cannot convert conv: its output goes to pool",
        ),
        (
            small(
                ("conv", Conv1d(6, 2, 2), ("input",)),
                ("act", Qcfs(4), ("conv",)),
                ("pool", MaxOverTime(), ("act",)),
            ),
            "cannot convert pool: the last layer must be linear",
        ),
        (small(("pool", MaxOverTime(), ("input",))), "cannot convert pool: max pooling must read"),
        (small(("two", Concat(), ("input", "input"))), "word vectors must enter a Conv1d"),
        (
            small(("conv", Conv1d(6, 2, 2), ("input",)), ("two", Concat(), ("conv", "conv"))),
            "cannot convert conv: its output goes to two",
        ),
    ],
)
def test_what_cannot_be_converted_is_named(network: Network, words: str):
    with pytest.raises(InputError, match=words):
        build_snn(network, ConversionRecipe(), {"act": torch.ones(1)})


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"steps": 0}, "a number of at least 1 for steps"),
        ({"initial": 1.5}, "at least 0 and at most 1 for initial"),
        ({"reset": "none"}, "reset to be of soft, hard"),
        ({"pooling": "median"}, "pooling to be of auto, spikes"),
    ],
)
def test_bad_recipes_are_refused(settings: dict, words: str):
    with pytest.raises(InputError, match=words):
        ConversionRecipe(**settings)


def test_steps_that_the_code_cannot_run_for_are_refused():
    with odd_code() as code, pytest.raises(InputError, match="1, 3, 5 .* but got 4"):
        ConversionRecipe(steps=4, encoder=Encoder(code))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"rule": "mean"}, "threshold rule"),
        ({"granularity": "weight"}, "granularity"),
        ({"percentile": 0}, "percentile"),
        ({"percentile": 101}, "percentile"),
    ],
)
def test_bad_threshold_rules_are_refused(settings: dict, words: str):
    with pytest.raises(InputError, match=words):
        ThresholdRule(**settings)


def test_hidden_linear_layers_convert():
    """conv -> act -> pool -> dropout -> hidden -> act -> readout, exact under constant input."""
    ann = small(
        ("conv", Conv1d(6, 5, 2), ("input",)),
        ("act", Qcfs(8, 1.0), ("conv",)),
        ("pool", MaxOverTime(), ("act",)),
        ("drop", Dropout(0.5), ("pool",)),
        ("hidden", Linear(5, 4), ("drop",)),
        ("hact", Qcfs(8, 2.0), ("hidden",)),
        ("readout", Linear(4, 3), ("hact",)),
    )
    ann = ann.double().eval()
    x = texts(4)
    recipe = ConversionRecipe(64, Encoder("direct", "none"))
    snn, thresholds = convert(ann, recipe, x)
    verify(ann, snn, recipe.encoder, thresholds, x, LENGTHS)
    with torch.no_grad():
        logits = ann(Signal(x, LENGTHS))
        currents = snn(Signal(recipe.encoder.encode(x, LENGTHS, 64), LENGTHS))
    assert (running_logits(currents)[-1] - logits).abs().max() < 0.2
