"""Explanations of texts by classifiers: words as they are read, and the engine's own logits."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from snnconvert.convert.conversion import convert_model
from snnconvert.convert.recipes.recipe import ConversionRecipe
from snnconvert.engine.classifier import ModelClassifier
from snnconvert.engine.explanation.text import Explanation, explain_text, without_each
from snnconvert.errors import InputError
from snnconvert.models.encoders.encoder import Encoder
from snnconvert.models.families.textcnn import TextCNNSpec, build_textcnn
from snnconvert.models.text_model import TextModel
from snnconvert.text.datasets.dataset import Split
from snnconvert.text.stages.words import TextStage

TEXTS = ("good food and good people", "bad food", "good", "the room was fine , the food bad")


def classifier(code: str | None, engine: str = "auto") -> ModelClassifier:
    stage, matrix = TextStage.fit(
        Split(TEXTS, (1, 0, 1, 0)), "en", "random", dim=8, max_length=6, progress=False
    )
    network = build_textcnn(TextCNNSpec(8, 3, (2, 3), 6, bound=1.0), seed=1)
    ann = TextModel(torch.from_numpy(matrix), network).eval()
    if code is None:
        return ModelClassifier(stage, ann, ("bad", "so", "good"))
    recipe = ConversionRecipe(7, Encoder(code, "none" if code == "direct" else "split"))
    snn = convert_model(ann, recipe, stage.encode(TEXTS)).snn
    return ModelClassifier(stage, snn, ("bad", "so", "good"), engine=engine)


@pytest.mark.parametrize("code", ["saf", "bitplane", "poisson", "direct"])
@pytest.mark.parametrize("engine", ["auto", "reference", "fast"])
def test_the_logits_are_those_that_the_engine_gives(code: str, engine: str) -> None:
    model = classifier(code, engine)
    for text in TEXTS:
        found = explain_text(model, text, seed=5).parts
        expected = model.logits_by_step([text], seed=5)[:, 0]
        assert np.array_equal(found.running, expected.double().numpy())
    assert explain_text(model, TEXTS[0]).draws == (code == "poisson")


def test_the_logits_of_an_ann_to_what_float32_resolves() -> None:
    model = classifier(None)
    found = explain_text(model, TEXTS[0])
    expected = model.logits_by_step([TEXTS[0]])[0, 0].double().numpy()
    np.testing.assert_allclose(found.parts.logits, expected, rtol=0, atol=1e-6)
    assert found.classes[found.predicted] == model.predict([TEXTS[0]])[0]


def test_words_are_those_that_the_model_reads() -> None:
    found = explain_text(classifier("saf"), "Good zzz food, and the room was fine")
    assert found.words == ["good", "zzz", "food", ",", "and", "the"]
    assert found.known == [True, False, True, True, True, True]
    assert found.left_out == 3
    assert found.parts.words.shape == (6, 3) and found.parts.input.shape == (7, 6)
    assert found.parts.input[:, 1].sum() == 0  # an unknown word is silent


def test_margins_add_up_and_windows_are_ranked_by_them() -> None:
    model = classifier("saf")
    found: Explanation = explain_text(model, TEXTS[0])
    logits, k = found.parts.logits, found.predicted
    others = np.delete(logits, k).mean()
    margins = found.margins(found.parts.parts)[:, k]
    rest = found.margins(found.parts.bias + found.parts.rounding)[k]
    assert margins.sum() + rest == pytest.approx(logits[k] - others, abs=1e-9)
    order = found.strongest(3)
    assert [abs(margins[w]) for w in order] == sorted(np.abs(margins), reverse=True)[:3]
    windows = [found.parts.windows[w] for w in order]
    assert without_each(model, TEXTS[0], windows).shape == (3, 3)
    assert without_each(model, TEXTS[0], []).shape[0] == 0


@pytest.mark.parametrize("text", ["", "   "])
def test_a_text_without_words_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="at least one word"):
        explain_text(classifier(None), text)
