"""The front of a network as the fast engines see it, its frames by word, and its tables."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from snnconvert.engine.frames import frame_count, position_frames, token_frames
from snnconvert.engine.plan import Branch, Unsupported, plan_of, run_rest
from snnconvert.errors import InputError
from snnconvert.models.encoders import CODES
from snnconvert.models.encoders.encoder import Encoder
from snnconvert.models.network import Network, Node, Signal
from snnconvert.models.neurons.integrate_and_fire import IF
from snnconvert.models.neurons.lif import LIF
from snnconvert.models.nodes.layers import Concat, Conv1d, Dropout, Linear, initialised
from snnconvert.models.nodes.pooling import AvgPool1d, MeanOverTime
from snnconvert.models.spikes.pooling import MaxOfCurrents, MaxOfSpikes
from snnconvert.tests.helpers.own_codes import odd_code

Nodes = list[tuple[str, Node, tuple[str, ...]]]


def two_branches() -> Nodes:
    return [
        ("a", Conv1d(4, 3, 2, padding="same"), ("input",)),
        ("a_if", IF(), ("a",)),
        ("a_pool", MeanOverTime(), ("a_if",)),
        ("b", Conv1d(4, 5, 1), ("input",)),
        ("b_max", MaxOfCurrents(), ("b",)),
        ("b_if", IF([0.1, 0.2, 0.3, 0.4, 0.5], soft_reset=False), ("b_max",)),
        ("join", Concat(), ("a_pool", "b_if")),
        ("drop", Dropout(0.5), ("join",)),
        ("out", Linear(8, 2), ("drop",)),
    ]


def test_a_plan_names_branches_rest_and_offsets():
    plan = plan_of(Network(two_branches()))
    assert plan.branches == (
        Branch("a", "a_if", "a_pool", "mean", "a_pool", 2, 3, (0, 1)),
        Branch("b", "b_if", "b_max", "currents", "b_if", 1, 5, (0, 0)),
    )
    assert plan.rest == ("join", "drop", "out")
    assert plan.taps == 11 and plan.offsets == (0, 6)


def test_the_rest_runs_as_in_the_whole_network():
    network = initialised(Network(two_branches()), 0).eval()
    frames = (torch.rand(5, 2, 4, 6, generator=torch.Generator().manual_seed(0)) < 0.5).float()
    record: dict[str, Signal] = {}
    whole = network(Signal(frames, torch.tensor([6, 4])), record)
    pooled = {name: record[name].values for name in ("a_pool", "b_if")}
    seen: dict[str, Signal] = {}
    assert torch.equal(run_rest(network, plan_of(network), pooled, record=seen), whole)
    assert torch.equal(seen["join"].values, record["join"].values)


def changed(name: str, node: Node, inputs: tuple[str, ...]) -> Network:
    return Network([item if item[0] != name else (name, node, inputs) for item in two_branches()])


@pytest.mark.parametrize(
    ("network", "reason"),
    [
        (changed("a_if", LIF(), ("a",)), "a_if holds LIF, not IF neurons"),
        (changed("a_pool", AvgPool1d(2), ("a_if",)), "a_pool after the neurons is AvgPool1d"),
        (changed("a_pool", MaxOfSpikes(2, 2), ("a_if",)), "a_pool pools in windows"),
        (changed("b_max", MaxOfCurrents(2, 2), ("b",)), "b_max pools in windows"),
        (changed("b_max", MaxOfCurrents(), ("a",)), "a is read by 2 nodes"),
        (changed("a", IF(), ("input",)), "a reads the words and is no convolution but IF"),
    ],
)
def test_a_network_of_another_form_is_refused_with_a_reason(network, reason):
    with pytest.raises(Unsupported, match=reason):
        plan_of(network)


BY_WORD = [code for code in CODES if CODES[code].by_word and not CODES[code].own_neurons]


@settings(max_examples=60)
@given(
    st.sampled_from(
        [("direct", "none"), ("direct", "split"), ("direct", "shift")]
        + [(code, mapping) for code in BY_WORD for mapping in ("split", "shift")]
    ),
    st.integers(1, 6),
    st.integers(0, 9999),
)
def test_frames_by_word_are_those_of_the_encoder(kind, bits, seed):
    encoder, steps = Encoder(*kind), 2**bits - 1
    vectors = torch.rand(7, 5, generator=torch.Generator().manual_seed(seed)) * 2 - 1
    vectors[0] = 0
    frames = token_frames(encoder, vectors, steps)
    expected = encoder.encode(vectors.T[None], torch.tensor([7]), steps)  # (T, 1, D', N)
    assert torch.equal(frames.values[list(frames.order)], expected[:, 0].transpose(1, 2))
    assert len(frames.values) == frame_count(encoder, steps) == len(set(frames.order))
    assert frame_count(encoder, steps) == (
        {"direct": 1, "bitplane": bits, "phase": min(steps, 8)}.get(kind[0], steps)
    )


@pytest.mark.parametrize("shared", [False, True])
def test_frames_by_position_are_the_draws_of_the_reference(shared):
    encoder, lengths = Encoder("poisson"), torch.tensor([3, 1])
    x = torch.rand(2, 4, 3) * (torch.arange(3) < lengths[:, None])[:, None]
    draws = [torch.Generator().manual_seed(5) for _ in range(2)]
    frames = position_frames(encoder, x, lengths, 6, draws[0], shared)
    expected = encoder.encode(x, lengths, 6, draws[1], shared)  # (T, B, D', L)
    for text in range(2):
        for position in range(3):
            row = frames.values[:, 3 * text + position]
            assert torch.equal(row, expected[:, text, :, position])
    assert not frames.values[:, 4:].any()  # padding is silent


def test_codes_that_are_no_function_of_the_word_are_refused():
    with pytest.raises(ValueError, match="poisson"):
        token_frames(Encoder("poisson"), torch.zeros(1, 3), 4)
    with odd_code() as code, pytest.raises(InputError, match="1, 3, 5"):
        token_frames(Encoder(code), torch.zeros(1, 3), 4)
    for code in ("individual", "ttfs"):
        with pytest.raises(ValueError, match=code):
            token_frames(Encoder(code), torch.zeros(1, 3), 4)
