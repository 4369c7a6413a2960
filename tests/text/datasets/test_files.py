"""Labelled files as people have them: headers, columns, delimiters, quotes and shapes."""

from __future__ import annotations

import bz2
import csv
import io
import json
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snnconvert.errors import InputError
from snnconvert.text.datasets.dataset import Dataset, load_dataset
from snnconvert.text.datasets.readers.delimited import quoted_lines
from snnconvert.text.datasets.readers.options import FileOptions

TEXTS = [
    f"the {('soup', 'room')[i % 2]} was {('bad', 'good')[i % 2]} on day {i}" for i in range(40)
]
NUMBERS = [(str(i % 2), text) for i, text in enumerate(TEXTS)]
WORDS = [(("neg", "pos")[i % 2], text) for i, text in enumerate(TEXTS)]


def lines(rows: list[tuple[str, str]], between: str = ",", form: str = "{0}{2}{1}\n") -> str:
    return "".join(form.format(label, text, between) for label, text in rows)


def load(path: Path, content: str | bytes, **options: str) -> Dataset:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return load_dataset(str(path), options=FileOptions(**options))


def pairs(dataset: Dataset) -> list[tuple[str, str]]:
    return sorted(
        (dataset.classes[label], text)
        for split in (dataset.train, dataset.dev, dataset.test)
        for label, text in zip(split.labels, split.texts, strict=True)
    )


def zipped(**members: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("_DOT_", "."), content)
    return out.getvalue()


SHAPES = {
    "header of other names.csv": "polarity,tweet\n" + lines(NUMBERS),
    "header of unknown names.csv": "kind,phrase\n" + lines(NUMBERS),
    "header of several words.csv": "mood,what they said\n" + lines(NUMBERS),
    "header of words.tsv": "Review Text\tSentiment Label\n" + lines(NUMBERS, "\t", "{1}{2}{0}\n"),
    "no header, turned.csv": lines(NUMBERS, ",", "{1}{2}{0}\n"),
    "index.csv": ",label,text\n" + "".join(f"{i},{a},{b}\n" for i, (a, b) in enumerate(NUMBERS)),
    "empty columns.csv": "v1,v2,,,\n" + lines(NUMBERS, ",", "{0}{2}{1},,,\n"),
    "no header, six columns.csv": "".join(
        f'"{a}","{1000 + i}","Apr {i}","NO_QUERY","user{i}","{b}"\n'
        for i, (a, b) in enumerate(NUMBERS)
    ),
    "semicolon.csv": "\ufefflabel;text\r\n" + lines(NUMBERS, ";"),
    "sep line.csv": "sep=;\nlabel;text\n" + lines(NUMBERS, ";"),
    "pipe.csv": "label|text\n" + lines(NUMBERS, "|"),
    "tabs.csv": lines(NUMBERS, "\t"),
    "commas.tsv": "label,text\n" + lines(NUMBERS),
    "blank before quote.csv": lines(NUMBERS, ",", '{0}{2} "{1}"\n'),
    "header again.csv": "label,text\n" + lines(NUMBERS[:20]) + "label,text\n" + lines(NUMBERS[20:]),
    "joined.csv": "\ufefflabel,text\n" + lines(NUMBERS[:9]) + "\ufeff" + lines(NUMBERS[9:]),
    "empty rows.csv": ",\n" + lines(NUMBERS) + ",\n,\n",
    "old mac.tsv": "label\ttext\r" + lines(NUMBERS, "\t").replace("\n", "\r"),
    "two returns.tsv": lines(NUMBERS, "\t").replace("\n", "\r\r\n"),
    "all quoted.tsv": lines(NUMBERS, "\t", '"{0}"{2}"{1}"\n'),
    "utf16.csv": ("label,text\n" + lines(NUMBERS)).encode("utf-16"),
    "fasttext.txt": lines(NUMBERS, "", "__label__{0} {1}\n"),
    "fasttext with comma.txt": lines(NUMBERS, "", "__label__{0} , {1}\n"),
    "blank.txt": lines(NUMBERS, " "),
    "tab.txt": lines(NUMBERS, "\t"),
    "array.json": json.dumps([{"Sentiment": int(a), "Tweet": b} for a, b in NUMBERS], indent=1),
    "inside.json": json.dumps({"version": 1, "data": [{"y": a, "body": b} for a, b in NUMBERS]}),
    "columns.json": json.dumps({"label": [a for a, _ in NUMBERS], "text": TEXTS}),
    "by row.json": json.dumps(
        {
            "label": {str(i): a for i, (a, _) in enumerate(NUMBERS)},
            "text": {str(i): b for i, (_, b) in enumerate(NUMBERS)},
        }
    ),
    "split.json": json.dumps({"columns": ["label", "text"], "data": NUMBERS}),
    "floats.json": json.dumps([{"label": float(a), "text": b} for a, b in NUMBERS]),
    "other names.jsonl": "".join(
        json.dumps({"sentence": b, "label": a}) + "\n" for a, b in NUMBERS
    ),
    "unknown names.jsonl": "".join(
        json.dumps({"quux": a, "flim": b, "id": i}) + "\n" for i, (a, b) in enumerate(NUMBERS)
    ),
    "packed.csv.bz2": bz2.compress(lines(NUMBERS).encode()),
    "packed.zip": zipped(__MACOSX="x", a_DOT_csv=lines(NUMBERS)),
    "packed without saying.csv": bz2.compress(lines(NUMBERS).encode()),
}


