"""The scikit-learn estimator on texts: what it learns, takes, refuses and hands on."""

from __future__ import annotations

import io
import json
import pickle
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from snnconvert import TextClassifier
from snnconvert.errors import InputError
from snnconvert.interop.sklearn import SNNTextClassifier
from snnconvert.pipelines.cli import main
from snnconvert.pipelines.estimator.choices import options
from snnconvert.pipelines.estimator.rows import class_names
from snnconvert.text.datasets.splits import assign

GOOD, BAD = ["good", "kind", "warm", "fresh", "sweet"], ["bad", "rude", "cold", "stale", "sour"]
TEXTS = [f"the {a} and {b} food" for own in (GOOD, BAD) for a in own for b in own if a != b]
LABELS = ["praise"] * 20 + ["blame"] * 20
SMALL = {"vectors": "random", "dim": 16, "channels": 8, "widths": (1, 2), "epochs": 1, "steps": 3}


def make(**more) -> SNNTextClassifier:
    return SNNTextClassifier(**(SMALL | {"random_state": 0, "language": "en"} | more))


@pytest.fixture(scope="module")
def model() -> SNNTextClassifier:
    return make(epochs=15).fit(TEXTS, LABELS)


def test_it_learns_and_answers_by_its_classes(model: SNNTextClassifier) -> None:
    assert model.classes_.tolist() == ["blame", "praise"] and 1 <= model.n_iter_ <= 15
    found = model.predict_proba(TEXTS)
    assert found.shape == (40, 2) and np.allclose(found.sum(axis=1), 1)
    assert (model.predict(TEXTS) == model.classes_[found.argmax(axis=1)]).all()
    assert model.score(TEXTS, LABELS) >= 0.95


def test_it_is_what_the_commands_make(model: SNNTextClassifier, tmp_path: Path) -> None:
    """The same texts set aside, the same options and seed: the same probabilities, to the bit."""
    numbers = [int(label == "praise") for label in LABELS]
    parts = assign(TEXTS, numbers, ("dev",), "texts", ["blame", "praise"])
    for name, part in {"train": "train", "dev": "dev", "test": "dev"}.items():
        rows = [(x, y) for x, y, own in zip(TEXTS, LABELS, parts, strict=True) if own == part]
        lines = [json.dumps({"label": label, "text": text}) for text, label in rows]
        (tmp_path / f"{name}.jsonl").write_text("\n".join(lines))
    run = str(tmp_path / "run")
    words = "--language en --vectors random --dim 16 --channels 8 --widths 1,2 --epochs 15"
    assert main(["train", "--dataset", str(tmp_path), "--out", run, *words.split()]) == 0
    assert main(["convert", run, "--steps", "3"]) == 0
    expected = TextClassifier.load(run, "snn").predict_proba(TEXTS)
    assert (model.predict_proba(TEXTS) == expected).all()


def test_rows_do_not_depend_on_the_texts_beside_them(model: SNNTextClassifier) -> None:
    whole = model.predict_proba(TEXTS)
    order = np.random.default_rng(0).permutation(len(TEXTS))
    assert (model.predict_proba([TEXTS[i] for i in order]) == whole[order]).all()
    alone = np.concatenate([model.predict_proba([text]) for text in TEXTS[:8]])
    assert (alone == whole[:8]).all()


def test_fitting_again_gives_the_same_bytes(model: SNNTextClassifier) -> None:
    again = clone(model)
    assert again.get_params() == model.get_params() and not hasattr(again, "model_")
    again.fit(np.array(TEXTS), pd.Series(LABELS))
    assert again.model_ == model.model_
    other = clone(model).set_params(random_state=1).fit(TEXTS, LABELS)
    assert other.model_ != model.model_
    with torch.autocast("cpu", torch.bfloat16):  # of a caller, for other work
        assert clone(model).fit(TEXTS, LABELS).model_ == model.model_


