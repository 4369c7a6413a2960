"""Options of labelled files on the command line, what loading says, and what results keep of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from snnconvert.pipelines.cli import main
from snnconvert.tests.helpers.cases import CASES, needs_cases, said_by

TINY = "--vectors random --dim 4 --widths 2 --channels 2 --epochs 1 --tensorboard no"


@pytest.fixture
def odd(tmp_path: Path) -> Path:
    """A file that needs three of the options."""
    rows = "".join(f"{i}~{i % 3}~{i % 2}~the café of day {i}\n" for i in range(60))
    path = tmp_path / "odd.csv"
    path.write_bytes(("id~stars~score~words used\n" + rows).encode("cp1252"))
    return path


OPTIONS = ["--delimiter", "~", "--label-column", "score", "--encoding", "CP1252"]


def test_options_are_kept_with_the_run(odd: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = odd.parent / "run"
    train = ["train", "--dataset", str(odd), "--out", str(out), *TINY.split()]
    assert main([*train, *OPTIONS]) == 0
    said = capsys.readouterr().err
    assert "odd.csv: 48/6/6 texts, en; classes 0, 1; line 1 was taken as a header" in said
    kept = yaml.safe_load((out / "config.yaml").read_text("utf-8"))["data"]
    assert (kept["delimiter"], kept["label_column"], kept["encoding"]) == ("~", "score", "CP1252")
    assert "text_column" not in kept
    data = json.loads((out / "results.json").read_text("utf-8"))["data"]
    assert data["overlap"] == {"dev": 0, "test": 0}
    assert data["source"][0]["label_column"] == "score"
    assert data["source"][0]["text_column"] == "words used"
    assert data["source"][0]["rows"] == 60
    assert "read as CP1252" in data["notes"]
    assert main(["convert", str(out), "--quiet"]) == 0  # loads the data again
    assert main(["evaluate", str(out), "--data", str(odd), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["texts"] == 60
    plain = odd.parent / "plain.tsv"
    plain.write_text("1\tone\n0\ttwo\n1\tthree\n", "utf-8")
    assert main(["evaluate", str(out), "--data", str(plain), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["texts"] == 3
    assert main([*train, *OPTIONS, "--label-column", "stars"]) == 2
    assert "label_column was 'score', now 'stars'" in capsys.readouterr().err


def test_quiet_and_built_in_data_say_nothing(odd: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = odd.parent
    assert main([
        "train", "--dataset", str(odd), "--out", str(out / "a"), "--quiet", *TINY.split(), *OPTIONS
    ]) == 0  # fmt: skip
    printed, said = capsys.readouterr()
    assert printed == "" and "odd.csv" not in said  # warnings about the network may remain
    assert main(["train", "--limit", "20", "--out", str(out / "b"), *TINY.split()]) == 0
    assert "texts, en" not in capsys.readouterr().err


def test_a_file_of_few_rows_is_evaluated_by_the_classes(
    tiny_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "few.csv"
    for first, texts in (("", 2), ("outcome,what they said\n", 2), ("sentiment,tweet\n", 2)):
        path.write_text(first + "positive,good\nnegative,a bad one\n", "utf-8")
        assert main(["evaluate", str(tiny_run), "--data", str(path), "--json"]) == (2 if
            first.startswith("outcome") else 0)  # fmt: skip
        said = capsys.readouterr()
        if said.out:
            assert json.loads(said.out)["texts"] == texts
        else:
            assert "'outcome'" in said.err


def test_test_texts_that_are_also_in_train(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [f"{i % 2}\tcase number {i}\n" for i in range(40)]
    for name, part in (("train", rows), ("dev", ["1\tnew\n"]), ("test", rows[20:])):
        (tmp_path / f"{name}.tsv").write_text("".join(part), "utf-8")
    out = tmp_path / "run"
    assert main(["train", "--dataset", str(tmp_path), "--out", str(out), *TINY.split()]) == 0
    note = "20 of 20 test texts are also in train"
    assert note in capsys.readouterr().err
    data = json.loads((out / "results.json").read_text("utf-8"))["data"]
    assert note in data["notes"]
    assert data["overlap"] == {"dev": 0, "test": 20}


SHOWN = {
    "01-header-in-folder": ("rc 0", "['0', '1'] {'train': 200, 'dev': 60, 'test': 60}"),
    "02-encoding-advice": (
        *("iconv -f BIG5", "iconv -f CP1252", "iconv -f GB18030", "is UTF-8 but for 1 broken"),
        *("line 58", "'服務很好環境乾淨，第1次來這間餐廳，值得推薦。'", "I don’t mi", "day 0 差"),
    ),
    "03-bom-in-the-middle": ("('0', '1') 200", "left out 1 byte order mark"),
    "06-csv-field-limit": ("long.csv rc 0", "long.tsv rc 0"),
    "12-columns": ("line 1 was taken as a header (id, label, tweet)",),
    "13-quoted-tsv": (
        "rtable.tsv ('neg', 'pos') 'the lamp",
        "pandas.tsv ('0', '1') 'the lamp was grim and the room was slow on day 0 she said \"ok\"'",
    ),
    "18-cr-only-and-seps": ("cr.tsv: 160/20/20 texts",),
}


@needs_cases
@pytest.mark.long
@pytest.mark.parametrize("name", SHOWN)
def test_files_as_people_had_them(name: str) -> None:
    said = said_by(name)
    assert [words for words in SHOWN[name] if words not in said] == [], said
    assert "Traceback" not in said


@needs_cases
@pytest.mark.parametrize("name", ["12-columns", "18-cr-only-and-seps"])
def test_each_of_their_files_is_read(name: str) -> None:
    from snnconvert.text.datasets.dataset import load_dataset

    for path in (CASES / name).iterdir():
        if path.suffix != ".sh":
            dataset = load_dataset(str(path))
            sizes = [len(dataset.split(split)) for split in ("train", "dev", "test")]
            assert (sizes, len(dataset.classes)) == ([160, 20, 20], 2), path.name
