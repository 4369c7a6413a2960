"""Codes against those of spikingjelly, where it has them."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from snnconvert.models.encoders import CODES

encoding = pytest.importorskip("spikingjelly.activation_based.encoding")


def values_of(seed: int) -> Tensor:
    """Values (B, C, L) above zero: spikingjelly's codes send spikes for zero too."""
    return torch.rand(2, 3, 50, generator=torch.Generator().manual_seed(seed)).clamp(min=1e-6)


def all_steps(encoder, values: Tensor, steps: int) -> Tensor:
    return torch.stack([encoder(values) for _ in range(steps)]).to(values.dtype)


@settings(max_examples=30)
@given(st.sampled_from(["linear", "log"]), st.integers(2, 40), st.integers(0, 99))
def test_latency(function: str, steps: int, seed: int):
    theirs = all_steps(encoding.LatencyEncoder(steps, function), values_of(seed), steps)
    name = {"linear": "latency", "log": "log_latency"}[function]
    ours = CODES[name].encode(values_of(seed), steps)
    # logarithms in float32 and in float64 may fall on either side of a half
    assert (ours != theirs).any(dim=0).double().mean() <= (0 if function == "linear" else 0.02)
    assert (ours.argmax(dim=0) - theirs.argmax(dim=0)).abs().max() <= (function == "log")


@settings(max_examples=30)
@given(st.integers(1, 8), st.integers(1, 3), st.integers(0, 99))
def test_weighted_phase(period: int, times: int, seed: int):
    values = values_of(seed).clamp(max=1 - 2.0**-period)
    steps = period if period < 8 else period * times
    theirs = all_steps(encoding.WeightedPhaseEncoder(period), values, steps)
    assert torch.equal(CODES["phase"].encode(values, steps), theirs)


def test_poisson():
    """Other draws of the same rates: counts of 20,000 draws differ by less than five deviations."""
    values = torch.tensor([0.0, 0.1, 0.5, 0.9, 1.0]).reshape(1, 5, 1).expand(1, 5, 1000)
    torch.manual_seed(0)
    theirs = all_steps(encoding.PoissonEncoder(), values, 20).mean(dim=(0, 1, 3))
    ours = CODES["poisson"].encode(values, 20, torch.Generator().manual_seed(0)).mean(dim=(0, 1, 3))
    deviation = (2 * values[0, :, 0] * (1 - values[0, :, 0]) / 20_000).sqrt()
    assert bool(((ours - theirs).abs() <= 5 * deviation + 1e-4).all())
