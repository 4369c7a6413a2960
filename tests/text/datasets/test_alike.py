"""Classes that only their writing tells apart are said: in the notes, and where one has too few."""

from __future__ import annotations

from pathlib import Path

import pytest

from snnconvert.errors import InputError
from snnconvert.text.datasets.alike import alike, alike_note
from snnconvert.text.datasets.dataset import load_dataset


def write(path: Path, rows: list[tuple[str, str]]) -> Path:
    path.write_text("".join(f"{label}\t{text}\n" for label, text in rows), "utf-8")
    return path


def test_names_that_differ_only_in_writing() -> None:
    assert alike(["NEG", "Neg", "pos", "very  good", "Very good"]) == [
        ["NEG", "Neg"],
        ["very  good", "Very good"],
    ]
    assert alike(["1", "1.0", "2", "-1"]) == [["1", "1.0"]]
    assert alike(["nan", "NaN"]) == [["nan", "NaN"]]
    assert alike(["neg", "pos", "1", "10", "-1"]) == []
    assert alike_note(["neg", "pos"]) is None
    many = str(alike_note([name for k in range(6) for name in (f"a{k}", f"A{k}")]))
    assert "'a3' and 'A3'" in many and "'a4'" not in many and "...)" not in many


def test_a_file_with_such_classes_is_read_and_says_so(tmp_path: Path) -> None:
    rows = [
        (name, f"the text {i} of {k}")
        for k, name in enumerate(("Pos", "pos", "neg"))
        for i in range(12)
    ]
    (note,) = load_dataset(write(tmp_path / "mixed.tsv", rows)).notes
    assert "'Pos' and 'pos' (write them alike if they are one)" in note
    assert not load_dataset(write(tmp_path / "plain.tsv", rows[12:])).notes


def test_one_row_that_is_written_otherwise_is_not_told_to_get_more_texts(tmp_path: Path) -> None:
    rows = [(label, f"text {i} of {label}") for label in ("pos", "neg") for i in range(12)]
    with pytest.raises(InputError, match="Pos has 1: write it as 'pos' if that is the same class"):
        load_dataset(write(tmp_path / "one.tsv", [*rows, ("Pos", "another")]))


def test_a_class_whose_texts_count_for_another_is_not_called_empty(tmp_path: Path) -> None:
    rows = [(label, f"text {i}") for i in range(12) for label in ("neg", "pos")]
    with pytest.raises(InputError, match=r"pos has 0 \(12 more count for other classes"):
        load_dataset(write(tmp_path / "torn.tsv", rows))


def test_all_classes_of_too_few_texts_are_named_at_once(tmp_path: Path) -> None:
    rows = [(label, f"text {i} of {label}") for label in ("pos", "neg") for i in range(12)]
    rare = [(f"r{k}", f"a rare text {k}") for k in range(9)]
    with pytest.raises(InputError, match=r"class r0 has 1, and 1 more too few \(r1: 1\): add"):
        load_dataset(write(tmp_path / "two.tsv", [*rows, *rare[:2]]))
    with pytest.raises(InputError, match=r"and 8 more too few \(r1: 1, .*, r6: 1, \.\.\.\): add"):
        load_dataset(write(tmp_path / "nine.tsv", [*rows, *rare]))
