"""Threshold rules against numbers worked out by hand and against NumPy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from snnconvert.convert.measurement import Measurement
from snnconvert.convert.recipes.recipe import ConversionRecipe
from snnconvert.convert.thresholds.balance import balanced_threshold
from snnconvert.convert.thresholds.choose import choose_threshold
from snnconvert.convert.thresholds.mse import mse_threshold, quantised
from snnconvert.convert.thresholds.spec import ThresholdRule
from snnconvert.convert.thresholds.statistics import ActivationStatistics
from snnconvert.errors import InputError
from snnconvert.models.encoders.encoder import Encoder
from snnconvert.models.network import Network, Node, Signal
from snnconvert.models.neurons.integrate_and_fire import IFParameters, if_run
from snnconvert.models.nodes.activations import Qcfs, Relu, Tcl
from snnconvert.models.nodes.layers import Concat, Conv1d, Linear
from snnconvert.models.nodes.pooling import MaxOverTime

# two channels over five positions, the last one padding
VALUES = torch.tensor([[[0.0, 0.0, 1.0, 3.0, 99.0], [0.0, 0.0, 0.0, 0.0, 99.0]]])


def statistics_of(values: Tensor = VALUES, valid: int = 4) -> ActivationStatistics:
    found = ActivationStatistics()
    found.update(Signal(values, torch.tensor([valid])))
    return found


def network(activation: Node | None = None) -> Network:
    """conv -> act, with filters whose largest weights are 3 and -1 (so 0)."""
    conv = Conv1d(2, 2, 1)
    with torch.no_grad():
        conv.weight.copy_(torch.tensor([[[3.0], [-7.0]], [[-1.0], [-2.0]]]))
    return Network([("conv", conv, ("input",)), ("act", activation or Relu(), ("conv",))])


def choose(rule: ThresholdRule, **more) -> list[float]:
    theta, used = choose_threshold("act", network(), statistics_of(), rule, **more)
    assert used == rule.rule
    return [round(value, 5) for value in theta.tolist()]


@pytest.mark.parametrize(
    ("rule", "layer", "channel"),  # None: the rule has no channels
    [
        # of 0 0 1 3 and 0 0 0 0; the silent channel takes the layer's threshold
        (ThresholdRule("max"), [3.0], [3.0, 3.0]),
        # sorted 0 0 0 0 0 0 1 3: the 90th percentile lies .3 of the way from 1 to 3
        (ThresholdRule("percentile", percentile=90), [1.6], [2.4, 1.6]),
        # of 1 and 3
        (ThresholdRule("percentile_nonzero", percentile=50), [2.0], [2.0, 2.0]),
        (ThresholdRule("percentile_nonzero", percentile=25), [1.5], [1.5, 1.5]),
        # a layer whose median is 0 falls back on its maximum, its first channel on its median .5
        (ThresholdRule("percentile", percentile=50), [3.0], [0.5, 3.0]),
        (ThresholdRule("weights"), [3.0], [3.0, 3.0]),
        (ThresholdRule("fixed", threshold_value=0.7), [0.7], None),
    ],
)
def test_rules_by_hand(rule: ThresholdRule, layer: list[float], channel: list[float] | None):
    assert choose(rule) == layer
    if channel is None:
        return
    per_channel = ThresholdRule(rule.rule, "channel", **dict(rule.options))
    assert choose(per_channel) == channel


def test_a_layer_that_never_fires_gets_the_unit():
    silent = statistics_of(torch.zeros(1, 2, 3), 3)
    for name in ("max", "percentile", "percentile_nonzero", "mse", "weights"):
        ann = network()
        with torch.no_grad():
            ann.nodes["conv"].weight.neg_().clamp_(max=0)
        theta, _ = choose_threshold("act", ann, silent, ThresholdRule(name, "channel"), steps=4)
        assert theta.tolist() == [1.0, 1.0]


def test_the_mse_threshold_by_hand():
    # one step, ten values of 1 and one of 4. At theta in (0, 2] all of them spike: the error is
    # 10 (theta - 1)^2 + (4 - theta)^2, least at 14/11 = 1.273 with 8.18; above 2 only the 4 does:
    # 10 + (4 - theta)^2 >= 10. The grid is 0.04, so 1.28 is the nearest.
    values = torch.tensor([1.0] * 10 + [4.0]).unsqueeze(1)
    assert mse_threshold(values, 1).tolist() == [pytest.approx(1.28)]
    # V(0) = 0 rounds down: theta > 1 loses all the ones, 10 + (4 - theta)^2; theta <= 1 gives 9
    assert mse_threshold(values, 1, shift=0.0).tolist() == [pytest.approx(1.0)]


def test_mse_is_searched_for_each_channel_and_for_the_layer():
    rule = ThresholdRule("mse", "channel")
    per_channel = choose(rule, steps=1)
    # 0 0 1 3 at one step: the one is silent above theta = 2, where 3 is exact: error 1
    assert per_channel == [3.0, 3.0]
    assert choose(ThresholdRule("mse"), steps=1) == [3.0]
    with pytest.raises(InputError, match="time steps T"):
        choose(rule)


value = st.just(0.0) | st.floats(0.015625, 50, width=32)
positive = st.lists(value, min_size=1, max_size=30)


@settings(max_examples=40)
@given(positive, st.integers(1, 16), st.sampled_from([0.0, 0.25, 0.5]))
def test_the_mse_threshold_against_numpy(values: list[float], steps: int, shift: float):
    """The same grid in NumPy, one candidate after the other."""
    a = np.array(values, dtype=np.float64)
    theta = mse_threshold(torch.from_numpy(a).unsqueeze(1), steps, shift)
    if a.max() == 0:
        assert theta.tolist() == [0.0]
        return

    def error(candidate: float) -> float:
        q = candidate / steps * np.clip(np.floor(a * steps / candidate + shift), 0, steps)
        return float(np.mean((a - np.where(a > 0, q, 0)) ** 2))

    best = min(error(a.max() * (i / 100)) for i in range(1, 101))
    assert error(float(theta)) == pytest.approx(best, rel=1e-6, abs=1e-9)
    assert 0 < float(theta) <= a.max() * (1 + 1e-9)


@settings(max_examples=40)
@given(positive, st.floats(0.25, 20), st.integers(1, 12))
def test_quantised_is_what_an_if_neuron_fires(values: list[float], theta: float, steps: int):
    a = torch.tensor(values, dtype=torch.float64)
    # exact halves of a step may fall either way in floating point
    position = (a * steps / theta + 0.5) % 1
    a = a[(position > 1e-6) & (position < 1 - 1e-6)]
    currents = (a / theta).expand(steps, -1)
    counts = if_run(currents, IFParameters())[0].sum(0) if len(a) else a
    expected = quantised(a, torch.tensor(theta, dtype=torch.float64), steps)
    torch.testing.assert_close(counts * theta / steps, expected)


def test_the_learned_bound_is_the_threshold():
    for rule in ("auto", "bound"):
        theta, used = choose_threshold(
            "act", network(Tcl(1.7)), ActivationStatistics(), ThresholdRule(rule)
        )
        assert used == "bound" and theta.tolist() == [pytest.approx(1.7)]
    theta, used = choose_threshold(
        "act", network(Qcfs(4, 0.6, channels=2)), ActivationStatistics(), ThresholdRule()
    )
    assert used == "qcfs" and theta.tolist() == [pytest.approx(0.6)] * 2
    with pytest.raises(InputError, match="QCFS activation at act.*it is Tcl"):
        choose_threshold("act", network(Tcl()), ActivationStatistics(), ThresholdRule("qcfs"))
    with pytest.raises(InputError, match="QCFS or TCL activation at act.*it is Relu"):
        choose_threshold("act", network(), ActivationStatistics(), ThresholdRule("bound"))


def test_the_weights_rule_needs_one_layer():
    joined = Network(
        [
            ("a", Linear(2, 2), ("input",)),
            ("b", Linear(2, 2), ("input",)),
            ("both", Concat(), ("a", "b")),
            ("act", Relu(), ("both",)),
        ]
    )
    with pytest.raises(InputError, match="both reads a, b"):
        choose_threshold("act", joined, statistics_of(), ThresholdRule("weights"))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"rule": "fixed"}, "expected a threshold value with the rule fixed"),
        ({"rule": "max", "threshold_value": 1.0}, "threshold_value only with the rules fixed"),
        ({"rule": "fixed", "threshold_value": 0.0}, "above 0"),
        ({"rule": "fixed", "threshold_value": float("inf")}, "above 0"),
        ({"rule": "fixed", "threshold_value": float("nan")}, "above 0"),
        ({"rule": "mode"}, "auto, bound, qcfs, max"),
        ({"source": "gelu"}, "source to be of activation, relu, but got 'gelu'"),
        ({"location": "input"}, "location to be of positions, neurons, but got 'input'"),
        (
            {"rule": "bound", "source": "relu"},
            "source only .*auto, max.*relu with the rule bound",
        ),
        (
            {"rule": "weights", "location": "neurons"},
            "location only .*auto, max.* with the rule weights",
        ),
    ],
)
def test_bad_rules_are_refused(fields: dict, words: str):
    with pytest.raises(InputError, match=words):
        ThresholdRule(**fields)


def test_statistics_need_texts():
    for rule in ("max", "percentile", "mse"):
        with pytest.raises(InputError, match="calibration texts"):
            choose_threshold("act", network(), ActivationStatistics(), ThresholdRule(rule), steps=2)


def test_balancing_by_hand():
    """0 0 1 3: mean 1, so 2; then 1/4 above it, so 2.5; each step halves what is left to 3."""
    values = torch.tensor([[0.0], [0.0], [1.0], [3.0]])
    assert [float(balanced_threshold(values, steps)) for steps in (1, 2, 3, 8)] == [
        2.0,
        2.5,
        2.75,
        3 - 2**-7,
    ]
    # all alike: one step would go to twice the value, and ends at it
    assert balanced_threshold(torch.full((5, 1), 0.7)).tolist() == [pytest.approx(0.7)]
    assert choose(ThresholdRule("balance", "channel")) == [3.0, 3.0]  # after 100 steps


@given(st.lists(st.floats(0, 10, width=32), min_size=1, max_size=30), st.integers(1, 30))
def test_a_step_of_balancing_is_gradient_descent_on_the_clipping_error(
    numbers: list[float], steps: int
):
    values = torch.tensor(numbers, dtype=torch.float64).reshape(-1, 1)
    theta = balanced_threshold(values, steps - 1) if steps > 1 else torch.zeros(1).double()
    theta.requires_grad_()
    (values - torch.minimum(values, theta)).square().mean().backward()
    expected = min((theta - theta.grad).item(), max(numbers))
    assert float(balanced_threshold(values, steps)) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("bounded", [Qcfs(4, 0.5), Tcl(0.5)])
def test_the_source_relu_forgets_the_learned_bound(bounded: Node):
    ann, statistics = network(bounded), statistics_of()
    assert choose_threshold("act", ann, statistics, ThresholdRule())[1] in ("qcfs", "bound")
    rule = ThresholdRule(percentile=50, source="relu")
    theta, used = choose_threshold("act", ann, statistics, rule)
    assert (theta.tolist(), used) == ([3.0], "percentile")


@pytest.mark.parametrize("pooled_first", [False, True])
@pytest.mark.parametrize(
    ("code", "source", "location", "expected"),
    [
        # pre-activations -1 2 5, and a bound of 4 at two levels: 0 2 4
        ("direct", "activation", "positions", [0.0, 2.0, 4.0]),
        ("direct", "relu", "positions", [0.0, 2.0, 5.0]),
        ("direct", "activation", "neurons", [4.0]),
        ("direct", "relu", "neurons", [5.0]),
        # with evenly spaced spikes the neurons stand at every position
        ("saf", "relu", "neurons", [0.0, 2.0, 5.0]),
    ],
)
def test_what_is_measured_by_hand(
    code: str, source: str, location: str, expected: list[float], pooled_first: bool
):
    if pooled_first and location == "positions":
        expected = expected[-1:]  # in the network as it is there are no others
    conv = Conv1d(1, 1, 1)
    with torch.no_grad():
        conv.weight.fill_(1.0)
        conv.bias.zero_()
    middle = [("act", Qcfs(2, 4.0)), ("pool", MaxOverTime())]
    nodes = [("conv", conv, ("input",))]
    for name, node in reversed(middle) if pooled_first else middle:
        nodes.append((name, node, (nodes[-1][0],)))
    ann = Network([*nodes, ("out", Linear(1, 2), (nodes[-1][0],))])
    recipe = ConversionRecipe(
        encoder=Encoder(code, "none" if code == "direct" else "split"),
        threshold=ThresholdRule("max", source=source, location=location),
    )
    look, record = Measurement(ann, recipe), {}
    signal = Signal(torch.tensor([[[-1.0, 2.0, 5.0, 99.0]]]), torch.tensor([3]))
    look.network(signal, record)
    found = look.at("act", record)
    mask = found.mask()
    values = found.values if mask is None else found.values[mask]
    assert values.flatten().tolist() == pytest.approx(expected)
