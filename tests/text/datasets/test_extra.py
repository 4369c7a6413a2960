"""Further texts from files of all kinds, and one line for everything that is wrong with them."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from snnconvert.errors import InputError
from snnconvert.text.datasets.dataset import load_dataset
from snnconvert.text.datasets.extra import read_extra, read_labelled

TEXTS = [f"text number {i}, of no class" for i in range(12)]
LABELLED = "".join(f"{i % 2}\t{text}\n" for i, text in enumerate(TEXTS))
QUOTED = "".join(f'"{text}"\n' for text in TEXTS)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.txt", "\n\n".join(TEXTS)),
        ("a.list", "\r\n".join(TEXTS)),
        ("labels.txt", LABELLED),
        ("a.tsv", LABELLED),
        ("one.tsv", "\n".join(TEXTS)),
        ("one.csv", "review\n" + QUOTED),
        ("a.csv", "label,text\n" + "".join(f'{i % 2},"{t}"\n' for i, t in enumerate(TEXTS))),
        ("a.jsonl", "".join(json.dumps({"id": 1, "text": t}) + "\n" for t in TEXTS)),
        ("a.json", json.dumps([{"anything": t} for t in TEXTS])),
    ],
)
def test_every_kind_of_file(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content, "utf-8")
    assert read_extra(tmp_path / name) == TEXTS
    (tmp_path / f"{name}.gz").write_bytes(gzip.compress(content.encode()))
    if name != "a.list":
        assert read_extra(f"{tmp_path / name}.gz") == TEXTS


def test_a_draw_keeps_the_order_and_depends_on_the_seed(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("\n".join(TEXTS))
    drawn = [read_extra(path, limit=5, seed=seed) for seed in (0, 0, 1)]
    assert drawn[0] == drawn[1] != drawn[2]
    assert [text for text in TEXTS if text in drawn[0]] == drawn[0]
    assert len(drawn[0]) == 5


def test_sentences(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(
        'He said "it is a bore." So we left early.<br /><br />Bad.\n房间很大，也很干净。差！'
    )
    found = ['He said "it is a bore."', "So we left early."]
    assert read_extra(path, sentences=True) == [*found, "房间很大，也很干净。"]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.txt", b"", "has no texts"),
        ("a.txt", "caf\u00e9 au lait\n".encode("cp1252") * 9, "expected UTF-8"),
        ("a.jsonl", b'{"id": 3, "n": 2}\n', "expected an object with a string"),
        ("a.txt", b"%PDF-1.4", "looks like a PDF"),
    ],
)
def test_one_line_of_advice(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=said) as error:
        read_extra(tmp_path / name)
    assert "\n" not in str(error.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    for path in (tmp_path / "no.txt", tmp_path):
        with pytest.raises(InputError, match="expected a file of texts"):
            read_extra(path)


def test_labelled(tmp_path: Path) -> None:
    dataset = load_dataset("builtin-en")
    names = "".join(f"{dataset.classes[i % 2]}\t{text}\n" for i, text in enumerate(TEXTS))
    for content in (LABELLED, names):
        (tmp_path / "a.tsv").write_text(content)
        assert read_labelled(tmp_path / "a.tsv", dataset) == (TEXTS, [i % 2 for i in range(12)])
    (tmp_path / "b.tsv").write_text(LABELLED + "2\tanother\n")
    with pytest.raises(InputError, match="row 13: expected a class of builtin-en"):
        read_labelled(tmp_path / "b.tsv", dataset)
