"""Properties of every code of the registry, whatever it sends."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from snnconvert.models.encoders import CODES, SUMMARIES, summary
from snnconvert.models.encoders.code import Code
from snnconvert.models.encoders.encoder import Encoder, ExactRates
from snnconvert.models.encoders.gain import GAINS, best_gain

names = st.sampled_from(list(CODES))
steps_of_runs = st.sampled_from([*range(1, 13), 16, 21, 33, 64])
CLOSE = 1e-5  # of sums in float32


def texts(seed: int, batch: int = 3, channels: int = 4, positions: int = 5) -> Tensor:
    """Values (B, C, L) in [0, 1]: zeros, ones, equal and small ones among them."""
    random = torch.Generator().manual_seed(seed)
    values = torch.rand(batch, channels, positions, generator=random)
    kind = torch.randint(0, 8, values.shape, generator=random)
    values[kind == 0], values[kind == 1], values[kind == 2] = 0, 1, 0.25
    return torch.where(kind == 3, values / 64, values)


def encoded(code: Code, values: Tensor, steps: int, seed: int = 0, shared: bool = False) -> Tensor:
    return code.encode(values, steps, torch.Generator().manual_seed(seed), shared)


@settings(max_examples=150)
@given(names, steps_of_runs, st.integers(0, 999))
def test_frames_are_spikes_and_zero_is_silent(name: str, steps: int, seed: int):
    code, values = CODES[name], texts(seed)
    frames = encoded(code, values, steps, seed)
    assert frames.shape == (steps, *values.shape) and frames.dtype == values.dtype
    assert not frames[:, values == 0].any()
    assert not code.spiking or bool(((frames == 0) | (frames == 1)).all())


@settings(max_examples=150)
@given(names, steps_of_runs, st.integers(0, 999))
def test_decoding_is_within_the_bound(name: str, steps: int, seed: int):
    code, values = CODES[name], texts(seed)
    decoded = code.decode(encoded(code, values, steps, seed))
    assert decoded.shape == values.shape and decoded.dtype == values.dtype
    assert float((decoded - values).abs().max()) <= code.error_bound(steps) + CLOSE


@pytest.mark.parametrize("name", CODES)
@pytest.mark.parametrize("steps", [1, 2, 3, 4, 6, 8, 13, 32, 100])
def test_the_bound_is_not_far_off(name: str, steps: int):
    """Some value meets it (of codes that are drawn, or that keep an order alone, none need)."""
    code = CODES[name]
    if code.exact or code.bernoulli or name == "rank_order":
        return
    values = torch.linspace(0, 1, 4001, dtype=torch.float64).reshape(1, 1, -1)
    worst = float((code.decode(encoded(code, values, steps)) - values).abs().max())
    assert 0.8 * code.error_bound(steps) <= worst <= code.error_bound(steps) + 1e-9


@settings(max_examples=100)
@given(names, steps_of_runs, st.integers(0, 999), st.integers(1, 4))
def test_a_text_sends_the_same_in_any_batch(name: str, steps: int, seed: int, positions: int):
    code, values = CODES[name], texts(seed)
    whole = encoded(code, values, steps, seed, shared=True)
    assert torch.equal(whole, encoded(code, values, steps, seed, shared=True))
    for first in range(3):
        alone = encoded(code, values[first:, :, :positions], steps, seed, shared=True)
        assert torch.equal(whole[:, first:, :, :positions], alone)
    if not code.stochastic:
        assert torch.equal(whole, encoded(code, values, steps, seed + 1))
        torch.manual_seed(seed)
        assert torch.equal(whole, code.encode(values, steps))


@settings(max_examples=60)
@given(names, steps_of_runs, st.integers(0, 999))
def test_nothing_is_drawn_but_from_the_generator(name: str, steps: int, seed: int):
    before = torch.get_rng_state()
    first = encoded(CODES[name], texts(seed), steps, seed)
    assert torch.equal(before, torch.get_rng_state())
    assert torch.equal(first, encoded(CODES[name], texts(seed), steps, seed))
    if CODES[name].stochastic and steps > 1:
        assert not torch.equal(first, encoded(CODES[name], texts(seed), steps, seed + 1))


@settings(max_examples=100)
@given(names, steps_of_runs, st.integers(0, 999))
def test_the_mean_rate_is_that_of_the_frames(name: str, steps: int, seed: int):
    code, values = CODES[name], texts(seed)
    rate = code.mean_rate(values, steps)
    if not code.stochastic:
        assert torch.equal(rate, encoded(code, values, steps).mean(dim=0))
        return
    many = values[:1].expand(400, *values.shape[1:])
    drawn = encoded(code, many, steps, seed).mean(dim=(0, 1))
    assert float((drawn - rate[0]).abs().max()) < 0.15


@settings(max_examples=100)
@given(names, steps_of_runs, st.integers(0, 999))
def test_codes_of_rate_are_read_as_they_are_decoded(name: str, steps: int, seed: int):
    code, values = CODES[name], texts(seed)
    frames = encoded(code, values, steps, seed)
    counted = frames.mean(dim=0) * code.worth(steps)
    if code.rate:
        assert torch.equal(code.decode(frames), counted)
    if not code.own_neurons:
        assert torch.equal(code.read(frames), counted)


@pytest.mark.parametrize("name", CODES)
@pytest.mark.parametrize("steps", [1, 2, 5, 8])
def test_a_larger_value_never_stands_for_less(name: str, steps: int):
    code = CODES[name]
    if code.stochastic or name == "burst":  # a burst's parts are not ordered
        return
    values = torch.linspace(0, 1, 501).reshape(1, 1, -1)
    assert float(code.decode(encoded(code, values, steps)).diff().min()) >= -CLOSE


@pytest.mark.parametrize("name", [name for name in CODES if not CODES[name].own_neurons])
@pytest.mark.parametrize("mapping", ["split", "shift"])
def test_folded_weights_read_what_the_encoder_reads(name: str, mapping: str):
    """mean over T of fold(W) frames = W read(frames), and of exact rates W x."""
    encoder, steps = Encoder(name, mapping, gain=1.5), 6
    random = torch.Generator().manual_seed(1)
    x = torch.rand(2, 3, 4, generator=random, dtype=torch.float64) - 0.5
    weight = torch.randn(5, 3, generator=random, dtype=torch.float64)
    lengths, folded = torch.tensor([4, 4]), encoder.fold(weight, steps)
    frames = encoder.encode(x, lengths, steps, torch.Generator().manual_seed(0))
    currents = torch.einsum("cd,tbdl->bcl", folded, frames) / steps
    assert torch.allclose(currents, torch.einsum("cd,bdl->bcl", weight, encoder.read(frames)))
    exact = encoder.unrounded(steps)
    assert exact.exact and isinstance(exact, ExactRates) == (encoder.worth(steps) != 1)
    rates = exact.encode(x, lengths, steps)[0]
    assert torch.allclose(exact.decode(rates), x)
    assert torch.allclose(
        torch.einsum("cd,bdl->bcl", folded, rates), torch.einsum("cd,bdl->bcl", weight, x)
    )
    assert encoder.decoded(frames).shape == x.shape


def test_what_depends_on_the_steps_asks_for_them():
    weight = torch.ones(2, 3)
    assert Encoder("saf").fold(weight).shape == (2, 6) and Encoder("even").worth() == 1
    with pytest.raises(ValueError, match="the steps T.* of the individual code"):
        Encoder("individual").fold(weight)


@pytest.mark.parametrize("name", CODES)
def test_the_gain_is_that_of_least_error(name: str):
    vectors = (torch.rand(40, 6, generator=torch.Generator().manual_seed(0)) - 0.5) / 2
    counts = torch.arange(1, 41)
    gain = best_gain(Encoder(name), vectors, counts, 4)
    assert gain in GAINS and (CODES[name].rounds or gain == 1)
    if not CODES[name].rounds:
        return

    def error(gain: float) -> float:
        encoder = Encoder(name, "split", gain)
        sent = encoder.read(encoder.encode(vectors.t()[None], torch.tensor([40]), 4))[0].t()
        return float((counts.float() @ (sent - vectors).square()).sum())

    assert error(gain) <= 1.1 * min(map(error, GAINS))


def test_every_code_says_what_it_is_in_one_line():
    assert list(SUMMARIES) == list(CODES)
    assert all(line and "\n" not in line and len(line) < 80 for line in map(summary, CODES))
    assert len({summary(name) for name in CODES}) == len(CODES)
    assert all(len(CODES[name].against_error(4)) > 20 for name in CODES)