@pytest.mark.parametrize("name", SHAPES)
def test_every_shape_gives_the_same_rows(tmp_path: Path, name: str) -> None:
    dataset = load(tmp_path / name, SHAPES[name])
    assert pairs(dataset) == sorted(NUMBERS)


def test_unknown_header_before_labels_of_words(tmp_path: Path) -> None:
    dataset = load(tmp_path / "d.csv", "outcome,utter\n" + lines(WORDS))
    assert pairs(dataset) == sorted(WORDS)
    assert dataset.notes == (
        "line 1 was taken as a header (outcome, utter)",
        "labels are in column outcome, texts in column utter",
    )


def test_a_first_line_that_could_be_either_is_asked_about(tmp_path: Path) -> None:
    content = "outcome,what they said\n" + lines(WORDS)
    with pytest.raises(InputError, match=r"cannot tell whether line 1 \(outcome, what they said\)"):
        load(tmp_path / "d.csv", content)
    named = {"label_column": "outcome", "text_column": "what they said"}
    assert pairs(load(tmp_path / "d.csv", content, **named)) == sorted(WORDS)
    with pytest.raises(InputError, match="class outcome has 1"):  # it is a row then
        load(tmp_path / "d.csv", content, label_column="1", text_column="2")


@pytest.mark.parametrize(
    "first", [("pos", "text"), ("neutral", "It was fine."), ("neg", "bad"), ("pos", "review")]
)
def test_a_first_row_is_not_lost(tmp_path: Path, first: tuple[str, str]) -> None:
    rows = [first, *WORDS]
    folder = tmp_path / "d"
    folder.mkdir()
    for name in ("dev", "test"):
        (folder / f"{name}.tsv").write_text(lines(WORDS, "\t"), "utf-8")
    (folder / "train.tsv").write_text(lines(rows, "\t"), "utf-8")
    dataset = load_dataset(str(folder))
    assert len(dataset.train) == 41
    assert dataset.train.texts[0] == first[1]


