"""Numbers and lists in words, CSV and Markdown."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snnconvert.formatting import (
    cell,
    csv_text,
    joules,
    listing,
    markdown_table,
    percent,
    printable,
)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (percent(0.8807), "88.1"),
        (percent(0.8807, 2), "88.07"),
        (percent(None), "-"),
        (percent(None, none="–"), "–"),
        (joules(1.5e-3), "1.5 mJ"),
        (joules(2.73e-05), "27.3 uJ"),
        (joules(2.73e-05, "µ"), "27.3 µJ"),
        (joules(4e-10), "400 pJ"),
        (joules(9.999e-7), "1 uJ"),  # not 1e+03 nJ
        (joules(0.0), "0 pJ"),
        (joules(None), "-"),
        (listing(["a"]), "a"),
        (listing(["a", "b"]), "a and b"),
        (listing("abc", "or"), "a, b or c"),
    ],
)
def test_numbers_and_lists_in_words(written: str, expected: str) -> None:
    assert written == expected


def test_columns_of_a_csv_file_are_those_of_all_rows_or_those_that_are_named() -> None:
    rows = [{"a": "x,y", "b": None}, {"c": 0.1, "a": 2}]
    assert csv_text(rows) == 'a,b,c\n"x,y",,\n2,,0.1\n'
    assert csv_text(rows, ("c", "d")) == "c,d\n,\n0.1,\n"
    assert csv_text([]) == "\n"


TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


@given(st.lists(st.fixed_dictionaries({"a": TEXTS, "b": st.integers()}), min_size=1))
def test_a_csv_file_is_read_back_as_it_was(rows: list[dict[str, object]]) -> None:
    text = csv_text(rows)
    found = list(csv.DictReader(io.StringIO(text, newline="")))
    assert found == [{"a": cell(row["a"]), "b": str(row["b"])} for row in rows]


@pytest.mark.parametrize("text", ["=1+1", "+1 a", "-2+3", "@SUM(A1)", "\t=1"])
def test_no_cell_is_a_formula_and_numbers_stay_numbers(text: str) -> None:
    written = csv_text([{"a": text, "b": -0.5, "c": "-0.5"}])
    _, row = csv.reader(io.StringIO(written, newline=""))
    assert row == [f"'{text}", "-0.5", "-0.5"]


def test_what_a_terminal_would_obey_is_not_shown() -> None:
    assert (
        printable("\x1b]0;title\x07 \u202ebad\u2066 \x9b31m")
        == "\ufffd]0;title\ufffd \ufffdbad\ufffd \ufffd31m"
    )
    assert printable("a\nb") == "a\ufffdb" and printable("a\nb", "\n") == "a\nb"
    kept = "\u3000好\u00a0\N{WOMAN}\N{ZERO WIDTH JOINER}\N{PERSONAL COMPUTER}"
    assert printable(kept) == kept


def test_a_markdown_table() -> None:
    text = markdown_table(["name", "n"], [["a|b", "1"], ["two\nlines", "22"]], right=[1])
    assert text.splitlines() == [
        "| name | n |",
        "| --- | ---: |",
        "| a\\|b | 1 |",
        "| two lines | 22 |",
    ]
