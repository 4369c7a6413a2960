"""Settings of torch that round numbers before they are multiplied have no say in an engine."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from snnconvert.convert.conversion import convert_model
from snnconvert.convert.recipes.recipe import ConversionRecipe
from snnconvert.engine.classifier import ModelClassifier
from snnconvert.engine.exact_sums import exact_sums, products_as_on_cpu
from snnconvert.models.encoders.encoder import Encoder
from snnconvert.models.families.textcnn import TextCNNSpec, build_textcnn
from snnconvert.models.text_model import TextModel
from snnconvert.text.datasets.dataset import Split
from snnconvert.text.stages.words import TextStage

TEXTS = ("good food and good people", "bad food", "the room was fine , the food was not")
MANY = [f"{text} {word}" for text in TEXTS for word in TEXTS[2].split()] * 4
"""Enough for compiled kernels."""


def classifier(code: str | None, engine: str) -> ModelClassifier:
    stage, matrix = TextStage.fit(Split(TEXTS, (1, 0, 0)), "en", "random", dim=8)
    network = build_textcnn(TextCNNSpec(8, 2, (2, 3), 6, bound=1.0), 3)
    model = TextModel(torch.from_numpy(matrix), network).eval()
    if code is None:
        return ModelClassifier(stage, model, ("no", "yes"), engine=engine)
    spiking = convert_model(model, ConversionRecipe(5, Encoder(code)), stage.encode(TEXTS)).snn
    return ModelClassifier(stage, spiking, ("no", "yes"), engine=engine)


@pytest.mark.parametrize("engine", ["auto", "torch", "reference"])
@pytest.mark.parametrize("code", [None, "saf", "poisson"])
def test_a_caller_in_autocast_gets_the_same_bits(code, engine):
    one, other = classifier(code, engine), classifier(code, engine)
    expected = [one.logits_by_step(texts) for texts in (TEXTS, MANY)]
    with torch.autocast("cpu", torch.bfloat16):
        found = [other.logits_by_step(texts) for texts in (TEXTS, MANY)]
    assert all(map(torch.equal, found, expected))


@pytest.mark.parametrize("code", [None, "saf"])
def test_so_are_gradients_of_words(code):
    one, other = classifier(code, "auto"), classifier(code, "auto")
    expected = one.gradient(TEXTS[0], 1).gradient
    with torch.autocast("cpu", torch.bfloat16):
        found = other.gradient(TEXTS[0], 1).gradient
    assert found.dtype == expected.dtype and np.array_equal(found, expected)


@pytest.mark.parametrize("block", [exact_sums, lambda: products_as_on_cpu(torch.device("cpu"))])
def test_blocks_of_exact_sums_put_autocast_back(block):
    numbers = torch.full((1, 3), 1 + 2**-12)
    with torch.autocast("cpu", torch.bfloat16):
        with block():
            assert (numbers @ numbers.T).item() > 3
        assert (numbers @ numbers.T).item() == 3