@pytest.mark.parametrize("header", ["polarity,tweet\n", "outcome,what they said\n", "a,b\n"])
@pytest.mark.parametrize("rows", [NUMBERS, WORDS])
def test_a_header_in_a_folder_of_splits(
    tmp_path: Path, header: str, rows: list[tuple[str, str]]
) -> None:
    for name in ("train", "dev", "test"):
        (tmp_path / f"{name}.csv").write_text(header + lines(rows), "utf-8")
    dataset = load_dataset(str(tmp_path))
    assert set(dataset.classes) == {label for label, _ in rows}
    assert [len(s) for s in (dataset.train, dataset.dev, dataset.test)] == [40, 40, 40]
    assert dataset.notes[0].startswith("line 1 was taken as a header")
    (tmp_path / "test.csv").write_text(lines(rows), "utf-8")  # a header in some of them only
    if header.startswith("polarity"):
        assert len(load_dataset(str(tmp_path)).test) == 40
        assert load_dataset(str(tmp_path)).notes[0].startswith("train.csv, dev.csv: line 1")


def test_named_columns_and_delimiter(tmp_path: Path) -> None:
    table = "".join(f"{i % 3}~{a}~x {i} y~{b}\n" for i, (a, b) in enumerate(NUMBERS))
    content = "stars~score~review~body\n" + table
    with pytest.raises(InputError, match="review, body could each be it; say which with --text-c"):
        load(tmp_path / "d.csv", content, delimiter="~", label_column="score")
    with pytest.raises(InputError, match="stars, score could each be it; say which with --label"):
        load(tmp_path / "d.csv", content, delimiter="~")
    options = {"delimiter": "~", "label_column": "score", "text_column": "4"}
    assert pairs(load(tmp_path / "d.csv", content, **options)) == sorted(NUMBERS)
    with pytest.raises(InputError, match="a column 'none', .* columns are stars, score, review"):
        load(tmp_path / "d.csv", content, delimiter="~", label_column="none")
    with pytest.raises(InputError, match="--delimiter to be one character, or of tab, comma"):
        load(tmp_path / "d.csv", content, delimiter="ab")


def test_unknown_columns_are_listed_with_the_remedy(tmp_path: Path) -> None:
    rows = "".join(f"{t},{t} indeed,{i % 2}\n" for i, t in enumerate(TEXTS))
    with pytest.raises(InputError) as error:
        load(tmp_path / "d.csv", "premise,hypothesis,label\n" + rows)
    for part in ("premise, hypothesis, label", "--text-column", "text, texts, sentence"):
        assert part in str(error.value)


def test_quoted_tsv_of_pandas_and_r(tmp_path: Path) -> None:
    said = [(label, f'{text} she said "ok"' if i % 3 == 0 else text) for i, (label, text) in
            enumerate(WORDS)]  # fmt: skip
    out = io.StringIO()
    csv.writer(out, delimiter="\t", lineterminator="\n").writerows([("label", "text"), *said])
    assert pairs(load(tmp_path / "pandas.tsv", out.getvalue())) == sorted(said)
    escaped = [(label, text.replace('"', '\\"')) for label, text in said]
    r = '"label"\t"text"\n' + lines(escaped, "\t", '"{0}"{2}"{1}"\n')
    assert pairs(load(tmp_path / "r.tsv", r)) == sorted(said)
    broken = [(label, f"{text}\nand\tmore") for label, text in said]
    out = io.StringIO()
    csv.writer(out, delimiter="\t", lineterminator="\n").writerows(broken)
    assert pairs(load(tmp_path / "lines.tsv", out.getvalue())) == sorted(broken)


def test_stray_quotes_in_plain_tsv_are_kept(tmp_path: Path) -> None:
    rows = [*NUMBERS, ("1", '"a thoughtful film"'), ("0", 'a "bad" one'), ("1", '"open')]
    assert pairs(load(tmp_path / "d.tsv", lines(rows, "\t"))) == sorted(rows)


@pytest.mark.parametrize("between", [",", "\t"])
def test_fields_of_any_length(tmp_path: Path, between: str) -> None:
    limit = csv.field_size_limit()
    rows = [*NUMBERS, ("1", "word " * 60_000 + "end")]
    form = '{0}{2}"{1}"\n' if between == "," else "{0}{2}{1}\n"
    name = "d.csv" if between == "," else "d.tsv"
    assert pairs(load(tmp_path / name, lines(rows, between, form))) == sorted(rows)
    assert csv.field_size_limit() == limit


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\r\0"), max_size=8)


