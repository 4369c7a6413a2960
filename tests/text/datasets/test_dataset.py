"""Data sets from every kind of source, and one line for everything that is wrong with them."""

from __future__ import annotations

import csv
import gzip
import json
import lzma
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from snnconvert.errors import InputError
from snnconvert.text.datasets.dataset import Dataset, load_dataset
from snnconvert.text.datasets.named import NAMED, dataset_names, shared_note, shared_with
from snnconvert.text.datasets.splits import text_key

GOOD = [f"a fine film number {i}" for i in range(30)]
BAD = [f"a poor film number {i}" for i in range(20)]
ROWS = [("1", t) for t in GOOD] + [("0", t) for t in BAD]


def tsv(rows=ROWS) -> str:
    return "".join(f"{label}\t{text}\n" for label, text in rows)


def texts_of(dataset: Dataset) -> list[tuple[str, str]]:
    return sorted(
        (dataset.classes[label], text)
        for split in (dataset.train, dataset.dev, dataset.test)
        for label, text in zip(split.labels, split.texts, strict=True)
    )


def write(path: Path, content: str | bytes) -> str:
    data = content.encode() if isinstance(content, str) else content
    openers = {".gz": gzip.open, ".xz": lzma.open}
    with openers.get(path.suffix, open)(path, "wb") as handle:
        handle.write(data)
    return str(path)


def as_csv(header: list[str] | None, order=(0, 1)) -> str:
    import io

    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    if header:
        writer.writerow(header)
    writer.writerows([[row[i] for i in order] for row in ROWS])
    return out.getvalue()


def as_jsonl(convert=str) -> str:
    return "".join(json.dumps({"label": convert(x), "text": t}) + "\n" for x, t in ROWS)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("d.tsv", tsv()),
        ("d.tsv.gz", tsv()),
        ("d.tsv.xz", tsv()),
        ("crlf.tsv", tsv().replace("\n", "\r\n")),
        ("bom.tsv", "\ufeff" + tsv()),
        ("utf16.tsv", tsv().encode("utf-16")),
        ("blank.tsv", tsv() + "\n\n"),
        ("header.tsv", "label\ttext\n" + tsv()),
        ("d.csv", as_csv(None)),
        ("header.csv", as_csv(["label", "review"])),
        ("turned.csv.gz", as_csv(["Sentence", "Label"], (1, 0))),
        ("d.jsonl", as_jsonl()),
        ("int.jsonl.xz", as_jsonl(int)),
    ],
)
def test_every_file_kind_gives_the_same_data(tmp_path, name, content):
    dataset = load_dataset(write(tmp_path / name, content))
    assert dataset.name == name
    assert dataset.classes == ("0", "1")
    assert dataset.language == "en"
    assert texts_of(dataset) == sorted(ROWS)
    assert [len(s) for s in (dataset.train, dataset.dev, dataset.test)] == [40, 5, 5]
    reference = load_dataset(write(tmp_path / "reference.tsv", tsv()))
    assert dataset.sha256 == reference.sha256
    assert dataset.split_rule == reference.split_rule


def test_true_and_false_are_classes(tmp_path):
    lines = as_jsonl(lambda x: x == "1")
    assert '"label": true' in lines
    dataset = load_dataset(write(tmp_path / "d.jsonl", lines))
    assert dataset.classes == ("false", "true")
    assert texts_of(dataset) == sorted(("true" if x == "1" else "false", t) for x, t in ROWS)


