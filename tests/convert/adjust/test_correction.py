"""Corrections: by hand, against NumPy's least squares, and layer by layer on a small text model."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from snnconvert.convert.adjust.correction import correct
from snnconvert.convert.adjust.signals import patches, run_to
from snnconvert.convert.build import build_snn
from snnconvert.convert.recipes.recipe import ConversionRecipe
from snnconvert.errors import InputError
from snnconvert.models.encoders.encoder import Encoder
from snnconvert.models.families.textcnn import TextCNNSpec, build_textcnn
from snnconvert.models.network import Network, Signal
from snnconvert.models.nodes.activations import Relu
from snnconvert.models.nodes.layers import Conv1d, Linear, initialise
from snnconvert.models.nodes.pooling import MaxOverTime, MeanOverTime
from snnconvert.tests.helpers.conversion import fixed_thresholds


def one_neuron(weight: float, bias: float) -> Network:
    """One input channel -> conv of width 1 -> ReLU -> mean over positions -> readout 1."""
    conv, readout = Conv1d(1, 1, 1), Linear(1, 1)
    with torch.no_grad():
        conv.weight.fill_(weight)
        conv.bias.fill_(bias)
        readout.weight.fill_(1.0)
    nodes = [("conv", conv, ("input",)), ("act", Relu(), ("conv",))]
    nodes += [("pool", MeanOverTime(), ("act",)), ("readout", readout, ("pool",))]
    return Network(nodes).double().eval()


def converted(ann: Network, recipe: ConversionRecipe, theta: float) -> tuple:
    thresholds = fixed_thresholds(ann, theta)
    return build_snn(ann, recipe, thresholds, allow_inexact=True)[0].double(), thresholds


def words(*values: float) -> tuple[Tensor, Tensor]:
    """Texts of one word each, with one component."""
    x = torch.tensor(values, dtype=torch.float64).reshape(-1, 1, 1)
    return x, torch.ones(len(values), dtype=torch.int64)


DIRECT = Encoder("direct", "none")


def test_bias_by_hand():
    """z = x + .1 for x = .1 and .3, theta 2, T 2: rates floor(.1*2 + .5)/2 = 0 and floor(.9)/2 = 0.

    a / theta = .1 and .2, so e = .15 on average and the folded bias .05 becomes .2. Then
    z / theta = .25 and .35: floor(1.0)/2 = .5 and floor(1.2)/2 = .5.
    """
    ann = one_neuron(1.0, 0.1)
    recipe = ConversionRecipe(2, DIRECT, correction="bias")
    snn, thresholds = converted(ann, recipe, 2.0)
    fixed, rows = correct(ann, snn, recipe, thresholds, [words(0.1, 0.3)])
    assert fixed.node("conv").bias.item() == pytest.approx(0.2)
    assert snn.node("conv").bias.item() == pytest.approx(0.05)  # the network given is not changed
    first = rows[0]
    assert (first["layer"], first["neurons"], first["kind"]) == ("conv", "act", "bias")
    assert first["channel_error_before"] == first["error_before"] == pytest.approx(0.15)
    # now .1 - .5 and .2 - .5
    assert first["channel_error_after"] == first["error_after"] == pytest.approx(0.35)
    # logits .2 and .4, and 2 * .5 = 1.0 for both: the readout's bias gets -.7
    assert fixed.node("readout").bias.item() == pytest.approx(-0.7)
    assert rows[1]["channel_error_after"] == pytest.approx(0, abs=1e-12)


def test_potential_by_hand():
    """The same case: V(0) = .5 + 2 * .15 = .8; counts floor(.2 + .8) = 1 and floor(.4 + .8) = 1."""
    ann = one_neuron(1.0, 0.1)
    recipe = ConversionRecipe(2, DIRECT, correction="potential")
    snn, thresholds = converted(ann, recipe, 2.0)
    fixed, rows = correct(ann, snn, recipe, thresholds, [words(0.1, 0.3)])
    assert fixed.node("act").initial == [pytest.approx(0.8)]
    assert fixed.node("conv").bias.item() == pytest.approx(0.05)
    assert rows[0]["error_after"] == pytest.approx(0.35)
    # what it writes can be read back: the description holds plain numbers
    assert fixed.describe()[1]["settings"]["initial"] == [pytest.approx(0.8)]


def test_bias_matches_per_channel_means_in_numpy():
    ann, (x, lengths), recipe, snn, thresholds = case("saf", "bias")
    record: dict[str, Signal] = {}
    with torch.no_grad():
        ann(Signal(x, lengths), ann_record := {})
        snn(Signal(recipe.encoder.encode(x, lengths, 4), lengths), record)
    fixed, _ = correct(ann, snn, recipe, thresholds, [(x, lengths)])
    rate, a = record["act2"].values.mean(0).numpy(), ann_record["act2"].values.numpy() / 1.5
    inside = [(i, p) for i, n in enumerate(lengths.tolist()) for p in range(max(n - 1, 1))]
    e = np.mean([a[i, :, p] - rate[i, :, p] for i, p in inside], axis=0)
    change = (fixed.node("conv2").bias - snn.node("conv2").bias).detach().numpy()
    np.testing.assert_allclose(change, e, atol=1e-12)


def case(code: str, correction: str, seed: int = 0, rule: str = "auto", **spec) -> tuple:
    """A small TextCNN on random texts of 0 to 7 words, and its conversion."""
    random = torch.Generator().manual_seed(seed)
    settings = {"activation": "relu", "levels": 4, "bound": 1.5} | spec
    ann = build_textcnn(TextCNNSpec(6, 3, (2, 3), 5, **settings), seed).double().eval()
    with torch.no_grad():
        for name in ann.inputs:
            if isinstance(ann.node(name), Conv1d | Linear):
                ann.node(name).bias.normal_(0, 0.3, generator=random)
    lengths = torch.randint(0, 8, (40,), generator=random)
    x = torch.rand(40, 6, 7, generator=random, dtype=torch.float64) * 2 - 1
    for i, length in enumerate(lengths):
        x[i, :, length:] = 0
    mapping = "none" if code == "direct" else "split"
    recipe = ConversionRecipe(4, Encoder(code, mapping), correction=correction, pooling=rule)
    snn, thresholds = converted(ann, recipe, 1.5)
    return ann, (x, lengths), recipe, snn, thresholds


def test_weights_are_the_ridge_regression_of_numpy():
    """The same normal equations by np.linalg.lstsq on rows with the penalty appended."""
    ann, (x, lengths), recipe, snn, thresholds = case("saf", "weights")
    fixed, _ = correct(
        ann, snn, recipe, thresholds, [(x[:20], lengths[:20]), (x[20:], lengths[20:])]
    )
    frames = recipe.encoder.encode(x, lengths, 4)
    mean = frames.mean(0).numpy()  # (B, 12, 7)
    conv = snn.node("conv2")
    weight, bias = conv.weight.detach().numpy(), conv.bias.detach().numpy()
    ann_conv = ann.node("conv2")
    inputs, missing = [], []
    for i, n in enumerate(lengths.tolist()):
        for p in range(max(n - 1, 1)):
            patch = mean[i, :, p : p + 2]
            z = (ann_conv.weight.detach().numpy() * x[i, :, p : p + 2].numpy()).sum((1, 2))
            z = (z + ann_conv.bias.detach().numpy()) / 1.5
            inputs.append([*patch.flatten(), 1.0])
            missing.append(z - (weight * patch).sum((1, 2)) - bias)
    rows, e = np.array(inputs), np.array(missing)
    penalty = 1e-2 * (rows[:, :-1] ** 2).mean() * len(rows)
    ridge = np.sqrt(penalty) * np.eye(24, 25)
    change = np.linalg.lstsq(
        np.concatenate([rows, ridge]), np.concatenate([e, np.zeros((24, 5))]), rcond=None
    )[0]
    got = (fixed.node("conv2").weight.detach().numpy() - weight).reshape(5, -1)
    np.testing.assert_allclose(got, change[:-1].T, atol=1e-8)
    np.testing.assert_allclose(
        fixed.node("conv2").bias.detach().numpy() - bias, change[-1], atol=1e-8
    )


def test_weights_that_already_fit_stay():
    """Exact input: the currents are the ANN's, so there is nothing to fit in the first layers."""
    ann, batch, recipe, snn, thresholds = case("direct", "weights")
    fixed, _ = correct(ann, snn, recipe, thresholds, [batch])
    for name in ("conv2", "conv3"):
        torch.testing.assert_close(fixed.node(name).weight, snn.node(name).weight)
        torch.testing.assert_close(fixed.node(name).bias, snn.node(name).bias)


