"""`from snnconvert import TextClassifier`: what a program of the user's calls."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import snnconvert
from snnconvert import TextClassifier
from snnconvert.attacks.controls.coded_ann import CodedAnn
from snnconvert.attacks.controls.quantised_scores import QuantisedScores
from snnconvert.convert.conversion import convert_model
from snnconvert.convert.recipes.recipe import ConversionRecipe
from snnconvert.engine.evaluate import accuracy, evaluate_snn, evaluate_steps
from snnconvert.engine.reference import ann_logits
from snnconvert.errors import InputError
from snnconvert.models.encoders.encoder import Encoder
from snnconvert.pipelines.predict import predict

TEXTS = ["good food", "cold and rude", "", "good food"]
LAZY = """
import sys, snnconvert
assert "TextClassifier" in dir(snnconvert) and "TextClassifier" in snnconvert.__all__
assert not {"torch", "numpy"} & set(sys.modules)
from snnconvert import *
assert TextClassifier.__name__ == "TextClassifier" and "torch" in sys.modules
"""


@pytest.fixture(scope="module", params=["ann", "snn", "poisson"])
def classifier(request: pytest.FixtureRequest, tiny_run: Path) -> TextClassifier:
    if request.param != "poisson":
        return TextClassifier.load(tiny_run, request.param)
    ann = TextClassifier.load(tiny_run, "ann")
    recipe = ConversionRecipe(encoder=Encoder("poisson"), steps=3)
    snn = convert_model(ann.model, recipe, ann.stage.encode(TEXTS)).snn  # type: ignore[arg-type]
    return TextClassifier(ann.stage, snn, ann.classes, draws=2)


@pytest.fixture
def copy(tiny_run: Path, tmp_path: Path) -> Path:
    shutil.copytree(tiny_run, tmp_path / "run")
    return tmp_path / "run"


def test_the_name_is_loaded_when_it_is_asked_for(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", LAZY], check=True, cwd=tmp_path)
    with pytest.raises(AttributeError, match="no attribute 'Classifier'"):
        snnconvert.Classifier  # type: ignore[attr-defined]  # noqa: B018


def test_a_string_gives_one_row(classifier: TextClassifier) -> None:
    one, listed = "good food", ["good food"]
    assert classifier.probabilities(one).shape == (1, 2)
    assert (classifier.probabilities(one) == classifier.probabilities(listed)).all()
    assert torch.equal(classifier.logits_by_step(one), classifier.logits_by_step(listed))
    assert (classifier.votes(one, 3) == classifier.votes(listed, 3)).all()
    assert classifier.predict(one).tolist() == classifier.predict(listed).tolist()
    found = classifier.gradient("cold food", 0)
    assert classifier.first_order(found, one) == classifier.first_order(found, listed)


def test_every_container_gives_the_same(classifier: TextClassifier) -> None:
    expected = classifier.probabilities(TEXTS)
    assert expected.shape == (4, 2) and (expected[0] == expected[3]).all()
    kinds: list[Callable[[], Any]] = [lambda: tuple(TEXTS), lambda: np.array(TEXTS)]
    kinds += [lambda: (text for text in TEXTS), lambda: np.array(TEXTS, dtype=object)]
    for kind in kinds:
        assert (classifier.probabilities(kind()) == expected).all()
        assert (classifier.predict_proba(kind()) == expected).all()
        assert classifier.predict(kind()).tolist() == classifier.predict(TEXTS).tolist()
        assert classifier.logits_by_step(kind()).shape[1:] == (4, 2)
        assert classifier.votes(kind(), 3).sum(axis=1).tolist() == [3] * 4


def test_a_column_of_a_table(classifier: TextClassifier) -> None:
    pandas = pytest.importorskip("pandas")
    column = pandas.Series(TEXTS, index=[9, 3, 3, 0])
    assert (classifier.probabilities(column) == classifier.probabilities(TEXTS)).all()


def test_no_texts_give_no_rows(classifier: TextClassifier) -> None:
    assert classifier.probabilities([]).shape == classifier.votes([], 3).shape == (0, 2)
    steps = len(classifier.logits_by_step("a"))
    assert classifier.logits_by_step([]).shape == (steps, 0, 2)
    assert classifier.predict(()).shape == (0,)


@pytest.mark.parametrize(
    ("texts", "says"),
    [
        (["good", None], "position 1, but got a missing value"),
        (["good", float("nan")], "position 1, but got a missing value"),
        (["good", 3], "position 1, but got int 3"),
        ([b"good"], "decode it first"),
        (b"good", "decode it first"),
        (None, "expected texts"),
        ({"good"}, "no order"),
        ({"good": 1}, "a dictionary"),
        (np.array([["good", "bad"]]), "give one column"),
    ],
)
def test_every_method_refuses_alike(classifier: TextClassifier, texts: Any, says: str) -> None:
    found = classifier.gradient("good food", 0)
    for method in (
        classifier.probabilities,
        classifier.predict_proba,
        classifier.predict,
        classifier.logits_by_step,
        lambda texts: classifier.votes(texts, 3),
        lambda texts: classifier.first_order(found, texts),
    ):
        with pytest.raises(InputError, match=says):
            method(texts)


def test_one_text_and_a_class(classifier: TextClassifier) -> None:
    for method in (classifier.segment, lambda text: classifier.gradient(text, 0)):
        with pytest.raises(InputError, match="expected one text"):
            method(["good food"])
    for label in (2, -1, "good", None):
        with pytest.raises(InputError, match="number of a class from 0 to 1"):
            classifier.gradient("good food", label)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="at least one draw"):
        classifier.votes("good food", 0)


def test_as_scikit_learn_calls_it(classifier: TextClassifier) -> None:
    from sklearn.metrics import accuracy_score, log_loss

    found = classifier.predict(TEXTS)
    winners = classifier.predict_proba(TEXTS).argmax(axis=1)
    assert classifier.classes_.tolist() == list(classifier.classes) == ["negative", "positive"]
    assert (found == classifier.classes_[winners]).all() and found.shape == (4,)
    truth = ["positive", "negative", "negative", "positive"]
    share = accuracy_score(truth, found)
    assert share == np.mean([a == b for a, b in zip(truth, found, strict=True)])
    by_hand = -np.log(classifier.predict_proba(TEXTS)[np.arange(4), [1, 0, 0, 1]]).mean()
    rows = classifier.predict_proba(TEXTS)
    assert log_loss(truth, rows, labels=classifier.classes_) == pytest.approx(by_hand)


@pytest.mark.parametrize("kind", [str, Path])
def test_the_last_model_is_loaded(kind: type, copy: Path) -> None:
    expected = {
        name: TextClassifier.load(copy, name).probabilities(TEXTS)
        for name in ("ann", "snn", "finetuned")
    }
    for name in ("finetuned", "snn", "ann"):
        assert (TextClassifier.load(kind(copy)).probabilities(TEXTS) == expected[name]).all()
        results = json.loads((copy / "results.json").read_text("utf-8"))
        del results[name]
        (copy / "results.json").write_text(json.dumps(results), "utf-8")
    with pytest.raises(InputError, match="run first: snnconvert train"):
        TextClassifier.load(copy)


def test_what_cannot_be_loaded(copy: Path, tmp_path: Path) -> None:
    for run, which, says in (
        (None, "ann", "path of a run folder, but got NoneType"),
        (tmp_path / "none", None, "no results.json"),
        (copy, "fine-tuned", "expected a model of ann, snn, finetuned"),
        (copy, "snn-adversarial", "is not done; run first: snnconvert finetune"),
    ):
        with pytest.raises(InputError, match=says):
            TextClassifier.load(run, which)  # type: ignore[arg-type]
    weights = copy / "finetuned" / "weights.safetensors"
    content = bytearray(weights.read_bytes())
    content[-100] ^= 4  # one bit of a weight: the size is what it was
    weights.write_bytes(content)
    with pytest.raises(InputError, match="this makes it again: snnconvert finetune"):
        TextClassifier.load(copy)
    weights.unlink()
    with pytest.raises(InputError, match="this makes it again: snnconvert finetune"):
        TextClassifier.load(copy)


def test_the_controls_take_the_same(tiny_run: Path) -> None:
    ann = TextClassifier.load(tiny_run, "ann")
    for control in (CodedAnn(ann, Encoder("poisson"), 3, draws=2), QuantisedScores(ann, 3)):
        expected = control.probabilities(["good food"])
        assert (control.probabilities("good food") == expected).all()
        assert (control.votes("good food", 3) == control.votes(["good food"], 3)).all()
        for texts in (["good", None], b"good", {"good"}):
            with pytest.raises(InputError):
                control.probabilities(texts)  # type: ignore[arg-type]


def test_predict_takes_one_text(tiny_run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert predict(tiny_run, "good food") == predict(tiny_run, ["good food"])
    assert capsys.readouterr().out.count("good food") == 2
    with pytest.raises(InputError, match="position 0, but got a missing value"):
        predict(tiny_run, [None])  # type: ignore[list-item]


def test_evaluation_looks_at_ids_and_labels(tiny_run: Path) -> None:
    ann, snn = (TextClassifier.load(tiny_run, name) for name in ("ann", "snn"))
    ids, words = snn.stage.encode(TEXTS), len(snn.stage.vocabulary)
    expected = evaluate_snn(snn.model, ids, [1, 0, 0, 1])  # type: ignore[arg-type]
    as_lists = [row.tolist() for row in ids]
    assert evaluate_snn(snn.model, as_lists, np.array([1, 0, 0, 1])) == expected  # type: ignore
    for wrong, labels, says in (
        (ids, [1], "got 1 for 4 texts"),
        (ids, [1, 0, 0, 2], "from 0 to 1, but position 3"),
        (TEXTS, [1, 0, 0, 1], "sequences of word ids"),
        ([[words]], [1], f"ids from 0 to {words - 1}"),
        ([], [], "at least one text"),
    ):
        for measure in (evaluate_snn, lambda *given: evaluate_steps(*given, (1, 3))):
            with pytest.raises(InputError, match=says):
                measure(snn.model, wrong, labels)  # type: ignore[arg-type, operator]
    logits = ann_logits(ann.model, ids)  # type: ignore[arg-type]
    assert accuracy(logits, torch.tensor([1, 0, 0, 1])) == accuracy(logits, [1, 0, 0, 1])
    with pytest.raises(InputError, match="got 1 for 4 texts"):
        accuracy(logits, [1])  # which torch would compare with every row
    for wrong, says in (([], "at least one text"), ([[words]], "word ids from 0")):
        with pytest.raises(InputError, match=says):
            ann_logits(ann.model, wrong)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="expected a TextModel, but got a SpikingTextModel"):
        ann_logits(snn.model, ids)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="expected a SpikingTextModel, but got a TextModel"):
        evaluate_snn(ann.model, ids, [1, 0, 0, 1])  # type: ignore[arg-type]


def test_conversion_looks_at_what_it_is_given(tiny_run: Path) -> None:
    ann, snn = (TextClassifier.load(tiny_run, name).model for name in ("ann", "snn"))
    for sequences in ([], [[], []]):
        with pytest.raises(InputError, match="at least one calibration text with words"):
            convert_model(ann, ConversionRecipe(), sequences)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="expected sequences of word ids"):
        convert_model(ann, ConversionRecipe(), TEXTS)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="expected an ANN"):
        convert_model(snn, ConversionRecipe(), [[2, 3]])  # type: ignore[arg-type]
