"""A conversion inside a caller's autocast is the same conversion."""

from __future__ import annotations

import numpy as np
import torch

from snnconvert.convert.conversion import convert_model
from snnconvert.convert.recipes.recipe import ConversionRecipe
from snnconvert.models.encoders.encoder import Encoder
from snnconvert.models.families.textcnn import TextCNNSpec, build_textcnn
from snnconvert.models.text_model import TextModel


def test_weights_and_report_are_those_of_float32():
    vectors = torch.rand(60, 8, generator=torch.Generator().manual_seed(1)) * 2 - 1
    ann = TextModel(vectors, build_textcnn(TextCNNSpec(8, 2, (2, 3), 6, bound=1.0), 3)).eval()
    texts = [np.random.default_rng(i).integers(1, 60, n) for i, n in enumerate((5, 30, 9, 17))]
    recipe = ConversionRecipe(5, Encoder("saf"), correction="potential")
    expected = convert_model(ann, recipe, texts)
    with torch.autocast("cpu", torch.bfloat16):
        found = convert_model(ann, recipe, texts)  # which is verified, too
    weights, others = expected.snn.state_dict(), found.snn.state_dict()
    assert weights.keys() == others.keys()
    assert all(torch.equal(weights[name], others[name]) for name in weights)
    assert found.rows == expected.rows and found.corrections == expected.corrections