def test_a_bias_shift_is_not_taken_for_an_error():
    ann, batch, _, _, _ = case("direct", "weights")
    recipe = ConversionRecipe(4, DIRECT, initial=0.0, bias_shift=True, correction="weights")
    snn, thresholds = converted(ann, recipe, 1.5)
    with torch.no_grad():
        for name in ("conv2", "conv3"):
            snn.node(name).bias += 1 / 8
    fixed, _ = correct(ann, snn, recipe, thresholds, [batch])
    torch.testing.assert_close(fixed.node("conv2").bias, snn.node("conv2").bias)


@pytest.mark.parametrize("kind", ["bias", "potential", "weights"])
@pytest.mark.parametrize("pooling", ["currents", "counts", "mean"])
@pytest.mark.parametrize("code", ["saf", "poisson"])
def test_the_logits_come_nearer_on_the_texts_it_saw(kind: str, pooling: str, code: str):
    spec = {"pooling": "mean"} if pooling == "mean" else {}
    rule = "auto" if pooling == "mean" else pooling
    ann, batch, recipe, snn, thresholds = case(code, kind, 3, rule, **spec)
    fixed, rows = correct(ann, snn, recipe, thresholds, [batch], seed=1)
    assert [row["layer"] for row in rows] == ["conv2", "conv3", "readout"]
    last = rows[-1]
    if kind == "potential":
        assert last["error_before"] == last["error_after"]  # it has no neurons to correct
    elif kind == "bias":
        assert last["channel_error_after"] < 1e-9 < last["channel_error_before"]
    else:
        assert last["error_after"] < last["error_before"]
    again, same = correct(ann, snn, recipe, thresholds, [batch], seed=1)
    assert rows == same
    for name in fixed.inputs:
        for one, two in zip(
            fixed.node(name).parameters(), again.node(name).parameters(), strict=True
        ):
            assert torch.equal(one, two)


