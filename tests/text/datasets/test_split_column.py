"""One file that says itself which rows are to train on, to choose by and to report."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from snnconvert.errors import InputError
from snnconvert.text.datasets.dataset import Dataset, load_dataset

Row = tuple[str, str, str]  # split, label, text
ROWS: list[Row] = [
    (split, "neg" if i % 2 else "pos", f"the food of {split} day {i} was as it was")
    for split, n in (("train", 24), ("dev", 10), ("test", 10))
    for i in range(n)
]
NAMES = {"train": "train", "dev": "validation", "test": "test"}


def delimited(form: str, head: str = "") -> str:
    return head + "".join(form.format(NAMES[split], label, text) for split, label, text in ROWS)


def by_split(form: Callable[[str, str], object]) -> str:
    found: dict[str, list[object]] = {}
    for split, label, text in ROWS:
        found.setdefault(NAMES[split], []).append(form(label, text))
    return json.dumps(found)


def as_objects(label: str, text: str) -> object:
    return {"label": label, "text": text}


LINES = [{"text": text, "label": label, "split": NAMES[split]} for split, label, text in ROWS]
FILES = {
    "named.csv": delimited("{2},{1},{0}\n", "text,label,split\n"),
    "other_name.tsv": delimited("{0}\t{2}\t{1}\n", "part\ttext\tlabel\n"),
    "no_names.tsv": delimited("{0}\t{1}\t{2}\n"),
    "big.tsv": delimited("{0}\t{1}\t{2}\n").replace("train\t", "TRAIN\t"),
    "lines.jsonl": "\n".join(json.dumps(line) for line in LINES),
    "objects.json": by_split(as_objects),
    "arrays.json": by_split(lambda label, text: [text, label]),
}


def rows_of(dataset: Dataset) -> list[Row]:
    return [
        (name, dataset.classes[label], text)
        for name in ("train", "dev", "test")
        for label, text in zip(dataset.split(name).labels, dataset.split(name).texts, strict=True)
    ]


@pytest.mark.parametrize("name", FILES)
def test_the_rows_are_split_as_the_file_says(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(FILES[name])
    dataset = load_dataset(tmp_path / name)
    assert rows_of(dataset) == ROWS
    assert dataset.split_rule == "train, dev and test as given"
    assert any("24 train, 10 dev, 10 test" in note for note in dataset.notes), dataset.notes
    assert [facts["rows"] for facts in dataset.source] == [24, 10, 10]


def test_a_folder_with_one_file_of_all(tmp_path: Path) -> None:
    (tmp_path / "all.csv").write_text(FILES["named.csv"])
    assert rows_of(load_dataset(tmp_path)) == ROWS


def test_what_the_file_lacks_is_set_aside_from_its_training_texts(tmp_path: Path) -> None:
    rows = [line for line in FILES["named.csv"].splitlines() if not line.endswith("validation")]
    (tmp_path / "two.csv").write_text("\n".join(rows))
    dataset = load_dataset(tmp_path / "two.csv")
    assert dataset.split_rule.startswith("train and test as given; dev: one tenth of train")
    assert sorted(dataset.test.texts) == sorted(text for split, _, text in ROWS if split == "test")


@pytest.mark.parametrize(
    "extra", ["{2},{1},unlabelled\n", "{2},{1},\n"], ids=["another split", "no split"]
)
def test_rows_of_other_splits_are_left_out_and_said(tmp_path: Path, extra: str) -> None:
    further = "".join(extra.format("", "pos", f"a further text {i}") for i in range(5))
    (tmp_path / "more.csv").write_text(FILES["named.csv"] + further)
    dataset = load_dataset(tmp_path / "more.csv")
    assert rows_of(dataset) == ROWS
    assert any("left out: 5" in note for note in dataset.notes), dataset.notes


def test_an_object_with_further_splits(tmp_path: Path) -> None:
    whole = json.loads(FILES["arrays.json"])
    whole["oos_train"] = [["what is this", "pos"]]
    (tmp_path / "full.json").write_text(json.dumps(whole))
    dataset = load_dataset(tmp_path / "full.json")
    assert rows_of(dataset) == ROWS
    assert any("left out: 1 oos_train" in note for note in dataset.notes), dataset.notes


@pytest.mark.parametrize("split", ["validation", "test"])
def test_an_object_with_an_empty_split(tmp_path: Path, split: str) -> None:
    """As of a folder with an empty file: a forgotten export is not split anew in silence."""
    whole = json.loads(FILES["objects.json"]) | {split: []}
    (tmp_path / "empty.json").write_text(json.dumps(whole))
    with pytest.raises(InputError, match=f"'{split}' has none"):
        load_dataset(tmp_path / "empty.json")


@pytest.mark.parametrize(
    "values", [("train", "train"), ("train", "boat"), ("a", "b"), ("dev", "test")]
)
def test_a_column_of_anything_else_splits_nothing(tmp_path: Path, values: tuple[str, str]) -> None:
    lines = [f"{text},{label},{values[i % 2]}" for i, (_, label, text) in enumerate(ROWS)]
    (tmp_path / "all.csv").write_text("text,label,kind\n" + "\n".join(lines))
    dataset = load_dataset(tmp_path / "all.csv")
    assert sorted(row[1:] for row in rows_of(dataset)) == sorted(row[1:] for row in ROWS)
    assert dataset.split_rule.startswith("80/10/10")


def test_labels_that_are_names_of_splits_stay_labels(tmp_path: Path) -> None:
    """A file of two columns has no third to say the split."""
    lines = [f"{split}\t{text}" for split, _, text in ROWS]
    (tmp_path / "all.tsv").write_text("\n".join(lines))
    assert load_dataset(tmp_path / "all.tsv").classes == ("dev", "test", "train")


def test_a_label_that_only_the_test_rows_have(tmp_path: Path) -> None:
    (tmp_path / "odd.csv").write_text(FILES["named.csv"] + "a text,odd,test\n")
    with pytest.raises(InputError, match=r"test row 11: label 'odd' is not one of the classes"):
        load_dataset(tmp_path / "odd.csv")
