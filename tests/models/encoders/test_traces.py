"""Spike trains of every code, worked out by hand, and its counts."""

from __future__ import annotations

from math import exp, floor

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from snnconvert.errors import InputError
from snnconvert.models.encoders import CODES
from snnconvert.models.encoders.codes.even import places
from snnconvert.models.encoders.codes.saf import SumAndFire

unit = st.integers(0, 1 << 12).map(lambda n: n / (1 << 12))


def train(name: str, values: list[float], steps: int) -> list[str]:
    """The spikes of values that are the channels of one word, a string for each."""
    x = torch.tensor(values, dtype=torch.float64).reshape(1, -1, 1)
    frames = CODES[name].encode(x, steps, torch.Generator().manual_seed(0))[:, 0, :, 0]  # (T, C)
    return ["".join("|" if spike else "." for spike in channel) for channel in frames.t()]


# code, values of the channels of one word, and the spikes of each
TRACES = [
    ("saf", [0.25, 0.5, 1], [".|..", "|.|.", "||||"]),  # V = .75 1*; 1* .5 1*
    ("saf0", [0.25, 0.5, 1], ["...|", ".|.|", "||||"]),  # V = .25 .5 .75 1
    ("bitplane", [3 / 7, 4 / 7, 1], [".|.|", "|.|.", "||||"]),  # bits 2 1 2 0 of 011, 100, 111
    # T = 4: one spike where t / 4 + 0, 1/2, 1/4, 3/4 passes 1
    ("even", [0.25, 0.25, 0.25, 0.25], ["...|", ".|..", "..|.", "|..."]),
    ("even", [0.5, 0.5, 0, 1], [".|.|", "|.|.", "....", "||||"]),
    # round(3 (1 - x)): 3, 2, 0
    ("latency", [0.1, 0.4, 1, 0], ["...|", "..|.", "|...", "...."]),
    # round(3 - ln((e^3 - 1) x + 1)): ln 10.5 = 2.36 -> 1; ln 1.19 = 0.17 -> 3
    ("log_latency", [0.5, 0.01, 1, 0], [".|..", "...|", "|...", "...."]),
    ("phase", [5 / 16, 0.5, 1, 0.03], [".|.|", "|...", "||||", "...."]),  # 0101, 1000, 1111, 0000
    # two of four are larger: step 4 * 2 / 4; equal ones share a step
    ("rank_order", [0.2, 0.9, 0.3, 0.1, 0], ["..|.", "|...", ".|..", "...|", "...."]),
    ("rank_order", [0.3, 0.3, 0.1, 0, 0], ["|...", "|...", "..|.", "....", "...."]),
    # theta = 4/15 = .267, V(0) = .133: .633* .867* .833 (< 1.07) 1.33*; .258 .383* .242 .367*
    ("burst", [0.5, 0.125, 0], ["||.|", ".|.|", "...."]),
]


@pytest.mark.parametrize(("name", "values", "expected"), TRACES)
def test_trains_by_hand(name: str, values: list[float], expected: list[str]):
    assert train(name, values, 4) == expected


def test_individual_sends_a_word_a_step():
    values = torch.tensor([[[0.6, 0.5, 0.4, 1.0, 0.7]]])  # one channel of five words
    frames = CODES["individual"].encode(values, 3)[:, 0, 0]  # (T, L)
    assert frames.tolist() == [[1, 0, 0, 1, 0], [0, 1, 0, 0, 1], [0, 0, 0, 0, 0]]
    long = CODES["individual"].encode(torch.ones(1, 2, 512), 512)[:, 0]  # (T, C, L)
    assert torch.equal(long, torch.eye(512)[:, None].expand(512, 2, 512))
    assert CODES["individual"].worth(512) == 512


def test_sigma_delta_of_a_known_start_is_sum_and_fire():
    code, x = CODES["sigma_delta"], torch.rand(2, 3, 4)
    drawn = torch.rand(x.shape, generator=torch.Generator().manual_seed(3))
    frames = code.encode(x, 9, torch.Generator().manual_seed(3))
    for place in [(0, 0, 0), (1, 2, 3), (0, 1, 2)]:
        own = SumAndFire(initial=float(drawn[place])).encode(x[place].reshape(1, 1, 1), 9)
        assert torch.equal(frames[(slice(None), *place)], own.flatten())


def modulated(x: float, steps: int) -> list[float]:
    """The first-order modulator as it is written down: u += x - s, s = 1 at u >= 1/2, u(0) = 0."""
    u, s, spikes = 0.0, 0.0, []
    for _ in range(steps):
        u += x - s
        s = float(u >= 0.5)
        spikes.append(s)
    return spikes