def test_answering_changes_nothing(model: SNNTextClassifier) -> None:
    fresh = pickle.loads(pickle.dumps(model))
    before = dict(vars(fresh))
    fresh.predict(TEXTS)
    assert vars(fresh).keys() == before.keys()
    assert all(vars(fresh)[name] is before[name] for name in before)
    assert (fresh.predict_proba(TEXTS) == model.predict_proba(TEXTS)).all()


def test_the_pickle_holds_nothing_of_torch(model: SNNTextClassifier) -> None:
    named: set[str] = set()

    class Looking(pickle.Unpickler):
        def find_class(self, module: str, name: str):
            named.add(module.split(".")[0])
            return super().find_class(module, name)

    Looking(io.BytesIO(pickle.dumps(model))).load()
    assert "snnconvert" in named <= {"snnconvert", "numpy", "builtins"}


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        ([1, 0], ["0", "1"]),
        ([True, False], ["False", "True"]),
        ([2.0, -1.0], ["-1.0", "2.0"]),
        (["9", "10"], ["10", "9"]),
        (["", "a"], ["0", "1"]),  # nothing, which no file can hold as a label
        ([" a", "a "], ["0", "1"]),
        (["a\u200b", "a"], ["0", "1"]),
        (["\ud800", "a"], ["0", "1"]),  # half a character, which UTF-8 has not
        (["好", "坏"], ["坏", "好"]),
    ],
)
def test_labels_of_any_type_have_names(labels: list, names: list[str]) -> None:
    assert class_names(np.unique(labels)) == names


def test_the_columns_are_those_of_the_classes() -> None:
    """Sorted as strings "10" is first; files sort such labels as the numbers that they show."""
    fitted = make(epochs=15).fit(TEXTS, ["9"] * 20 + ["10"] * 20)
    assert fitted.classes_.tolist() == ["10", "9"]
    assert fitted.score(TEXTS, ["9"] * 20 + ["10"] * 20) >= 0.9  # not 0.1, with columns exchanged


def test_few_texts_are_trained_on_and_warned_of() -> None:
    with pytest.warns(UserWarning, match="too few different texts"):
        make(epochs=1).fit(TEXTS[:4] + TEXTS[-4:], [0] * 4 + [1] * 4)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        make(epochs=1).fit(TEXTS, LABELS)


@pytest.mark.parametrize(
    ("texts", "labels", "said"),
    [
        ("one text", [0], "single string"),
        (TEXTS, None, "requires y"),
        (None, LABELS, "expected texts"),
        ([1.5, 2.5], [0, 1], "expected a text .* at position 0, but got float"),
        ([b"bytes"] * 2, [0, 1], "decode it first"),
        ([None, "a"], [0, 1], "missing value"),
        (pd.DataFrame({"text": TEXTS}), LABELS, "one column"),
        ([], [], "at least one text"),
        (TEXTS, LABELS[:3], "inconsistent numbers of samples"),
        (TEXTS, [0] * 40, "two classes, but got one class: 0$"),
        (TEXTS, np.linspace(0, 1, 40), "Unknown label type"),
    ],
)
def test_texts_and_labels_that_are_refused(texts: object, labels: object, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        make().fit(texts, labels)


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"which": "bert"}, "which to be of ann, snn, finetuned"),
        ({"steps": "four"}, "a whole number for steps, but got 'four'"),
        ({"steps": 0}, "steps"),
        ({"channels": None}, "a value for channels, but got None"),
        ({"widths": ()}, "one or more different values for widths"),
        ({"encoder": "morse"}, "encoder to be of"),
        ({"reset": "subtract"}, "reset to be of soft, hard"),
        ({"vectors": "no/such/file.txt"}, "no such file"),
        ({"validation_fraction": 1.5}, "validation_fraction above 0 and below 1"),
        ({"settings": {"train.dropuot": 0.3}}, "but got 'train.dropuot'"),
        ({"settings": {"train.epochs": 3}}, "epochs as a parameter of its own"),
        ({"settings": {"dataset": "sst2"}}, "but got 'dataset'"),
        ({"settings": [0.3]}, "a dictionary"),
        ({"random_state": 2**53 + 1}, "random_state from -9007199254740992 to 9007199254740992"),
        ({"random_state": -(2**70)}, "random_state from -9007199254740992"),
        ({"epochs": 10**20}, "to 9007199254740992 for epochs"),
    ],
)
def test_parameters_that_are_refused(params: dict, said: str) -> None:
    """In `fit`, as scikit-learn has it; as the package's error and as a ValueError."""
    estimator = make(**params)
    with pytest.raises(ValueError, match=said) as caught:
        estimator.fit(TEXTS, LABELS)
    assert isinstance(caught.value, InputError) and "\n" not in str(caught.value)