def test_folders_and_missing_splits(tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    write(folder / "train.csv", as_csv(["label", "text"]))
    write(folder / "test.jsonl.gz", as_jsonl())
    (folder / "notes.txt").write_text("not data")
    dataset = load_dataset(str(folder))
    assert dataset.name == "mine"
    assert [len(s) for s in (dataset.train, dataset.dev, dataset.test)] == [45, 5, 50]
    assert "train and test as given; dev: one tenth of train" in dataset.split_rule
    write(folder / "valid.tsv", tsv(ROWS[25:35]))
    dataset = load_dataset(str(folder))
    assert [len(s) for s in (dataset.train, dataset.dev, dataset.test)] == [50, 10, 50]
    assert dataset.split_rule == "train, dev and test as given"
    assert dataset.train.texts[0] == GOOD[0]


def test_labels_are_sorted_as_numbers_or_as_strings(tmp_path):
    rows = [(str(label), f"{label} is text {i}") for label in (-1, 10, 2) for i in range(10)]
    assert load_dataset(write(tmp_path / "n.tsv", tsv(rows))).classes == ("-1", "2", "10")
    rows = [(label, f"{label} is text {i}") for label in ("joy", "Anger", "7") for i in range(10)]
    assert load_dataset(write(tmp_path / "s.tsv", tsv(rows))).classes == ("7", "Anger", "joy")


def test_language(tmp_path):
    rows = [(str(i % 2), f"很好吃 第{i}次") for i in range(40)]
    path = write(tmp_path / "zh.tsv", tsv(rows))
    assert load_dataset(path).language == "zh"
    assert load_dataset(path, language="en").language == "en"


def test_limit(tmp_path):
    path = write(tmp_path / "d.tsv", tsv())
    whole, limited = load_dataset(path), load_dataset(path, limit=4)
    assert [len(s) for s in (limited.train, limited.dev, limited.test)] == [4, 4, 4]
    assert set(limited.train.texts) <= set(whole.train.texts)
    assert Counter(limited.train.labels) == {0: 2, 1: 2}
    assert limited.sha256 != whole.sha256
    assert limited.split_rule.endswith("of each split 4 texts in a fixed stratified order")
    assert set(limited.train.texts) < set(load_dataset(path, limit=20).train.texts)


def test_empty_texts_and_odd_characters_are_kept(tmp_path):
    odd = [("0", ""), ("1", "a\u2028b\x85c"), ("1", "  "), ("0", "😀\x00")]
    dataset = load_dataset(write(tmp_path / "d.tsv", tsv(ROWS + odd)))
    assert texts_of(dataset) == sorted(ROWS + odd)
    surrogate = '{"label": 1, "text": "a\\ud800b"}\n'
    dataset = load_dataset(write(tmp_path / "d.jsonl", as_jsonl() + surrogate))
    assert ("1", "a\ufffdb") in texts_of(dataset)


def test_describe_is_json(tmp_path):
    described = load_dataset(write(tmp_path / "d.tsv", tsv())).describe()
    assert json.loads(json.dumps(described)) == described
    assert described["sizes"] == {"train": 40, "dev": 5, "test": 5}
    assert set(described) == {"name", "language", "classes", "sizes", "split_rule", "sha256"}
    assert str(tmp_path) not in json.dumps(described)


def test_unknown_split_name(tmp_path):
    with pytest.raises(InputError, match="unknown split 'tset': expected one of train, dev, test"):
        load_dataset(write(tmp_path / "d.tsv", tsv())).split("tset")


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    max_examples=40,
)
@given(st.lists(st.text(max_size=20).filter(lambda t: not set(t) & set("\n\t\r")), min_size=40))
def test_no_leaks_whatever_the_texts(tmp_path, drawn):
    rows = ROWS + [(str(i % 2), text) for i, text in enumerate(drawn)]
    entries = "".join(json.dumps({"label": x, "text": t}) + "\n" for x, t in rows)
    dataset = load_dataset(write(tmp_path / "d.jsonl", entries))
    train, dev, test = (
        {text_key(text) for text in split.texts}
        for split in (dataset.train, dataset.dev, dataset.test)
    )
    assert not train & dev
    assert not train & test
    assert not dev & test
    assert sum(map(len, (dataset.train, dataset.dev, dataset.test))) == len(rows)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "gb.tsv",
            "".join(f"1\t味道很好，很喜欢{i}\n" for i in range(9)).encode("gb18030"),
            "GB18030",
        ),
        ("utf16.tsv", tsv().encode("utf-16-le"), "looks like UTF-16LE"),
        ("latin.tsv", tsv().encode() + b"1\tcaf\xe9 noir\n", r"other bytes \(line 51\)"),
        ("tab.tsv", tsv() + "1 no tab\n", "line 51: expected 2 columns .label, text., but got 1"),
        ("pair.tsv", "1\ta\tb\n", "line 1: expected 2 columns .label, text., but got 3"),
        ("label.tsv", tsv() + "\ttext\n", "line 51: expected a label, but it is empty"),
        ("one.tsv", tsv(ROWS[:30]), "at least two classes in one.tsv, but all its rows are 1"),
        ("none.tsv", "", "has no rows"),
        ("blank.jsonl", "\n \n", "has no rows"),
        ("head.csv", "label,text\n", "has no rows"),
        ("few.tsv", tsv(ROWS[:30] + ROWS[30:37]), "10 different texts .* class 0 has 7"),
        (
            "wide.csv",
            as_csv(["label", "text"]) + "1,a,b\r\n",
            "line 52: expected 2 columns .* got 3",
        ),
        ("three.csv", "id,label,text\n1,0,a\n2,0\n", "line 3: expected 3 columns .* got 2"),
        ("quote.csv", '1,"never closed\n', "line 1: not valid CSV"),
        ("json.jsonl", as_jsonl() + '{"label": 1, "te\n', "line 51: not valid JSON"),
        ("list.jsonl", "[1, 2]\n", 'line 1: expected an object with "label" and "text"'),
        ("key.jsonl", '{"label": 1}\n', 'line 1: expected an object with "label" and "text"'),
        (
            "object.jsonl",
            '{"label": {"a": 1}, "text": "a"}\n',
            "expected an integer or a string as label",
        ),
        ("null.jsonl", '{"label": 1, "text": null}\n', "expected a string as text"),
        ("data.xlsx", "PK", r"expected a .tsv, .csv or .jsonl file"),
    ],
)
def test_bad_files(tmp_path, name, content, message):
    path = write(tmp_path / name, content)
    with pytest.raises(InputError, match=message) as error:
        load_dataset(path)
    assert "\n" not in str(error.value)
    assert error.value.exit_code == 2


