"""The gain of word vectors before they are coded: taken back exactly, and chosen by least error."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from snnconvert.convert.conversion import convert_model
from snnconvert.convert.recipes.options import from_options, to_options
from snnconvert.convert.recipes.recipe import ConversionRecipe
from snnconvert.engine.engines import make_engine
from snnconvert.engine.gradients.text import unmapped
from snnconvert.errors import InputError
from snnconvert.models.encoders.encoder import Encoder
from snnconvert.models.encoders.gain import GAINS, NEAR, best_gain
from snnconvert.models.families.textcnn import TextCNNSpec, build_textcnn
from snnconvert.models.saving import load_model, save_model
from snnconvert.models.text_model import TextModel

CODES = [("saf", "split"), ("saf", "shift"), ("bitplane", "split"), ("direct", "split")]


def gaussian(std: float, size: tuple[int, int] = (400, 12)) -> torch.Tensor:
    return (torch.randn(size, generator=torch.Generator().manual_seed(3)) * std).clamp(-1, 1)


def ann_and_texts(seed: int) -> tuple[TextModel, list[np.ndarray]]:
    """A small text CNN with max pooling, and texts of 3 to 9 of its words."""
    vectors = gaussian(1 / 3, (20, 6))
    vectors[0] = 0
    spec = TextCNNSpec(dim=6, classes=2, widths=(2, 3), channels=5, dropout=0.0)
    random = np.random.default_rng(seed)
    texts = [random.integers(1, 20, random.integers(3, 10)) for _ in range(30)]
    return TextModel(vectors, build_textcnn(spec, seed)).eval(), texts


@pytest.mark.parametrize(("code", "mapping"), CODES)
def test_by_hand(code: str, mapping: str) -> None:
    """0.3 and -0.8 doubled are 0.6 and -1: what is sent of them is halved again."""
    encoder = Encoder(code, mapping, 2.0)
    x = torch.tensor([[[0.3], [-0.8]]])  # (B = 1, D = 2, L = 1)
    sent = encoder.decode(encoder.encode(x, torch.tensor([1]), 3).mean(dim=0))
    by_code = {"direct": [0.3, -0.8], "saf": [1 / 3, -0.5], "bitplane": [1 / 3, -0.5]}[code]
    if mapping == "shift":  # (1 + 0.6) / 2 = 0.8 and 0 of three steps: 2 and 0 spikes
        by_code = [1 / 6, -0.5]
    assert sent.flatten().tolist() == pytest.approx(by_code)


@given(
    gain=st.floats(0.25, 8),
    code=st.sampled_from(CODES),
    seed=st.integers(0, 99),
)
@settings(max_examples=40)
def test_weights_take_the_gain_back(gain: float, code: tuple[str, str], seed: int) -> None:
    encoder = Encoder(*code, gain)
    random = torch.Generator().manual_seed(seed)
    x, weight = torch.rand((2, 3, 4), generator=random) * 2 - 1, torch.randn((5, 3, 1))
    lengths = torch.tensor([4, 2])
    exact = encoder.unrounded().map(x, lengths)  # (B, D', L), nothing clipped
    folded = torch.nn.functional.conv1d(exact, encoder.fold(weight))
    real = (torch.arange(4) < lengths[:, None])[:, None]
    expected = torch.nn.functional.conv1d(x * real, weight)
    assert torch.allclose(folded, expected, atol=1e-4)
    assert torch.allclose(encoder.unrounded().decode(exact), x * real, atol=1e-5)


@pytest.mark.parametrize(("steps", "expected"), [(1, 2.448), (2, 1.779), (4, 1.391)])
def test_of_gaussian_values_it_is_the_step_of_max_1960(steps: int, expected: float) -> None:
    """Max 1960, table II: the best uniform quantiser of 2T + 1 levels, for values of std 1.

    Its steps for 3, 5 and 9 levels are 1.2240, 0.8430 and 0.5338, here s = 1 / (T g) for std 1/3.
    """
    assert expected == pytest.approx(3 / (steps * {1: 1.2240, 2: 0.8430, 4: 0.5338}[steps]), 0.012)
    vectors = gaussian(1 / 3, (20_000, 4))
    found = best_gain(Encoder("saf"), vectors, torch.ones(len(vectors)), steps)
    assert (
        0.85 * expected < found <= expected + 1 / 16
    )  # the smallest within 5 % of the least error


@pytest.mark.parametrize("code", ["saf", "bitplane"])
@pytest.mark.parametrize("mapping", ["split", "shift"])
def test_no_other_gain_is_much_better(code: str, mapping: str) -> None:
    vectors, counts = gaussian(0.2), torch.arange(1, 401)

    def error(gain: float) -> float:
        encoder = Encoder(code, mapping, gain)
        x, lengths = vectors.t().unsqueeze(0), torch.tensor([len(vectors)])
        sent = encoder.decode(encoder.encode(x, lengths, 3).mean(dim=0))[0].t()
        return float(((sent - vectors).square().sum(dim=1) * counts).sum())

    found = best_gain(Encoder(code, mapping), vectors, counts, 3)
    assert found > 1 and error(found) <= 1.01 * NEAR * min(map(error, GAINS))  # 1 %: a histogram


def test_codes_that_do_not_round_keep_the_vectors() -> None:
    for encoder in (Encoder("direct", "none"), Encoder("poisson"), Encoder("ttfs")):
        assert best_gain(encoder, gaussian(0.1), torch.ones(400), 4) == 1
    assert best_gain(Encoder("saf"), torch.zeros(0, 4), torch.zeros(0), 4) == 1
    with pytest.raises(InputError, match="expected a positive gain"):
        Encoder("saf", "split", 0.0)


def test_a_conversion_fits_keeps_and_saves_it(tmp_path) -> None:
    ann, texts = ann_and_texts(1)
    made = convert_model(ann, ConversionRecipe(2), texts)
    assert made.recipe.gain is not None and made.recipe.gain > 1
    assert made.snn.encoder == Encoder("saf", "split", made.recipe.gain)
    save_model(tmp_path / "snn", made.snn, ("a", "b"))
    again, _ = load_model(tmp_path / "snn")
    assert again.encoder == made.snn.encoder
    fixed = from_options(to_options(made.recipe))
    assert fixed == made.recipe and not fixed.fits_gain
    assert from_options({"gain": 1.5}).encoder.gain == 1.5
    assert ConversionRecipe(encoder=Encoder("saf", "split", 1.5)).gain == 1.5


@pytest.mark.parametrize("pooling", ["counts", "gated"])
@pytest.mark.parametrize("mapping", ["split", "shift"])
def test_engines_agree_with_vectors_and_weights_that_hold_it(mapping: str, pooling: str) -> None:
    """A gain of 2 is the same as vectors times two, clipped, and filters halved."""
    ann, texts = ann_and_texts(4)
    scaled = TextModel((ann.embedding.weight.detach() * 2).clamp(-1, 1), copy.deepcopy(ann.network))
    for name, inputs in scaled.network.inputs.items():
        if inputs == ("input",):
            scaled.network.node(name).weight.data /= 2
    encoder = Encoder("saf", mapping)
    own = convert_model(ann, ConversionRecipe(3, encoder, pooling=pooling, gain=2.0), texts).snn
    held = convert_model(
        scaled.eval(), ConversionRecipe(3, encoder, pooling=pooling, gain=1.0), texts
    )
    for name in ("reference", "fast"):
        ours, theirs = (
            make_engine(model, name, "exact", len(texts)).running_logits(texts, 0)
            for model in (own, held.snn)
        )
        assert torch.allclose(ours, theirs, atol=1e-4)


def test_gradients_toward_the_words_grow_with_it() -> None:
    x, gradient = torch.tensor([[[0.2], [-0.4]]]), torch.randn(1, 4, 1)
    plain, twice = (unmapped(Encoder("saf", "split", g), gradient, x) for g in (1.0, 2.0))
    assert torch.equal(twice, 2 * plain)