@given(st.lists(st.lists(CELLS, min_size=2, max_size=4), min_size=1), st.sampled_from(",;|\t"))
def test_quoted_cells_are_those_of_the_csv_module(rows: list[list[str]], delimiter: str) -> None:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows(rows)
    found = [line.cells for line in quoted_lines(out.getvalue(), delimiter, "d")]
    assert found == list(csv.reader(io.StringIO(out.getvalue(), newline=""), delimiter=delimiter))
    assert found == rows


def test_invisible_characters(tmp_path: Path) -> None:
    family = "👨\u200d👩\u200d👧"
    rows = [
        ("neg\u200b", "a go\u200bod one"),
        ("\ufeffpos", "\ufeffwell"),
        ("ne\u00adg\u00a0", family),
    ]
    dataset = load(tmp_path / "d.tsv", lines([*WORDS, *rows], "\t"))
    clean = [("neg", "a good one"), ("pos", "well"), ("neg", family)]
    assert pairs(dataset) == sorted([*WORDS, *clean])
    assert dataset.notes == (
        "left out 1 byte order mark inside",  # that at the beginning of a line
        "left out invisible characters in 2 labels and 2 texts",
    )


def test_an_error_shows_what_one_cannot_see(tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        load(tmp_path / "d.csv", lines(NUMBERS) + "1,a\ufeff0,b\n")
    assert "\ufeff" not in str(error.value)
    assert "\\ufeff" in str(error.value)


def test_folders_of_text_files_by_class(tmp_path: Path) -> None:
    for split in ("train", "test"):
        for name in ("neg", "pos", "unsup"):
            folder = tmp_path / split / name
            folder.mkdir(parents=True)
            for i in range(12):
                (folder / f"{i}_7.txt").write_text(f"{split} {name}\n number {i}", "utf-8")
        (tmp_path / split / "urls_neg.txt").write_text("http", "utf-8")
    dataset = load_dataset(str(tmp_path))
    assert dataset.classes == ("neg", "pos")
    assert (len(dataset.train) + len(dataset.dev), len(dataset.test)) == (24, 24)
    assert dataset.test.texts[:11:10] == ("test neg number 0", "test neg number 10")
    assert "the folder unsup has no class and was left out" in dataset.notes
    alone = load_dataset(str(tmp_path / "train"))
    assert len(pairs(alone)) == 24


def test_a_zip_of_several_files_and_workbooks(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"2 of its 2 fit \(a.csv, b.csv\): unpack it"):
        load(tmp_path / "d.zip", zipped(a_DOT_csv="1,a\n", b_DOT_csv="1,a\n"))
    with pytest.raises(InputError, match="cut off, damaged or of another kind"):
        load(tmp_path / "e.csv.zip", zipped(a_DOT_csv="1,a\n")[:-9])


@pytest.mark.parametrize("content", ["[]", '{"data": []}', ""])
def test_json_without_rows(tmp_path: Path, content: str) -> None:
    with pytest.raises(InputError, match="has no rows"):
        load(tmp_path / "d.json", content)


def test_several_fasttext_labels(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="line 2: expected one label of each text"):
        load(tmp_path / "d.txt", "__label__a one\n__label__a __label__b two\n")


def test_overlap_of_splits(tmp_path: Path) -> None:
    (tmp_path / "train.tsv").write_text(lines(WORDS, "\t"), "utf-8")
    (tmp_path / "dev.tsv").write_text("pos\tnew\n", "utf-8")
    again = [(label, f"{text.upper()} ") for label, text in WORDS[:7]]
    (tmp_path / "test.tsv").write_text(lines([*again, ("pos", "new")], "\t"), "utf-8")
    assert load_dataset(str(tmp_path)).overlap() == {"dev": 0, "test": 7}