@given(unit, st.integers(1, 40))
def test_without_dither_a_sigma_delta_modulator_is_sum_and_fire(x: float, steps: int):
    frames = CODES["saf"].encode(torch.tensor([[[x]]], dtype=torch.float64), steps)
    assert frames.flatten().tolist() == modulated(x, steps)


@given(unit, st.integers(1, 40), st.floats(0.2, 3), st.floats(0, 0.99))
def test_sum_and_fire_counts_levels_of_its_threshold(x, steps, threshold, initial):
    frames = SumAndFire(threshold, initial).encode(torch.tensor([x], dtype=torch.float64), steps)
    exact = x * steps / threshold + initial
    if abs(exact - round(exact)) > 1e-9:
        assert frames.sum().item() == min(floor(exact), steps)


@pytest.mark.parametrize(("threshold", "initial"), [(0, 0.5), (-1, 0.5), (1, 1), (1, -0.1)])
def test_sums_that_would_always_fire_are_refused(threshold: float, initial: float):
    with pytest.raises(InputError, match="threshold above 0 and V"):
        SumAndFire(threshold, initial)


@given(unit, st.integers(1, 40))
def test_codes_that_round_count_the_nearest_level(x: float, steps: int):
    values = torch.full((1, 5, 1), x, dtype=torch.float64)
    nearest = floor(x * steps + 0.5)
    assert set(CODES["even"].encode(values, steps).sum(dim=0).flatten().tolist()) == {nearest}
    assert CODES["saf0"].encode(values, steps).sum(dim=0)[0, 0, 0] == floor(x * steps)
    drawn = CODES["sigma_delta"].encode(values, steps, torch.Generator().manual_seed(steps))
    assert bool(((drawn.sum(dim=0) - x * steps).abs() < 1).all())


@given(unit, st.integers(1, 70))
def test_bit_planes_of_any_number_of_steps_count_near_the_value(x: float, steps: int):
    code = CODES["bitplane"]
    frames = code.encode(torch.tensor([[[x]]], dtype=torch.float64), steps)
    count, bits = frames.sum().item(), steps.bit_length()
    assert abs(count / steps - x) <= code.error_bound(steps) + 1e-12
    if steps + 1 == 1 << bits:
        assert count == floor(x * steps + 0.5) and code.error_bound(steps) == pytest.approx(
            0.5 / steps
        )
    assert steps > 16 or code.error_bound(steps) * steps <= 1 + 1e-9


def test_spikes_of_a_word_are_spread_over_the_steps():
    """Of equal small values saf sends all spikes at one step, even a part of them at each."""
    values = torch.full((1, 64, 1), 0.1)
    together = CODES["saf"].encode(values, 8).sum(dim=(1, 2, 3))
    spread = CODES["even"].encode(values, 8).sum(dim=(1, 2, 3))
    assert sorted(together.tolist()) == [0] * 7 + [64]
    assert spread.tolist() == [8] * 8
    assert places(4).tolist() == [0, 1 << 15, 1 << 14, 3 << 14]


def test_values_by_hand_of_what_was_sent():
    def frames(*spikes: int) -> torch.Tensor:
        return torch.tensor(spikes, dtype=torch.float64).reshape(-1, 1)

    for name, sent, value in [
        ("latency", (0, 1, 0, 0), 2 / 3),
        ("log_latency", (0, 1, 0, 0), (exp(2) - 1) / (exp(3) - 1)),
        ("phase", (1, 0, 1, 1), 0.5 + 0.125 + 0.0625),
        ("phase", (1, 0, 0, 0, 0, 0, 0, 1, 1), 0.5 + 1 / 256),
        ("phase", (1, 0, 0, 0, 0, 0, 0, 1, 0), 0.25 + 1 / 256),  # the mean of two periods
        ("rank_order", (0, 1, 0, 0), 2.5 / 4),
        ("burst", (1, 1, 0, 1), (1 + 2 + 1) / 15),
        ("individual", (0, 1, 0, 0), 1),
        ("ttfs", (0, 1, 0, 0), 3 / 4),
        ("saf0", (0, 1, 1, 0), 0.5),
    ]:
        assert CODES[name].decode(frames(*sent)).item() == pytest.approx(value, abs=1e-12), name


def test_a_threshold_is_what_a_spike_is_worth():
    code = SumAndFire(threshold=2, initial=0.5)
    frames = code.encode(torch.tensor([0.5, 1.0]), 8)
    assert frames.sum(dim=0).tolist() == [2, 4] and code.decode(frames).tolist() == [0.5, 1.0]
    assert code.worth(8) == 2 and code.error_bound(8) == 1 / 8
    assert SumAndFire(threshold=0.5).error_bound(8) == 0.5  # 1 is clipped to 1/2