@pytest.mark.parametrize("suffix", [".gz", ".xz"])
def test_truncated_and_foreign_archives(tmp_path, suffix):
    path = tmp_path / f"d.tsv{suffix}"
    write(path, tsv())
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(InputError, match="cut off, damaged or of another kind"):
        load_dataset(str(path))
    path.write_bytes(b"not an archive")
    with pytest.raises(InputError, match="cut off, damaged or of another kind"):
        load_dataset(str(path))


def test_bad_folders(tmp_path):
    folder = tmp_path / "d"
    folder.mkdir()
    with pytest.raises(InputError, match="it has no such file"):
        load_dataset(str(folder))
    write(folder / "test.tsv", tsv())
    with pytest.raises(InputError, match="it has only test.tsv"):
        load_dataset(str(folder))
    write(folder / "train.tsv", tsv())
    write(folder / "train.csv", tsv())
    with pytest.raises(InputError, match=r"two files for train \(train.csv and train.tsv\)"):
        load_dataset(str(folder))
    (folder / "train.csv").unlink()
    write(folder / "test.tsv", tsv([*ROWS, ("2", "new")]))
    with pytest.raises(InputError, match=r"d, test row 51: label '2' is not one of .*\(0, 1\)"):
        load_dataset(str(folder))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("sst-2", "unknown data set 'sst-2': did you mean sst2"),
        ("waimia", "did you mean waimai"),
        ("qqqqqqqq", "unknown data set 'qqqqqqqq': expected one of builtin-en"),
        ("none.tsv", "no such file"),
        ("", "unknown data set ''"),
        ("a\0b", "unknown data set"),
        ("a" * 5000, "expected a data set, but got"),
        ("no/folder", "no such file"),
    ],
)
def test_unknown_names(name, message):
    with pytest.raises(InputError, match=message):
        load_dataset(name)


def test_missing_files_name_those_beside(tmp_path):
    write(tmp_path / "other.tsv", tsv())
    with pytest.raises(InputError, match="that folder has other.tsv"):
        load_dataset(str(tmp_path / "none.tsv"))


