"""Encoders: golden trains, counts, silent padding, the folding identity, what codes answer."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional

from snnconvert.energy.layers import FIELDS
from snnconvert.errors import InputError
from snnconvert.models.encoders import CODES, MAPPINGS
from snnconvert.models.encoders.check import check_code
from snnconvert.models.encoders.code import Code
from snnconvert.models.encoders.codes.bitplane import bit_of_step
from snnconvert.models.encoders.encoder import Encoder, soft_threshold
from snnconvert.models.spikes import POOLING_RULES

unit = st.integers(0, 1 << 12).map(lambda n: n / (1 << 12))


def test_saf_golden_train():
    # V(0) = .5, x = .3: .8, 1.1*, .4, .7, 1.0* -> 0 (in exact arithmetic; .25 avoids rounding)
    x = torch.tensor([[[0.25]]])
    assert CODES["saf"].encode(x, 8).flatten().tolist() == [0, 1, 0, 0, 0, 1, 0, 0]


@given(unit, st.integers(1, 40))
def test_saf_counts_the_nearest_level(x: float, steps: int):
    frames = CODES["saf"].encode(torch.tensor([[[x]]], dtype=torch.float64), steps)
    assert frames.sum().item() == np.floor(x * steps + 0.5)


@given(unit, st.integers(1, 6))
def test_bitplane_counts_the_nearest_level(x: float, bits: int):
    steps = 2**bits - 1
    frames = CODES["bitplane"].encode(torch.tensor([[[x]]], dtype=torch.float64), steps)
    assert frames.sum().item() == np.floor(x * steps + 0.5)


@pytest.mark.parametrize("bits", range(1, 8))
def test_ruler_gives_bit_i_two_to_the_i_steps(bits: int):
    order = bit_of_step(2**bits - 1)
    assert [order.count(bit) for bit in range(bits)] == [2**bit for bit in range(bits)]
    assert order == order[::-1]  # evenly interleaved


def test_poisson_rate_and_seeds():
    x, lengths = torch.full((1, 1, 2000), 0.6), torch.tensor([2000])
    one, two, other = (
        Encoder("poisson").encode(x, lengths, 10, torch.Generator().manual_seed(s))
        for s in (1, 1, 2)
    )
    assert torch.equal(one, two) and not torch.equal(one, other)
    assert one[:, 0, 0].mean().item() == pytest.approx(0.6, abs=0.02)  # 20,000 draws
    assert one[:, 0, 1].sum() == 0  # the negative channel of a positive value


def test_shared_noise_makes_a_text_independent_of_its_batch():
    x = torch.rand(3, 4, 6, generator=torch.Generator().manual_seed(0)) * 2 - 1
    lengths = torch.tensor([6, 6, 6])
    encoder = Encoder("poisson")
    batch = encoder.encode(x, lengths, 5, torch.Generator().manual_seed(9), shared_noise=True)
    alone = encoder.encode(
        x[1:2], lengths[1:2], 5, torch.Generator().manual_seed(9), shared_noise=True
    )
    assert torch.equal(batch[:, 1:2], alone)


PAIRS = [(code, mapping) for code in sorted(CODES) for mapping in ("split", "shift")]


@pytest.mark.parametrize(("code", "mapping"), [*PAIRS, ("direct", "none")])
def test_padding_is_silent_and_spikes_are_binary(code: str, mapping: str):
    encoder = Encoder(code, mapping)
    x = torch.rand(2, 3, 5, generator=torch.Generator().manual_seed(0)) * 2 - 1
    frames = encoder.encode(x, torch.tensor([3, 0]), 7, torch.Generator().manual_seed(0))
    assert frames.shape == (7, 2, encoder.channels(3), 5)
    assert frames[:, 0, :, 3:].abs().sum() == 0 and frames[:, 1].abs().sum() == 0
    if encoder.spiking:
        assert set(frames.unique().tolist()) <= {0.0, 1.0}


@given(st.sampled_from(["split", "shift", "none"]), st.integers(0, 1000), st.integers(1, 6))
def test_folded_weights_on_mapped_channels_give_the_same_currents(mapping, seed, length):
    """conv(W, x) = conv(fold(W), map(x)), also at positions that are padding."""
    random = torch.Generator().manual_seed(seed)
    x = torch.rand(1, 4, 7, generator=random, dtype=torch.float64) * 2 - 1
    x[:, :, length:] = 0
    weight = torch.randn(3, 4, 2, generator=random, dtype=torch.float64)
    encoder = Encoder("direct", mapping)
    mapped = encoder.map(x, torch.tensor([length]))
    torch.testing.assert_close(
        functional.conv1d(mapped, encoder.fold(weight)), functional.conv1d(x, weight)
    )


@pytest.mark.parametrize(
    ("code", "mapping", "words"),
    [
        ("rate", "split", "direct, poisson, saf, bitplane"),
        ("poison", "split", "did you mean poisson"),
        ("saf", "both", "split, shift, none"),
        ("saf", "none", "needs values in"),
    ],
)
def test_bad_encoders_are_refused(code: str, mapping: str, words: str):
    with pytest.raises(InputError, match=words):
        Encoder(code, mapping)


@given(st.floats(0, 0.99), st.lists(st.floats(-1, 1), min_size=1, max_size=20))
def test_soft_threshold_shrinks_by_tau_and_silences_what_is_small(tau: float, values: list[float]):
    x = torch.tensor(values, dtype=torch.float64)
    y = soft_threshold(x, tau)
    assert torch.equal(y == 0, x.abs() <= tau)
    large = y != 0
    assert torch.allclose((x - y)[large].abs(), torch.full_like(x, tau)[large])
    assert bool((x.sign() == y.sign())[large].all())


@pytest.mark.parametrize("name", CODES)
def test_a_code_answers_what_is_asked(name: str):
    code = CODES[name]
    assert isinstance(code, Code)
    for steps in (1, 3, 7, 31):
        check_code(name, code, steps)
    assert code.default_mapping in MAPPINGS and Encoder(name, code.default_mapping)
    rule, why = code.pooling
    assert rule in POOLING_RULES and why
    twin = CODES[code.noiseless]
    assert not twin.stochastic and twin.spiking == code.spiking
    assert code.stochastic or not code.bernoulli
    values, steps, spikes = np.array([[3.0], [4.0], [5.0]])
    assert set(code.work(values, steps, spikes)) <= set(FIELDS)


@pytest.mark.parametrize("name", [name for name in CODES if not CODES[name].stochastic])
def test_a_long_run_begins_as_a_shorter_one_where_a_code_says_so(name: str):
    code = CODES[name]
    values = torch.rand(2, 3, 5, generator=torch.Generator().manual_seed(0))
    begins = torch.equal(code.encode(values, 15)[:7], code.encode(values, 7))
    assert (begins and code.worth(15) == code.worth(7)) == code.contains_shorter


class Uneven(Code):
    """Every answer but two is the default."""

    def encode(self, values, steps, generator=None, shared_noise=False):
        return torch.stack([(values > t / steps).to(values.dtype) for t in range(steps)])

    def check_steps(self, steps: int) -> None:
        if steps < 3 or steps % 2 == 0:
            raise InputError(f"expected 3, 5, 7 ... steps, but got {steps}")


def test_what_a_code_does_not_answer_is_answered_for_it():
    code = Uneven()
    assert [code.largest_steps(steps) for steps in (3, 4, 8, 9)] == [3, 3, 7, 9]
    assert code.largest_steps(2) == 2  # none: `check_steps` then says which there are
    rows = torch.rand(6, 4, generator=torch.Generator().manual_seed(0))  # (N, K)
    assert torch.equal(
        code.distinct(rows, 5), torch.stack([rows > t / 5 for t in range(5)]).float()
    )
    assert code.frame_order(3) == (0, 1, 2) and code.by_word and code.pooling[0] == "counts"
    values, steps = np.array([10.0, 2.0]), np.array([3.0, 5.0])
    assert {k: v.tolist() for k, v in code.work(values, steps, values).items()} == {
        "encode_adds": [30.0, 10.0]
    }