def test_later_layers_are_corrected_on_corrected_spikes():
    """After the bias of the first layer the second one sees other inputs than before."""
    nodes = [
        ("conv", Conv1d(6, 5, 2), ("input",)),
        ("act", Relu(), ("conv",)),
        ("pool", MaxOverTime(), ("act",)),
        ("hidden", Linear(5, 4), ("pool",)),
        ("hact", Relu(), ("hidden",)),
        ("readout", Linear(4, 3), ("hact",)),
    ]
    ann = Network(nodes).double().eval()
    for name in ("conv", "hidden", "readout"):
        initialise(ann.node(name).weight, torch.Generator().manual_seed(5))
    _, batch, recipe, _, _ = case("saf", "bias", 5)
    snn, thresholds = converted(ann, recipe, 1.0)
    fixed, rows = correct(ann, snn, recipe, thresholds, [batch])
    with torch.no_grad():
        half = run_to(fixed, Signal(recipe.encoder.encode(*batch, 4), batch[1]), "hact")
        exact = run_to(ann, Signal(*batch), "hact")
    error = (exact["hact"].values - half["hact"].values.mean(0)).mean(0).abs().mean()
    assert rows[1]["channel_error_after"] == pytest.approx(float(error))
    assert [row["neurons"] for row in rows] == ["act", "hact", "readout"]


def test_run_to_runs_only_what_is_needed():
    ann, (x, lengths), *_ = case("direct", "none")
    signals = run_to(ann, Signal(x, lengths), "act2")
    assert set(signals) == {"input", "conv2", "act2"}
    assert set(run_to(ann, Signal(x, lengths), "readout")) == {"input", *ann.inputs}


@pytest.mark.parametrize("padding", [0, "same"])
@pytest.mark.parametrize("positions", [1, 2, 6])
def test_patches_times_flat_weights_are_the_convolution(padding, positions: int):
    conv = Conv1d(3, 4, 3, padding=padding).double()
    torch.nn.init.normal_(conv.weight, generator=torch.Generator().manual_seed(0))
    x = torch.rand(2, 3, positions, dtype=torch.float64)
    signal = Signal(x, torch.tensor([positions, 1]))
    rows = patches(conv, signal)
    flat = torch.einsum("bfl,cf->bcl", rows, conv.weight.flatten(1)) + conv.bias[:, None]
    out = conv(signal)
    mask = out.mask()
    torch.testing.assert_close(flat * mask, out.values * mask)


def test_none_and_bad_kinds():
    ann, batch, recipe, snn, thresholds = case("saf", "none")
    same, rows = correct(ann, snn, recipe, thresholds, [batch])
    assert rows == [] and torch.equal(same.node("conv2").bias, snn.node("conv2").bias)
    with pytest.raises(InputError, match="none, bias, potential, weights, but got 'biases'"):
        correct(ann, snn, recipe, thresholds, [batch], kind="biases")
    with pytest.raises(InputError, match="at least one text"):
        correct(ann, snn, recipe, thresholds, [], kind="bias")