def test_bad_arguments(tmp_path, monkeypatch):
    path = write(tmp_path / "d.tsv", tsv())
    with pytest.raises(InputError, match="unknown language 'fr': expected auto, en or zh"):
        load_dataset(path, language="fr")
    with pytest.raises(InputError, match="limit of at least 2"):
        load_dataset(path, limit=0)
    monkeypatch.delenv("SNNCONVERT_DATA", raising=False)
    with pytest.raises(InputError, match="mr needs a data folder: give --data-dir"):
        load_dataset("mr")
    (tmp_path / "subj").mkdir()
    with pytest.raises(InputError, match="which has subj; fetch it with: snnconvert data get mr"):
        load_dataset("mr", tmp_path)


def test_named_sets_check_their_labels(tmp_path, monkeypatch):
    (tmp_path / "mr").mkdir()
    write(tmp_path / "mr" / "all.tsv", tsv([*ROWS, ("3", "x")]))
    monkeypatch.setenv("SNNCONVERT_DATA", str(tmp_path))
    with pytest.raises(InputError, match="mr, row 51: label '3' is not one of"):
        load_dataset("mr")
    write(tmp_path / "mr" / "all.tsv", tsv())
    dataset = load_dataset("mr")
    assert dataset.classes == ("negative", "positive")
    assert dataset.name == "mr"


@pytest.mark.parametrize("name", ["builtin-en", "builtin-zh"])
def test_builtin(name):
    dataset = load_dataset(name)
    assert dataset.language == name[-2:]
    assert dataset.describe()["sizes"] == {"train": 480, "dev": 80, "test": 80}
    assert Counter(dataset.train.labels) == {0: 240, 1: 240}
    everything = [text_key(text) for _, text in texts_of(dataset)]
    assert len(set(everything)) == len(everything) == 640


TABLE = {  # shared/data/README.md; the sets without a split become 80/10/10
    "sst2": (6920, 872, 1821),
    "sst5": (8544, 1101, 2210),
    "mr": (8530, 1066, 1066),
    "subj": (8000, 1000, 1000),
    "chnsenti": (6214, 776, 776),
    "waimai": (9591, 1198, 1198),
    "emotion": (16000, 2000, 2000),
    "imdb": (22500, 2500, 25000),
    "cola": (7696, 855, 1043),
    "mrpc": (3668, 408, 1725),
    "rte": (2241, 249, 277),
    "sst2-phrases": (67349, 872, 1821),
    "stsb": (5749, 1500, 1379),
    "wnli": (572, 63, 71),
}


IMDB = pytest.param("imdb", marks=pytest.mark.long)  # 50,000 reviews


@pytest.mark.data
@pytest.mark.parametrize("name", [*(name for name in TABLE if name != "imdb"), IMDB])
def test_named_sizes(shared, name):
    dataset = load_dataset(name, shared / "data")
    assert tuple(len(s) for s in (dataset.train, dataset.dev, dataset.test)) == TABLE[name]
    assert sum(TABLE[name]) == sum(NAMED[name].sizes.values())
    assert dataset.language == NAMED[name].language
    assert set(dataset.train.labels) == set(range(len(dataset.classes)))


def test_what_must_not_be_learned_from():
    assert shared_with("subj") == ("mr", "sst2", "sst5")
    assert shared_with("mr") == shared_with("no such set") == ()
    for path in ("data/mr/all.tsv", "/d/SST2-phrases/train.tsv", "sst5"):
        assert "leave it out" in (shared_note("subj", path) or "")
    assert shared_note("subj", "imdb/mrs_unsup.txt.xz") is None
    assert shared_note("sst2", "data/mr/all.tsv") is None
    assert all(other in NAMED for name in NAMED for other in shared_with(name))


def test_every_name_is_covered():
    assert set(TABLE) == set(NAMED)
    assert dataset_names()[:2] == ["builtin-en", "builtin-zh"]


@pytest.mark.data
def test_split_of_mr_is_fixed(shared):
    """The hash that results record; a change of it makes all earlier results incomparable."""
    dataset = load_dataset("mr", shared / "data")
    assert dataset.sha256[:16] == "f7dd0e3b5001a742"
