"""Word vectors rounded to what spikes deliver: by hand, by property, and through the encoder."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from snnconvert.convert.recipes.recipe import ConversionRecipe
from snnconvert.models.encoders.encoder import Encoder
from snnconvert.models.encoders.rounding import Rounding, exact_gains, fit_rounding
from snnconvert.models.network import Network
from snnconvert.models.nodes.layers import Linear
from snnconvert.models.text_model import TextModel

LEVELS = st.sampled_from([1, 2, 3, 4, 8])


def vectors(rows: int = 40, dim: int = 6, seed: int = 0) -> torch.Tensor:
    drawn = torch.randn(rows, dim, generator=torch.Generator().manual_seed(seed)) / 3
    return drawn.clamp(-1, 1)  # (N, D)


def test_by_hand() -> None:
    x = torch.tensor([0.0, 0.1, 0.125, 0.3, 0.4, 0.9, -0.125, -0.3])
    assert Rounding(2, 2.0)(x).tolist() == [0, 0, 0.25, 0.25, 0.5, 0.5, -0.25, -0.25]
    assert Rounding(1, 2.0)(x).tolist() == [0, 0, 0, 0.5, 0.5, 0.5, 0, -0.5]
    assert Rounding(2, 2.0, least=0.35)(x).tolist() == [0, 0, 0, 0, 0.5, 0.5, 0, 0]


@given(levels=LEVELS, pick=st.integers(0, 1000), seed=st.integers(0, 1000))
def test_rounding_is_the_nearest_level_and_settles(levels: int, pick: int, seed: int) -> None:
    gains = exact_gains(levels)
    rounding = Rounding(levels, gains[pick % len(gains)])
    x = vectors(seed=seed)
    grid = torch.arange(-levels, levels + 1) / levels / rounding.gain  # (2L + 1,)
    nearest = (x[..., None] - grid).abs().min(dim=-1).values
    rounded = rounding(x)
    assert torch.allclose((x - rounded).abs(), nearest, atol=1e-6)
    assert torch.equal(rounding(rounded), rounded)


@given(levels=LEVELS, times=st.integers(1, 4), pick=st.integers(0, 1000))
@pytest.mark.parametrize("code", ["saf"])
def test_spikes_deliver_rounded_vectors_to_the_last_bit(
    code: str, levels: int, times: int, pick: int
) -> None:
    gains, steps = exact_gains(levels), levels * times
    rounding = Rounding(levels, gains[pick % len(gains)])
    x = rounding(vectors()).t().unsqueeze(0)  # (1, D, N)
    encoder = Encoder(code, gain=rounding.gain)
    frames = encoder.encode(x, torch.tensor([x.shape[-1]]), steps)  # (T, 1, 2D, N)
    counts = frames.sum(dim=0)
    wanted = (encoder.map(x, torch.tensor([x.shape[-1]])) * steps).round()
    assert torch.equal(counts, wanted)
    assert torch.allclose(encoder.decode(frames.mean(dim=0)), x, atol=1e-6)
    if levels == 1:
        assert torch.equal(frames, frames[:1].expand_as(frames))  # as even as analog input


@pytest.mark.parametrize("levels", [1, 2])
def test_conversion_finds_the_gain_by_which_vectors_were_rounded(levels: int) -> None:
    x = vectors(400)
    rounding = fit_rounding(x, torch.ones(len(x)), levels)
    recipe = ConversionRecipe(steps=2).with_gain(rounding(x), torch.ones(len(x)))
    encoder = recipe.encoder
    text, lengths = rounding(x).t().unsqueeze(0), torch.tensor([len(x)])
    sent = encoder.decode(encoder.encode(text, lengths, 2).mean(dim=0))
    assert float((sent - text).abs().max()) < 0.05


@given(rate=st.floats(0.02, 0.9), levels=LEVELS)
def test_no_more_than_the_rate_is_sent(rate: float, levels: int) -> None:
    x = vectors(200, 8)
    counts = torch.arange(1, 201)
    rounding = fit_rounding(x, counts, levels, rate)
    sent = ((rounding(x) != 0).double() * counts[:, None]).sum() / (counts.sum() * 8)
    assert float(sent) <= rate + 0.01


def test_fit_is_the_gain_of_the_least_error() -> None:
    x, counts = vectors(300, 8), torch.arange(1, 301)

    def error(gain: float) -> float:
        away = (Rounding(2, gain)(x) - x).double().square()
        return float((counts[:, None] * away).sum())

    least = min(map(error, exact_gains(2)))
    assert error(fit_rounding(x, counts, 2).gain) <= 1.001 * least


def test_gradient_passes_straight_through_and_the_table_settles() -> None:
    x = vectors()
    x[0] = 0
    network = Network([("out", Linear(6, 2), ("input",))])
    model = TextModel(x, network, train_vectors=True, rounding=Rounding(1, 2.0))
    ids, weight = torch.tensor([[3, 7]]), torch.tensor([[2.0, -3.0]])
    (model.embed(ids) * weight[:, None]).sum().backward()
    grad = model.embedding.weight.grad
    assert grad is not None and torch.equal(grad[3], torch.full((6,), 2.0))
    assert torch.equal(grad[7], torch.full((6,), -3.0))
    before = model.embed(ids).detach()
    model.settle()
    assert model.rounding is None
    assert torch.equal(model.embed(ids), before)
    assert torch.equal(model.embedding.weight[0], torch.zeros(6))
