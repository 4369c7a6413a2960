"""Labelled files in the shapes that R, macOS, fastText and annotation tools give them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from snnconvert.errors import InputError
from snnconvert.text.datasets.dataset import Dataset, load_dataset
from snnconvert.text.datasets.readers.options import FileOptions
from snnconvert.text.datasets.readers.readers import read_file

ROWS = [("neg" if i % 2 else "pos", f"the food of day {i} was as it was") for i in range(40)]
Shape = Callable[[], str]


def each(form: str, rows: list[tuple[str, str]] = ROWS, head: str = "") -> str:
    """``form`` filled with number, label and text of each row."""
    body = "".join(form.format(i + 1, label, text) for i, (label, text) in enumerate(rows))
    return head + body


def pairs(dataset: Dataset) -> list[tuple[str, str]]:
    found = []
    for name in ("train", "dev", "test"):
        split = dataset.split(name)
        found += [
            (dataset.classes[label], text)
            for label, text in zip(split.labels, split.texts, strict=True)
        ]
    return sorted(found)


def load(path: Path, content: str | bytes) -> Dataset:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return load_dataset(path)


def as_json(form: Callable[[str, str], object] = lambda a, b: {"label": a, "text": b}) -> list[str]:
    return [json.dumps(form(label, text)) for label, text in ROWS]


ENDS = ["\n", "\r\n", "\r"]
SHAPES = {
    "r.tsv": each('"{0}"\t"{1}"\t"{2}"\n', head='"label"\t"text"\n'),
    "r_unknown_names.tsv": each('"{0}"\t"{2}"\t"{1}"\n', head='"doc"\t"y"\n'),
    "r_bare.tsv": each("{0}\t{1}\t{2}\n", head="label\ttext\n"),
    "r_comma.csv": each('"{0}","{1}","{2}"\n', head='"label","text"\n'),
    "r_blank.txt": each('"{0}" "{1}" "{2}"\n', head='"label" "text"\n'),
    "mixed_ends.tsv": "".join(f"{a}\t{b}{ENDS[i % 3]}" for i, (a, b) in enumerate(ROWS)),
    "joined_ends.tsv": each("{1}\t{2}\n", ROWS[:20]) + each("{1}\t{2}\r", ROWS[20:]),
    "mac.jsonl": "\r".join(as_json()),
    "lines.txt": "\n".join(as_json()),
    "array.csv": f"[{', '.join(as_json())}]",
    "one_label_each.jsonl": "\n".join(as_json(lambda a, b: {"id": 1, "text": b, "label": [a]})),
    "fasttext.csv": each('__label__{1},"{2}"\n'),
    "fasttext_names.csv": each("__label__{1},{2}\n", head="label,text\n"),
    "reviews.train": each("__label__{1} {2}\n"),
    "reviews.data": each("{1}\t{2}\n"),
    "reviews.dat": each("{1};{2}\n", head="label;text\n"),
    "reviews.tab": each("{1}\t{2}\n"),
    "reviews": each("{1},{2}\n"),
}


@pytest.mark.parametrize("name", SHAPES)
def test_every_row_and_label_is_there(tmp_path: Path, name: str) -> None:
    dataset = load(tmp_path / name, SHAPES[name])
    assert dataset.classes == ("neg", "pos")
    assert pairs(dataset) == sorted(ROWS)


def test_quotes_that_r_escapes(tmp_path: Path) -> None:
    rows = [(a, f'a "{b}" b') for a, b in ROWS]
    text = each('"{0}","{1}","{2}"\n', [(a, b.replace('"', '\\"')) for a, b in rows])
    assert pairs(load(tmp_path / "r.csv", '"label","text"\n' + text)) == sorted(rows)


def test_a_carriage_return_in_a_text_ends_no_line(tmp_path: Path) -> None:
    rows = [(a, b.replace(" of ", "\r")) for a, b in ROWS]
    assert pairs(load(tmp_path / "a.tsv", each("{1}\t{2}\n", rows))) == sorted(rows)


@pytest.mark.parametrize("char", "\u034f\u115f\u3164\uffa0\u2800\ufe0f")
def test_labels_with_fillers_are_one_class(tmp_path: Path, char: str) -> None:
    rows = [(a + char * (i % 3), b) for i, (a, b) in enumerate(ROWS)]
    assert load(tmp_path / "a.tsv", each("{1}\t{2}\n", rows)).classes == ("neg", "pos")


def test_class_folders_as_macos_and_windows_write_them(tmp_path: Path) -> None:
    for i, (label, text) in enumerate(ROWS):
        folder = tmp_path / "set" / label
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{i}.TXT").write_text(text)
        (folder / f"._{i}.txt").write_bytes(b"\0\5\x16\7\xff")
    assert pairs(load_dataset(tmp_path / "set")) == sorted(ROWS)


def test_training_and_testing_are_train_and_test(tmp_path: Path) -> None:
    (tmp_path / "training.csv").write_text(each("{1},{2}\n", ROWS[:30]))
    (tmp_path / "testing.csv").write_text(each("{1},{2}\n", ROWS[30:]))
    (tmp_path / "._training.csv").write_bytes(b"\0\5\x16\7\xff")
    assert len(load_dataset(tmp_path).test) == 10


BAD = [
    ("old.csv", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "document of old Office: save"),
    ("a.csv", b"PAR1" + bytes(range(256)), "a Parquet file: write it as CSV"),
    ("a.tsv", b"\x80\x04\x95abc\xff", "a pickle, which is never loaded"),
    ("a.csv", b"\n <!DOCTYPE html><html>\n404</html>", "a web page: fetch the file itself"),
    ("a.txt", b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n", "Git LFS"),
    ("a.pdf", b"text", "expected a .tsv, .csv or .jsonl file"),
    ("a.txt", b"only texts\nno labels\n", "put a tab between label and text"),
    ("a.csv", ("# my data\n" + each("{1},{2}\n")).encode(), "line 1: .* delete this line"),
    ("a.txt", b"__label__a __label__b some text\n", "several .*: keep one"),
    ("a.jsonl", b'{"label": [1, 2], "text": "a"}', "got .1, 2.; write each label as a number"),
    ("a.jsonl", b'{"label": 1,\n "text": "a"}\n{"label": 1}', "one object a line, or one array"),
]


@pytest.mark.parametrize(("name", "content", "told"), BAD)
def test_errors_say_what_it_is_and_what_to_do(
    tmp_path: Path, name: str, content: bytes, told: str
) -> None:
    with pytest.raises(InputError, match=told) as error:
        load(tmp_path / name, content)
    assert "\n" not in str(error.value) and name in str(error.value)


def test_long_values_are_cut_in_errors(tmp_path: Path) -> None:
    splits = {name: [{"label": 1, "text": "word " * 5000}] for name in ("train", "test")}
    for value in (splits, {"text " * 5000: 1, "b": 2}):
        with pytest.raises(InputError) as error:
            load(tmp_path / "a.json", json.dumps(value))
        assert len(str(error.value)) < 700


SPLITS = {"train": ROWS[:24], "dev": ROWS[24:32], "test": ROWS[32:]}


def folder(path: Path, headed: tuple[str, ...]) -> Path:
    for split, rows in SPLITS.items():
        head = "gold class,long remark\n" if split in headed else ""
        (path / f"{split}.csv").write_text(each("{1},{2}\n", rows, head))
    return path


@pytest.mark.parametrize("headed", [("train", "test"), ("dev", "test"), ("train", "dev", "test")])
def test_a_line_that_begins_two_splits_is_a_header(tmp_path: Path, headed: tuple[str, ...]) -> None:
    assert pairs(load_dataset(folder(tmp_path, headed))) == sorted(ROWS)


@pytest.mark.parametrize("headed", ["train", "dev", "test"])
def test_named_columns_in_one_split_hold_for_all(tmp_path: Path, headed: str) -> None:
    options = FileOptions(label_column="gold class", text_column="long remark")
    dataset = load_dataset(folder(tmp_path, (headed,)), options=options)
    assert pairs(dataset) == sorted(ROWS)
    train = tmp_path / "train.csv"
    if headed != "train":  # names of its own are no row
        train.write_text("label,text\n" + train.read_text())
        assert pairs(load_dataset(tmp_path, options=options)) == sorted(ROWS)
    with pytest.raises(InputError, match="expected a column 'mood', as given"):
        load_dataset(tmp_path, options=FileOptions(label_column="mood"))


NO_LABELS = {
    "ids beside texts": "id,utterance\n0,good\n1,bad\n2,fine\n",
    "texts beside ids": "text,idx\ngood,7\nbad,8\nfine,9\n",
    "texts alone": "text\ngood\nbad\n",
}


@pytest.mark.parametrize("name", NO_LABELS)
def test_a_file_without_labels_is_no_data_set(name: str, tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text("stars,text\n" + "1,good\n2,bad\n" * 9, "utf-8")
    (tmp_path / "test.csv").write_text(NO_LABELS[name], "utf-8")
    with pytest.raises(InputError, match=r"test.csv line 1: .* if it has no labels, take it out"):
        load_dataset(str(tmp_path))


def test_labels_that_are_named_are_labels_whatever_their_name(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("id,text\n" + "".join(f"{i},food {i}\n" for i in range(20)), "utf-8")
    for label in ("id", "1"):
        rows = read_file(path, FileOptions(label_column=label)).rows
        assert rows == [(str(i), f"food {i}") for i in range(20)]


def test_a_language_may_be_the_label(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    rows = [f"en,good food {i}\nde,gutes essen {i}\n" for i in range(20)]
    path.write_text("language,text\n" + "".join(rows), "utf-8")
    assert load_dataset(str(path)).classes == ("de", "en")


def test_a_label_that_is_not_in_train(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text("label,text\n" + "a,good\nb,bad\n" * 9, "utf-8")
    (tmp_path / "test.csv").write_text("label,text\na,fine\nc,poor\n", "utf-8")
    said = r"'c' is not one of the classes of the training texts \(a, b\); give texts of it"
    with pytest.raises(InputError, match=said):
        load_dataset(str(tmp_path))