def test_settings_reach_their_stages(tmp_path: Path) -> None:
    more = {"train.dropout": 0.25, "convert.threshold": "mse", "min_count": np.int64(2)}
    fitted = make(settings=more, widths=[1], which="snn").fit(TEXTS, LABELS)
    config = (fitted.save_run(tmp_path / "run") / "config.yaml").read_text()
    assert "threshold: mse" in config and "min_count: 2" in config
    assert {"train.lr", "convert.leak", "finetune.loss", "max_length"} <= set(options())


def test_before_fit_nothing_is_answered() -> None:
    for ask in (make().predict, make().predict_proba, make().save_run):
        with pytest.raises(NotFittedError):
            ask(None)  # type: ignore[arg-type]


def test_a_run_folder_and_back(
    model: SNNTextClassifier, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = model.save_run(tmp_path / "run")
    back = SNNTextClassifier.from_run(run, "snn")
    assert back.classes_.tolist() == ["blame", "praise"]
    assert (back.predict_proba(TEXTS) == model.predict_proba(TEXTS)).all()
    assert back.model_ == pack_again(back, tmp_path / "again")
    assert main(["predict", str(run), "the sweet and kind food", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["class"] == "praise"
    assert main(["export", str(run), "--quiet"]) == 0
    assert main(["evaluate", str(run)]) == 2
    assert "at (the texts that fit was given), but it is not there" in capsys.readouterr().err
    with pytest.raises(InputError, match="an empty or a new folder"):
        model.save_run(run)


def pack_again(model: SNNTextClassifier, folder: Path) -> bytes:
    return SNNTextClassifier.from_run(model.save_run(folder)).model_


@pytest.mark.parametrize("which", ["ann", "snn", "finetuned"])
def test_models_of_a_run(tiny_run: Path, which: str) -> None:
    texts = ["good food and a kind waiter", "the room was cold"]
    found = SNNTextClassifier.from_run(tiny_run, which)
    loaded = TextClassifier.load(tiny_run, which)
    order = np.argsort(loaded.classes_)
    assert (found.classes_ == loaded.classes_[order]).all()
    assert (found.predict_proba(texts) == loaded.predict_proba(texts)[:, order]).all()


def test_runs_and_bytes_that_are_refused(model: SNNTextClassifier, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected a run folder"):
        SNNTextClassifier.from_run(tmp_path)
    broken = pickle.loads(pickle.dumps(model))
    broken.model_ = model.model_[:100]
    with pytest.raises(InputError, match="damaged.*: fit it again"):
        broken.predict(TEXTS)


def test_the_fine_tuned_network_in_chinese() -> None:
    good, bad = "好香甜美新", "坏臭苦丑旧"
    texts = [f"饭菜很{a}也很{b}" for own in (good, bad) for a in own for b in own if a != b]
    labels = ["好评"] * 20 + ["差评"] * 20
    fitted = make(which="finetuned", language="zh", epochs=15, finetune_epochs=1, steps=2)
    fitted.fit(texts, labels)
    assert fitted.classes_.tolist() == sorted(["好评", "差评"])
    assert fitted.score(texts, labels) >= 0.9


def test_random_states() -> None:
    from snnconvert.interop.sklearn import _seed

    assert _seed(7) == _seed(np.int64(7)) == 7
    assert _seed(2**53) == 2**53 and _seed(-1) == -1
    assert _seed(np.random.RandomState(3)) == _seed(np.random.RandomState(3))
    np.random.seed(0)
    assert _seed(None) != _seed(None)
