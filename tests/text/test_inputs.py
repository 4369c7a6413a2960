"""Texts, ids and labels in every container that people have them in, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from snnconvert.errors import InputError
from snnconvert.text.datasets.dataset import Split, load_dataset
from snnconvert.text.inputs import as_labels, as_sequences, as_text, as_texts, as_words
from snnconvert.text.segment import guess_language, join, segment
from snnconvert.text.stages.words import TextStage
from snnconvert.text.vectors.load import load_vectors

CONTAINERS: dict[str, Callable[[list[str]], Any]] = {
    "list": list,
    "tuple": tuple,
    "generator": lambda texts: (text for text in texts),
    "array of objects": lambda texts: np.array(texts, dtype=object),
    "keys in order": lambda texts: map(str, texts),
}


@pytest.mark.parametrize("kind", CONTAINERS)
@given(texts=st.lists(st.text(), max_size=6))
def test_the_container_does_not_matter(kind: str, texts: list[str]) -> None:
    found = as_texts(CONTAINERS[kind](texts))
    assert found == texts and all(type(text) is str for text in found)


def test_arrays_and_columns() -> None:
    pandas = pytest.importorskip("pandas")
    texts = ["good food", "bad"]
    assert as_texts(np.array(texts)) == texts  # numpy's own strings
    assert {type(text) for text in as_texts(np.array(texts))} == {str}
    assert as_texts(np.array("good food")) == ["good food"]
    for column in (
        pandas.Series(texts, index=[7, 3]),
        pandas.Series(texts, dtype="string"),
        pandas.Series(texts).astype("category"),
        pandas.DataFrame({"text": texts})["text"],
        pandas.Index(texts),
    ):
        assert as_texts(column) == texts


@pytest.mark.parametrize("text", ["", " ", "one text", "好吃", "\ud800", np.str_("of numpy")])
def test_a_string_is_one_text(text: str) -> None:
    assert as_texts(text) == [text] and as_text(text) == text


def test_a_table_is_refused_with_its_columns() -> None:
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame({"text": ["good"], "label": [1]})
    with pytest.raises(InputError, match=r"columns 'text', 'label': give one column"):
        as_texts(table)
    with pytest.raises(InputError, match=r"position 1, but got a missing value \(<NA>\)"):
        as_texts(pandas.Series(["a", None], dtype="string"))


@pytest.mark.parametrize(
    ("texts", "says"),
    [
        (None, r"expected texts .* but got a missing value \(None\)"),
        (3, "expected texts .* but got int 3"),
        (b"good", r"bytes b'good': decode it first, as in text.decode\('utf-8'\)"),
        (bytearray(b"good"), "decode it first"),
        ({"a", "b"}, r"a set, which has no order .* give sorted\(texts\)"),
        (frozenset("ab"), "no order"),
        ({"a": 1}, r"a dictionary: give list\(texts.values\(\)\)"),
        (Path("texts.txt"), "read the file first"),
        (np.array([["a", "b"]]), r"shape \(1, 2\): give one column"),
        (["good", None], r"position 1, but got a missing value \(None\): leave such rows out"),
        (["good", "bad", float("nan")], r"position 2, but got a missing value \(nan\)"),
        (np.array(["good", np.nan], dtype=object), r"position 1, but got a missing value \(nan\)"),
        (["good", 3], "position 1, but got int 3"),
        (np.array([1.5]), "position 0, but got float64"),
        ([b"good"], r"position 0, but got bytes b'good': decode it first"),
        ([["good", "food"]], "position 0, but got list: join its words"),
        ((text for text in ["good", None]), "position 1"),
        (torch.zeros(2), "position 0, but got Tensor"),
        (object(), "but got object"),
    ],
)
def test_what_is_refused(texts: Any, says: str) -> None:
    with pytest.raises(InputError, match=says) as caught:
        as_texts(texts)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", [None, 3, b"good", ["good"], float("nan")])
def test_one_text_must_be_a_string(text: Any) -> None:
    for function in (as_text, lambda value: segment(value, "en")):
        with pytest.raises(InputError, match=r"expected one text \(a string\), but got"):
            function(text)


def test_words_are_no_text() -> None:
    """The "words" of a string would be its characters."""
    assert as_words(w for w in ["good", "food"]) == ["good", "food"]
    for wrong in ("good food", b"good", None):
        with pytest.raises(InputError, match="cut a text into its words first"):
            join(wrong, "en")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="cut a text into its words first"):
        load_vectors("random", segments=["good food"], dim=2)


@pytest.mark.parametrize(
    "sequences",
    [
        [np.array([2, 3]), np.array([], dtype=np.int64)],
        [[2, 3], []],
        ([2, 3], ()),
        [torch.tensor([2, 3]), torch.tensor([], dtype=torch.int32)],
        (ids for ids in ([2, 3], [])),
    ],
)
def test_ids(sequences: Any) -> None:
    first, second = as_sequences(sequences, 4)
    assert first.tolist() == [2, 3] and second.tolist() == []
    assert first.dtype == second.dtype == np.int64


@pytest.mark.parametrize(
    ("sequences", "says"),
    [
        ("good", "expected sequences of word ids.* but got str"),
        (["good"], "position 0 holds str"),
        ([[1], None], "position 1 holds a missing value"),
        ([[1.5]], "position 0 holds list"),
        ([[[1]]], "position 0 holds list"),
        ([[1, [2]]], "position 0 holds list"),
        (np.array([1, 2]), "position 0 holds int64"),
        ([[1], [4]], "ids from 0 to 3, but position 1 holds 4"),
        ([[-1]], "ids from 0 to 3, but position 0 holds -1"),
        ([np.array([3]), np.array([1, -1])], "ids from 0 to 3, but position 1 holds -1"),
        ([np.array([], np.int64), np.array([4])], "ids from 0 to 3, but position 1 holds 4"),
        ([np.array([1]), np.array([1.0])], "position 1 holds ndarray"),
    ],
)
def test_ids_refused(sequences: Any, says: str) -> None:
    with pytest.raises(InputError, match=says):
        as_sequences(sequences, 4)


@pytest.mark.parametrize(
    "labels", [[0, 2], (0, 2), np.array([0, 2], np.uint8), torch.tensor([0, 2]), iter([0, 2])]
)
def test_labels(labels: Any) -> None:
    found = as_labels(labels, 2, 3)
    assert found == [0, 2] and all(type(label) is int for label in found)


@pytest.mark.parametrize(
    ("labels", "says"),
    [
        ([0], "one label per text, but got 1 for 2 texts"),
        (None, "one label per text"),
        ("01", "one label per text, but got str"),
        ([0, 3], "classes from 0 to 2, but position 1 holds int 3"),
        ([-1, 0], "position 0 holds int -1"),
        (["good", "bad"], "position 0 holds str"),
        ([0, 1.0], "position 1 holds float 1.0"),
        ([0, True], "position 1 holds bool True"),
        ([0, None], "position 1 holds a missing value"),
    ],
)
def test_labels_refused(labels: Any, says: str) -> None:
    with pytest.raises(InputError, match=says):
        as_labels(labels, 2, 3)


def test_everything_that_takes_texts_takes_them_alike() -> None:
    train = Split(np.array(["good food", "bad soup"]), np.array([1, 0]))  # type: ignore[arg-type]
    assert train == Split(("good food", "bad soup"), (1, 0))
    stage, matrix = TextStage.fit(train, "en", dim=2, progress=False)
    other, same = TextStage.fit((t for t in train.texts), "en", dim=2, progress=False)
    assert other == stage and (same == matrix).all()
    (one,) = stage.encode("good food")
    assert [one.tolist()] == [ids.tolist() for ids in stage.encode(np.array(["good food"]))]
    assert len(one) == 2 and stage.encode([]) == []
    assert guess_language("很好吃") == guess_language(np.array(["很好吃"])) == "zh"
    for function in (stage.encode, guess_language, lambda texts: Split(texts, (0, 1))):
        with pytest.raises(InputError, match="position 1, but got a missing value"):
            function(["good", None])


@pytest.mark.parametrize("name", [None, 3, ["mr"]])
def test_data_sets_and_vectors_have_names_or_paths(name: Any, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="name or the path of a data set, but got"):
        load_dataset(name)
    with pytest.raises(InputError, match="expected word vectors as a path, a name"):
        load_vectors(name)
    path = tmp_path / "own.tsv"
    rows = [f"{'good' if i % 2 else 'bad'}\ttext number {i}" for i in range(20)]
    path.write_text("\n".join(rows) + "\n", "utf-8")
    assert load_dataset(path) == load_dataset(str(path))
