"""Maximum pooling of spikes: by hand, in windows, what converges, and what is refused."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from snnconvert.convert.build import build_snn
from snnconvert.convert.recipes.recipe import ConversionRecipe
from snnconvert.convert.verify import verify
from snnconvert.errors import InputError
from snnconvert.models.encoders.encoder import Encoder
from snnconvert.models.network import Network, Node, Signal
from snnconvert.models.neurons.integrate_and_fire import IF
from snnconvert.models.neurons.spec import NeuronSpec
from snnconvert.models.nodes.activations import Qcfs, Relu, Tcl
from snnconvert.models.nodes.layers import Conv1d, Linear, initialise
from snnconvert.models.nodes.pooling import MaxOverTime, MaxPool1d, MeanOverTime
from snnconvert.models.saving import build_network
from snnconvert.models.snn import running_logits
from snnconvert.models.spikes import POOLING_RULES
from snnconvert.models.spikes.pooling import (
    GatedMax,
    MaxOfCounts,
    MaxOfCurrents,
    MaxOfSpikes,
    SpikePooling,
)
from snnconvert.tests.helpers.conversion import largest_activations

DIM = 3
LENGTHS = torch.tensor([8, 5])


def train(*positions: list[int]) -> Signal:
    """Spike trains of one channel of one text, a list over time for every position."""
    spikes = torch.tensor(positions).T.float()  # (T, L)
    return Signal(spikes[:, None, None], torch.tensor([len(positions)]))


def test_gated_maximum_by_hand():
    """Counts so far: position 0: 0 1 1 1 2, position 1: 1 1 2 3 3.

    The gate: 1, 0 (equal counts, the first), 1, 1, 1; it passes their spikes 1, 1, 1, 1, 0.
    """
    signal = train([0, 1, 0, 0, 1], [1, 0, 1, 1, 0])
    assert GatedMax()(signal).values.flatten().tolist() == [1, 1, 1, 1, 0]
    assert MaxOfSpikes()(signal).values.flatten().tolist() == [1, 1, 1, 1, 1]
    assert MaxOfCounts()(signal).values.flatten().tolist() == [1, 0, 1, 1, 0]


def test_maximum_of_currents_by_hand():
    """Constant currents .3 and .7: the largest is .7, and an IF neuron fires 3 of 4 times.

    V(0) = 1/2: potentials 1.2, .9, 1.6, 1.3; spikes 1, 0, 1, 1. Currents that take turns, .3 .7 and
    .7 .3, have the mean .5 each, but the largest of every step is .7: too much, whatever T is.
    """
    constant = train([0, 0, 0, 0], [0, 0, 0, 0])
    values = torch.tensor([0.3, 0.7]).expand(4, 1, 1, 2)
    pooled = MaxOfCurrents()(Signal(values, constant.lengths))
    assert pooled.values.flatten().tolist() == pytest.approx([0.7] * 4)
    assert IF(0.5)(pooled).values.flatten().tolist() == [1, 0, 1, 1]
    turns = torch.tensor([[0.3, 0.7], [0.7, 0.3]]).repeat(8, 1)[:, None, None]
    assert MaxOfCurrents()(Signal(turns, constant.lengths)).values.mean() == pytest.approx(0.7)


def test_gated_maximum_does_not_see_padding():
    signal = train([0, 1, 0], [1, 1, 1])
    short = Signal(signal.values, torch.tensor([1]))
    assert GatedMax()(short).values.flatten().tolist() == [0, 1, 0]


def test_windows_by_hand():
    """Four positions in windows of two, two apart, of which the text fills three."""
    spikes = train([1, 0], [0, 1], [1, 1], [1, 1])
    signal = Signal(spikes.values, torch.tensor([3]))
    # the second window would hold a position of padding: one window is valid
    for rule, expected in (("spikes", [1, 1]), ("counts", [1, 0]), ("gated", [1, 0])):
        out = POOLING_RULES[rule](2, 2)(signal)
        assert out.lengths.tolist() == [1]
        assert out.values[:, 0, 0].tolist() == [[expected[0], 0], [expected[1], 0]], rule


@given(
    seed=st.integers(0, 10_000),
    kernel=st.integers(1, 4),
    stride=st.integers(1, 4),
    rule=st.sampled_from(sorted(POOLING_RULES)),
)
def test_windows_are_pooling_over_all_of_each_window(seed, kernel, stride, rule):
    random = torch.Generator().manual_seed(seed)
    spikes = (torch.rand(5, 2, 3, 9, generator=random) < 0.4).float()
    lengths = torch.tensor([9, 6])
    out = POOLING_RULES[rule](kernel, stride)(Signal(spikes, lengths))
    for text in range(2):
        for window in range(int(out.lengths[text])):
            start = window * stride
            part = spikes[:, text : text + 1, :, start : start + kernel]
            alone = POOLING_RULES[rule]()(Signal(part, torch.tensor([kernel]))).values
            assert torch.equal(out.values[:, text, :, window], alone[:, 0])
        assert not out.values[:, text, :, int(out.lengths[text]) :].any()


def test_gate_settles_on_the_strongest_of_random_trains():
    """Rates .2, .5 and .6 at three positions: .6 in the long run, where any spike gives .84."""
    rates = torch.tensor([0.2, 0.5, 0.6])
    draws = torch.rand(4000, 8, 1, 3, generator=torch.Generator().manual_seed(0))
    signal = Signal((draws < rates).float(), torch.full((8,), 3))
    assert GatedMax()(signal).values.mean().item() == pytest.approx(0.6, abs=0.01)
    assert MaxOfCounts()(signal).values.mean().item() == pytest.approx(0.6, abs=0.01)
    any_spike = 1 - 0.8 * 0.5 * 0.4
    assert MaxOfSpikes()(signal).values.mean().item() == pytest.approx(any_spike, abs=0.01)


@given(st.integers(0, 10_000), st.sampled_from(["counts", "gated", "spikes"]))
def test_bursts_and_negative_spikes_pass(seed: int, rule: str):
    random = torch.Generator().manual_seed(seed)
    values = torch.randint(-1, 4, (6, 1, 2, 4), generator=random).float()
    out = POOLING_RULES[rule]()(Signal(values, torch.tensor([4]))).values
    assert out.shape == (6, 1, 2)
    if rule == "counts":
        assert torch.equal(out.sum(0), values.sum(0).amax(-1))


def network(activation: Node, *between: tuple[str, Node, tuple[str, ...]]) -> Network:
    """conv -> activation -> (between) -> maximum -> readout in double precision."""
    last = between[-1][0] if between else "act"
    made = Network(
        [
            ("conv", Conv1d(DIM, 4, 2), ("input",)),
            ("act", activation, ("conv",)),
            *between,
            ("pool", MaxOverTime(), (last,)),
            ("readout", Linear(4, 2), ("pool",)),
        ]
    )
    random = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for node in made.nodes.values():
            if isinstance(node, Conv1d | Linear):
                initialise(node.weight, random)
    return made.double().eval()


def deep() -> Network:
    """A second convolution behind the first neurons: its currents come from spikes."""
    return network(
        Relu(),
        ("max", MaxPool1d(2, 1), ("act",)),
        ("conv2", Conv1d(4, 4, 2), ("max",)),
        ("act2", Relu(), ("conv2",)),
    )


def vectors() -> torch.Tensor:
    random = torch.Generator().manual_seed(1)
    x = torch.rand(2, DIM, 8, generator=random, dtype=torch.float64) * 2 - 1
    return Signal(x, LENGTHS).masked()


def thetas(ann: Network) -> dict[str, torch.Tensor]:
    return largest_activations(ann, vectors(), LENGTHS)


def logit_error(ann: Network, recipe: ConversionRecipe, seeds: int = 1) -> float:
    """Worst logit error after T steps, of logits averaged over draws."""
    snn, _ = build_snn(ann, recipe, thetas(ann))
    x = vectors()
    total = 0
    with torch.no_grad():
        for seed in range(seeds):
            random = torch.Generator().manual_seed(seed)
            frames = recipe.encoder.encode(x, LENGTHS, recipe.steps, random)
            total = total + running_logits(snn(Signal(frames, LENGTHS)))[-1]
        return float((total / seeds - ann(Signal(x, LENGTHS))).abs().max())


DIRECT, SPLIT, SHIFT = Encoder("direct", "none"), Encoder("saf"), Encoder("saf", "shift")
REFUSED = [
    # encoder, rule, neuron, activation, the reason
    (Encoder("poisson"), "currents", NeuronSpec(), Relu(), "largest of random currents"),
    (SHIFT, "currents", NeuronSpec(), Qcfs(4), "mostly offset"),
    (Encoder("bitplane", "shift"), "currents", NeuronSpec(), Relu(), "mostly offset"),
    (SPLIT, "spikes", NeuronSpec("signed"), Relu(), "takes it back"),
    (DIRECT, "spikes", NeuronSpec(), Relu(), "fire at different steps"),
    (SPLIT, "currents", NeuronSpec(), Relu(), "change from step to step"),
    (SPLIT, "spikes", NeuronSpec(), Relu(), "fire at different steps"),
    (SPLIT, "spikes", NeuronSpec("burst", burst=2), Relu(), "fire at different steps"),
]


@pytest.mark.parametrize(("encoder", "rule", "neuron", "activation", "reason"), REFUSED)
def test_what_does_not_converge_is_refused_unless_it_is_allowed(
    encoder, rule, neuron, activation, reason
):
    ann = network(activation)
    recipe = ConversionRecipe(7, encoder, pooling=rule, neuron=neuron)
    with pytest.raises(
        InputError, match=f"cannot convert act with the pooling rule {rule}: .*{reason}"
    ):
        build_snn(ann, recipe, thetas(ann))
    snn, rows = build_snn(ann, recipe, thetas(ann), allow_inexact=True)
    verify(ann, snn, encoder, thetas(ann), vectors(), LENGTHS, tolerance=1e-9)
    why = {row["name"]: row["why"] for row in rows}["pool"]
    assert "chosen by the user, although" in why and reason in why
    allowing = ConversionRecipe(7, encoder, pooling=rule, neuron=neuron, allow_inexact=True)
    assert list(build_snn(ann, allowing, thetas(ann))[0].inputs) == list(snn.inputs)


@pytest.mark.parametrize(
    ("encoder", "rule"),
    [
        (Encoder("poisson"), "currents"),
        (SHIFT, "currents"),
        (SPLIT, "currents"),
        (DIRECT, "spikes"),
        (SPLIT, "spikes"),
    ],
)
def test_the_refused_really_do_not_converge_and_auto_does(encoder: Encoder, rule: str):
    """Sixteen times the steps leave the error of the refused rule where it is."""
    ann = network(Relu())
    seeds = 4 if encoder.stochastic else 1
    refused = [
        logit_error(ann, ConversionRecipe(t, encoder, pooling=rule, allow_inexact=True), seeds)
        for t in (64, 1024)
    ]
    auto = logit_error(ann, ConversionRecipe(1024, encoder, pooling="counts"), seeds)
    assert refused[1] > 0.5 * refused[0]
    assert auto < 0.25 * refused[1]


@pytest.mark.parametrize("rule", ["counts", "gated"])
@pytest.mark.parametrize("code", ["direct", "saf", "poisson"])
def test_counts_and_gate_converge_for_every_code_and_depth(rule: str, code: str):
    encoder = Encoder(code, "none" if code == "direct" else "split")
    for ann in (network(Relu()), deep()):
        with torch.no_grad():
            size = float(ann(Signal(vectors(), LENGTHS)).abs().max())
        error = logit_error(ann, ConversionRecipe(2048, encoder, pooling=rule))
        assert error < 0.05 * size


@pytest.mark.parametrize(
    ("activation", "neuron", "encoder", "expected"),
    [
        (Relu(), NeuronSpec(), DIRECT, "currents"),
        (Qcfs(4), NeuronSpec(), DIRECT, "currents"),
        (Relu(), NeuronSpec(), SPLIT, "counts"),
        (Qcfs(4), NeuronSpec(), SPLIT, "counts"),
        (Qcfs(4), NeuronSpec(), Encoder("poisson"), "counts"),
        (Qcfs(4), NeuronSpec("signed"), SPLIT, "counts"),
        (Relu(), NeuronSpec("signed"), DIRECT, "currents"),
    ],
)
def test_auto_chooses_by_encoder_activation_and_neuron(activation, neuron, encoder, expected):
    ann = network(activation)
    snn, rows = build_snn(ann, ConversionRecipe(7, encoder, neuron=neuron), thetas(ann))
    assert POOLING_RULES[expected] in [type(node) for node in snn.nodes.values()]
    row = next(row for row in rows if row["name"] == "pool")
    assert row["pooling"] == expected and row["why"]


DIRECT_CODES = [Encoder("direct", mapping) for mapping in ("none", "split", "shift")]
EVEN = [Encoder("saf"), Encoder("bitplane")]
SHIFTED = [Encoder("saf", "shift"), Encoder("bitplane", "shift")]
RANDOM = [Encoder("poisson"), Encoder("poisson", "shift")]
# for the first layer, by rule, the codes for which it converges, those for which a network trained
# with QCFS bears that it does not, and those for which it is refused
TABLE = {
    "counts": ([*DIRECT_CODES, *EVEN, *SHIFTED, *RANDOM], [], []),
    "gated": ([*DIRECT_CODES, *EVEN, *SHIFTED, *RANDOM], [], []),
    "currents": (DIRECT_CODES, EVEN, [*SHIFTED, *RANDOM]),
    "spikes": ([], [*DIRECT_CODES, *EVEN, *SHIFTED, *RANDOM], []),
}
CELLS = [
    (rule, encoder, verdict)
    for rule, columns in TABLE.items()
    for verdict, encoders in zip(("converges", "borne", "refused"), columns, strict=True)
    for encoder in encoders
]


def named(value: object) -> str:
    return f"{value.code}-{value.mapping}" if isinstance(value, Encoder) else str(value)


@pytest.mark.parametrize(("rule", "encoder", "verdict"), CELLS, ids=named)
def test_every_rule_with_every_code_and_activation(rule: str, encoder: Encoder, verdict: str):
    """Built, built with a warning, or refused; and where it is allowed always built."""
    for activation in (Relu(), Tcl(), Qcfs(4)):
        ann = network(activation)
        recipe = ConversionRecipe(7, encoder, pooling=rule)
        bears = verdict == "borne" and isinstance(activation, Qcfs)
        if verdict == "converges" or bears:
            snn, rows = build_snn(ann, recipe, thetas(ann))
            why = next(row["why"] for row in rows if row["name"] == "pool")
            assert ("although" in why) == bears
        else:
            with pytest.raises(
                InputError, match=f"cannot convert act with the pooling rule {rule}"
            ):
                build_snn(ann, recipe, thetas(ann))
            snn, rows = build_snn(ann, recipe, thetas(ann), allow_inexact=True)
        assert POOLING_RULES[rule] in [type(node) for node in snn.nodes.values()]


@pytest.mark.parametrize("rule", ["currents", "spikes"])
@pytest.mark.parametrize("encoder", [DIRECT, SPLIT], ids=named)
def test_behind_spikes_even_qcfs_is_refused(rule: str, encoder: Encoder):
    ann = network(Relu(), ("conv2", Conv1d(4, 4, 2), ("act",)), ("act2", Qcfs(4), ("conv2",)))
    recipe = ConversionRecipe(7, encoder, pooling=rule)
    with pytest.raises(InputError, match=f"cannot convert act2 with the pooling rule {rule}"):
        build_snn(ann, recipe, thetas(ann))
    build_snn(ann, recipe, thetas(ann), allow_inexact=True)


def pooling_error(ann: Network, recipe: ConversionRecipe) -> float:
    """Mean distance of the pooled rate (or mean current) from the largest, in thresholds."""
    snn, _ = build_snn(ann, recipe, thetas(ann), allow_inexact=True)
    frames = recipe.encoder.encode(
        vectors(), LENGTHS, recipe.steps, torch.Generator().manual_seed(0)
    )
    record: dict[str, Signal] = {}
    with torch.no_grad():
        snn(Signal(frames, LENGTHS), record)
    ((name, pool),) = [
        (n, snn.node(n)) for n in snn.inputs if isinstance(snn.node(n), SpikePooling)
    ]
    below = record[snn.inputs[name][0]]
    largest = pool.maximum_of(Signal(below.values.mean(0, keepdim=True), below.lengths)).values[0]
    return float((record[name].values.mean(0) - largest).abs().mean())


@pytest.mark.parametrize(("rule", "encoder", "verdict"), CELLS, ids=named)
def test_the_table_is_what_is_measured(rule: str, encoder: Encoder, verdict: str):
    """1023 steps: the rules that converge are near the maximum, the others are far from it."""
    error = pooling_error(network(Relu()), ConversionRecipe(1023, encoder, pooling=rule))
    if rule == "counts" or (rule == "currents" and not encoder.spiking):
        assert error < 1e-9
    elif verdict == "converges":
        assert error < 0.01
    else:
        assert error > 0.03


def test_two_positions_in_turn_by_hand():
    """Rates 1/2 and 1/2 at different steps: their spikes fill every step, whatever T is."""
    for steps in (2, 8, 64):
        signal = train([1, 0] * (steps // 2), [0, 1] * (steps // 2))
        assert MaxOfSpikes()(signal).values.mean() == 1.0
        assert MaxOfCounts()(signal).values.mean() == 0.5


def test_currents_are_only_taken_where_they_are_constant():
    """Direct input: the first layer's current is constant, the second's comes from spikes."""
    ann = deep()
    snn, rows = build_snn(ann, ConversionRecipe(7, DIRECT), thetas(ann))
    assert {"max_currents", "pool"} <= set(snn.inputs) and "pool_currents" not in snn.inputs
    assert isinstance(snn.node("pool"), MaxOfCounts)
    whys = {row["name"]: (row["action"], row["why"]) for row in rows}
    assert whys["max"][0] == "moved" and "largest count" in whys["pool"][1]


def test_maxima_of_several_readers_keep_their_spikes():
    """An activation that a maximum and an average read cannot be pooled before its neurons."""
    ann = Network(
        [
            ("conv", Conv1d(DIM, 4, 2), ("input",)),
            ("act", Relu(), ("conv",)),
            ("max", MaxOverTime(), ("act",)),
            ("mean", MeanOverTime(), ("act",)),
            ("a", Linear(4, 2), ("max",)),
        ]
    )
    torch.nn.init.zeros_(ann.node("conv").weight)
    torch.nn.init.zeros_(ann.node("a").weight)
    with pytest.raises(InputError, match="cannot convert act .* it feeds max, mean"):
        build_snn(ann, ConversionRecipe(7, DIRECT, pooling="currents"), {"act": torch.ones(1)})
    snn, _ = build_snn(
        Network([(n, ann.node(n), ann.inputs[n]) for n in ("conv", "act", "mean", "max", "a")]),
        ConversionRecipe(7, DIRECT),
        {"act": torch.ones(1)},
    )
    assert isinstance(snn.node("max"), MaxOfCounts)


def test_pooling_nodes_round_trip():
    described = Network(
        [("a", GatedMax(3, 2), ("input",)), ("b", MaxOfSpikes(), ("a",))]
    ).describe()
    again = build_network(described)
    assert (again.node("a").kernel, again.node("a").stride) == (3, 2)
    # folders written before pooling had windows have no settings for it
    old = build_network([{"name": "p", "type": "MaxOfCounts", "inputs": ["input"], "settings": {}}])
    assert old.node("p").kernel == 0
