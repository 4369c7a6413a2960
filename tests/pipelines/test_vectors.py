"""Files of word vectors through the command line: what is said, recorded, and refused."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path

import pytest

from snnconvert.errors import InputError
from snnconvert.pipelines.cli import main
from snnconvert.tests.helpers.chance import trouble
from snnconvert.text.vectors.load import load_vectors

TRAIN = "train --dataset {data} --vectors {vectors} --out {out} --widths 2 --channels 4 --epochs 1"


def train(tmp_path: Path, content: bytes, *more: str, name: str = "v.vec") -> int:
    (tmp_path / name).write_bytes(content)
    (tmp_path / "own.tsv").write_text(
        "text\tlabel\n"
        + "".join(f"the food {i} was good\tyes\nthe room {i} was bad\tno\n" for i in range(30))
    )
    words = TRAIN.format(
        data=tmp_path / "own.tsv", vectors=tmp_path / name, out=tmp_path / "run"
    ).split()
    return main([*words, *more])


def rows(*words: str) -> bytes:
    draw = random.Random(0)
    return "".join(
        f"{word} {' '.join(f'{draw.gauss(0, 1):.3f}' for _ in range(8))}\n" for word in words
    ).encode()


KNOWN = ("the", "food", "room", "was", "good", "bad", "and", "fine")


def of_vectors(said: str) -> str:
    """The error stream without what is said of the texts."""
    lines = trouble(said).splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith("own.tsv: "))


def figures(tmp_path: Path) -> dict:
    return json.loads((tmp_path / "run" / "results.json").read_text())["data"]


def test_what_was_loaded_is_said_once_and_recorded(tmp_path, capsys):
    assert train(tmp_path, rows(*KNOWN) + b"new york 1 2\n") == 0
    printed, said = capsys.readouterr()
    said = of_vectors(said)
    (line,) = said.splitlines()
    assert line.startswith("word vectors: 8 words of 8 components from v.vec; 1 row skipped: 1 bad")
    assert "line 9 has 3 numbers, expected 8" in line and "they cover " in line
    assert "ANN" in printed and "word vectors" not in printed
    data = figures(tmp_path)
    assert data["vectors"].items() >= {"words": 8, "dim": 8, "skipped_rows": 1}.items()
    assert {"types", "tokens", "train_types", "train_tokens"} <= set(data["vectors"])
    assert data["vectors_summary"] in line and "vectors_warning" not in data
    assert main(["report", str(tmp_path / "run")]) == 0
    assert "know only " not in (tmp_path / "run" / "report.html").read_text()


def test_quiet_keeps_the_warning_alone(tmp_path, capsys):
    assert train(tmp_path, rows(*KNOWN), "--quiet") == 0
    printed, said = capsys.readouterr()
    assert (printed, of_vectors(said)) == ("", "")
    shutil.rmtree(tmp_path / "run")
    assert train(tmp_path, rows("the", "was", "好吃", "服务"), "--quiet") == 0
    printed, said = capsys.readouterr()
    said = of_vectors(said)
    assert printed == "" and said.count("\n") == 1
    assert said.startswith("snnconvert: warning: the word vectors of v.vec know only ")
    assert said.strip().endswith(figures(tmp_path)["vectors_warning"])
    assert main(["report", str(tmp_path / "run")]) == 0
    assert "know only " in (tmp_path / "run" / "report.html").read_text()


def test_long_texts_are_counted_once(tmp_path, capsys):
    words = ("--vectors", "random", "--dim", "4", "--max-length", "4")
    for expected in (1, 0):  # a second time the stage is there
        assert train(tmp_path, b"", *words) == 0
        said = capsys.readouterr().err
        assert said.count(" training texts are longer than 4 words and are read up to") == expected
    cut = figures(tmp_path)["vectors"]["train_cut"]
    assert cut == 48


def test_json_stays_json(tmp_path, capsys):
    assert train(tmp_path, rows("the", "was", "autre"), "--json") == 0
    printed, said = capsys.readouterr()
    said = of_vectors(said)
    assert "ann" in json.loads(printed)
    assert len(said.splitlines()) == 2


def test_vectors_of_no_file_are_not_spoken_of(tmp_path, capsys):
    assert train(tmp_path, b"", "--vectors", "random", "--dim", "4") == 0
    assert of_vectors(capsys.readouterr().err) == ""
    assert set(figures(tmp_path)["vectors"]) == {"types", "tokens", "train_types", "train_tokens"}


@pytest.mark.parametrize(
    "content",
    {
        "empty": b"",
        "promise": b"5 3\n" + rows(*KNOWN),
        "cut": rows(*KNOWN)[:90],
        "foreign": rows("autre", "mot"),
        "fastText": b"\xba\x16\x4f\x2f",
        "gzip": b"\x1f\x8b\x08\0cut",
        "zip": b"PK\x03\x04cut",
        "flat": b"good 0.5 0.5\nfood 0.5 0.5\nbad 0.5 0.5\n",
        "binary": b"3 2\ngood \0\0\0",
        "encoding": "好 1 2\n".encode("gb18030"),
    }.items(),
    ids=lambda item: item[0],
)
@pytest.mark.parametrize("name", ["v.vec", "v.bin"])
def test_every_error_names_the_file(tmp_path, capsys, content, name):
    assert train(tmp_path, content[1], name=name) == 2
    printed, said = capsys.readouterr()
    assert printed == "" and said.count("\n") == 1
    assert name in said and "Traceback" not in said
    assert not (tmp_path / "run" / "results.json").exists()


SKIPPED = {  # rows, of files that have 233 good ones
    "blank_word.vec": 1,
    "phrase_with_number.vec": 1,
    "badutf8.vec": 1,
    "badutf8.bin": 1,
    "glued.vec": 1,
    "phrase.vec": 1,
    "phrase.bin": 1,
    "text_named.bin": 0,
    "bom_header.vec": 0,
    "bom_glove.txt": 0,
    "v.vec.bz2": 0,
    "v.vec.xz": 0,
    "v.zip": 0,
}


@pytest.mark.data
@pytest.mark.parametrize("name", [*SKIPPED, "short.bin"])
def test_files_that_were_refused_once(shared, name):
    found = sorted((shared / "cases").glob(f"*/{name}"))
    if not found:
        pytest.skip(f"{name} is not beside the data")
    if name == "short.bin":
        with pytest.raises(InputError, match=r"short\.bin.*promises 223 rows, but more follow"):
            load_vectors(found[0], progress=False)
        return
    vectors = load_vectors(found[0], progress=False)
    assert len(vectors.words) == 233 and vectors.skipped == SKIPPED[name]
    assert vectors.words[:4] == ["0", "1", "10", "100"] and vectors.dim == 20
