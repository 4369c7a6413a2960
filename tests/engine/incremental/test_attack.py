"""An attack through incremental evaluation leaves the records of one through whole evaluation."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from snnconvert.attacks.runs import Example, run_attack
from snnconvert.convert.conversion import convert_model
from snnconvert.convert.recipes.recipe import ConversionRecipe
from snnconvert.engine.classifier import ModelClassifier
from snnconvert.engine.incremental.incremental import Incremental
from snnconvert.models.encoders.encoder import Encoder
from snnconvert.models.families.textcnn import TextCNNSpec, build_textcnn
from snnconvert.models.text_model import TextModel
from snnconvert.text.datasets.dataset import Split
from snnconvert.text.stages.words import TextStage

TEXTS = (
    "a good film with a great cast and a funny plot",
    "bad jokes and a dull story told without any wit",
    "the plot is dull but the cast is great and the music is fun",
    "not a good word in this long and tired film about nothing",
)


@pytest.fixture(scope="module")
def model_parts():
    stage, matrix = TextStage.fit(Split(TEXTS, (1, 0, 1, 0)), "en", "random", dim=12)
    network = build_textcnn(TextCNNSpec(12, 2, (2, 3), 16, bound=1.0), seed=3)
    ann = TextModel(torch.from_numpy(matrix), network).eval()
    recipe = ConversionRecipe(8, Encoder("saf"))
    return stage, convert_model(ann, recipe, stage.encode(TEXTS)).snn


def attacked(parts, engine: str, out) -> tuple[list, ModelClassifier]:
    classifier = ModelClassifier(*parts, ("no", "yes"), engine=engine)
    predictions = classifier.probabilities(TEXTS).argmax(axis=1)
    examples = [Example(i, text, int(predictions[i])) for i, text in enumerate(TEXTS)]
    options = {"seed": 1, "query_budget": 120, "progress": False}
    return run_attack(classifier, examples, "deepwordbug", "snn", out, **options), classifier


def test_the_records_of_an_attack_are_those_of_whole_evaluation(textattack, model_parts, tmp_path):
    expected, _ = attacked(model_parts, "reference", tmp_path / "whole.jsonl")
    found, classifier = attacked(model_parts, "fast", tmp_path / "incremental.jsonl")
    assert isinstance(classifier.engine(), Incremental)
    for record, other in zip(found, expected, strict=True):
        assert record.clean_probability == pytest.approx(other.clean_probability, rel=1e-6)
        assert vars(record) | {"clean_probability": 0} == vars(other) | {"clean_probability": 0}
    assert {record.status for record in found} <= {"success", "failed"}
    assert sum(record.queries for record in found) > 40


def test_a_greedy_search_asks_for_few_whole_texts(model_parts, monkeypatch):
    stage, snn = model_parts
    classifier = ModelClassifier(stage, snn, ("no", "yes"), engine="fast")
    engine = classifier.engine()
    assert isinstance(engine, Incremental)
    whole = []
    original = engine.engine.running_logits

    def counted(sequences, *rest, **more):
        whole.extend(sequences)
        return original(sequences, *rest, **more)

    monkeypatch.setattr(engine.engine, "running_logits", counted)
    vocabulary = sorted({word for text in TEXTS for word in text.split()})
    words, asked = TEXTS[2].split(), 0
    rng = np.random.default_rng(0)
    for place in rng.permutation(len(words))[:6]:
        tried = [[*words[:place], new, *words[place + 1 :]] for new in rng.permutation(vocabulary)]
        rows = classifier.probabilities([" ".join(text) for text in tried])
        asked += len(tried)
        words = tried[int(rows[:, 0].argmax())]
    assert asked > 150 and not whole
