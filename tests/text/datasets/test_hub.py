"""Hugging Face data sets: columns, splits and errors, without a network."""

from __future__ import annotations

import sys

import pytest

from snnconvert.errors import InputError, SnnConvertError
from snnconvert.text.datasets.dataset import load_dataset

hub = pytest.importorskip("datasets", reason="needs the extra datasets")

TEXTS = [f"text {i}" for i in range(40)]
LABELS = [i % 2 for i in range(40)]


def made(monkeypatch, **splits):
    """Let the package give these splits in place of fetching any."""
    asked = []

    def load(*arguments):
        asked.append(arguments)
        return hub.DatasetDict(splits)

    monkeypatch.setattr(hub, "load_dataset", load)
    return asked


def test_class_names_and_carved_splits(monkeypatch):
    features = hub.Features(
        {"sentence": hub.Value("string"), "label": hub.ClassLabel(names=["2", "1"])}
    )
    train = hub.Dataset.from_dict({"sentence": TEXTS, "label": LABELS}, features=features)
    hidden = hub.Dataset.from_dict({"sentence": TEXTS, "label": [-1] * 40}, features=features)
    asked = made(monkeypatch, train=train, test=hidden)
    dataset = load_dataset("hf:glue:sst2")
    assert asked == [("glue", "sst2")]
    assert dataset.classes == ("2", "1")
    assert [len(s) for s in (dataset.train, dataset.dev, dataset.test)] == [32, 4, 4]
    assert dataset.name == "hf:glue:sst2"
    assert dict(zip(dataset.train.texts, dataset.train.labels, strict=True))["text 0"] in (0, 1)
    for text, label in zip(dataset.train.texts, dataset.train.labels, strict=True):
        assert label == int(text.split()[1]) % 2


def test_given_splits_and_string_labels(monkeypatch):
    part = hub.Dataset.from_dict({"text": TEXTS, "labels": [f"class {x}" for x in LABELS]})
    made(monkeypatch, train=part, validation=part, test=part)
    dataset = load_dataset("hf:some/set")
    assert dataset.classes == ("class 0", "class 1")
    assert dataset.split_rule == "train, dev and test as given"


def test_true_and_false_are_classes(monkeypatch):
    made(
        monkeypatch, train=hub.Dataset.from_dict({"text": TEXTS, "label": list(map(bool, LABELS))})
    )
    assert load_dataset("hf:some/set").classes == ("false", "true")


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (
            {"premise": TEXTS, "label": LABELS},
            "expected a column text or .*but it has premise, label",
        ),
        ({"text": TEXTS, "weight": LABELS}, "expected a column label or .*--label-column"),
        ({"text": TEXTS, "label": [0.5] * 40}, "row 1: expected an integer or a string as label"),
        ({"text": [None] * 40, "label": LABELS}, "row 1: expected a string as text"),
    ],
)
def test_unusable_columns(monkeypatch, columns, message):
    made(monkeypatch, train=hub.Dataset.from_dict(columns))
    with pytest.raises(InputError, match=message):
        load_dataset("hf:some/set")


def test_no_train_split(monkeypatch):
    made(monkeypatch, test=hub.Dataset.from_dict({"text": TEXTS, "label": LABELS}))
    with pytest.raises(InputError, match="expected a train split in hf:some/set, but it has test"):
        load_dataset("hf:some/set")


def test_no_name():
    with pytest.raises(InputError, match="expected a name after hf:"):
        load_dataset("hf:")


def test_offline(monkeypatch):
    def load(*_):
        raise ConnectionError("Couldn't reach\nthe hub")

    monkeypatch.setattr(hub, "load_dataset", load)
    with pytest.raises(SnnConvertError, match="could not load some/set from Hugging Face") as error:
        load_dataset("hf:some/set")
    assert "\n" not in str(error.value)


def test_without_the_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(
        InputError, match="needs the package datasets: install it with: .*pip install .*datasets"
    ):
        load_dataset("hf:some/set")
