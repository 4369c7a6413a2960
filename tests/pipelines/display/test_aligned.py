"""Tables for the terminal: never wider than it, numbers whole, Chinese characters in line."""

from __future__ import annotations

import re
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snnconvert.pipelines.display.aligned import table
from snnconvert.pipelines.display.screen import fitted, styled
from snnconvert.tests.pipelines.display.screens import Screen, wide

HEAD = ["victim", "attack", "n", "clean %", "under attack % [95 %]", "success %", "verified %"]
HEAD += ["words %", "queries"]
ROWS = [
    ["ANN", "textfooler", 100, "88.0", "12.0 [6.9, 19.8]", "86.4", "86.4", "12.3", "123"],
    ["Fine-tuned SNN", "zh-homophone *", 100, "88.0", "-", "86.4", "86.4", "-", "1,123"],
]


def test_columns_of_a_file_are_as_wide_as_their_cells() -> None:
    assert table(["model", "T", "dev %"], [["ANN", "", "81.5"], ["SNN", 4, "9.0"]]) == (
        "model  T  dev %\n---------------\nANN        81.5\nSNN    4    9.0"
    )
    assert table(["a", "b"], [["x", "y"]], right=False) == "a  b\n----\nx  y"
    assert table(["a", "b"], []) == "a  b\n----"


def test_chinese_characters_take_two_columns() -> None:
    lines = table(["词", "次数"], [["好吃", "1"], ["a", "22"]]).split("\n")
    assert lines == ["词    次数", "----------", "好吃     1", "a       22"]


@pytest.mark.parametrize("width", [24, 40, 60, 80, 100, 200])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    drawn = table(HEAD, ROWS, width=width)
    assert max(map(wide, drawn.split("\n"))) <= width
    for cell in ("12.0", "[6.9, 19.8]", "1,123", "textfooler"):
        assert cell in drawn  # whole, whatever is broken


PRICED = [
    ["ANN", "padding skipped", "1", "95.0", "6.86 uJ (1)", "343 nJ (1)", "65.4 uJ (1)"],
    ["Quantised ANN", "3 bits, padding and zeros skipped", "1", "96.2", "2.72 uJ (0.397)",
     "106 nJ (0.309)", "31.1 uJ (0.475)"],
    ["Converted SNN", "all steps", "4", "95.0", "1.64 uJ (0.239)", "54.6 nJ (0.159)",
     "87.7 uJ (1.34)"],
]  # fmt: skip


def test_words_stand_to_the_left_also_where_one_begins_with_a_number() -> None:
    head = ["", "setting", "T", "acc. %", "fp32", "int8", "lemaire2022"]
    lines = table(head, PRICED).split("\n")
    place = lines[0].index("setting")
    assert [line[place - 1 : place + 4] for line in lines[2:]] == [" padd", " 3 bi", " all "]
    assert lines[2].endswith("65.4 uJ (1)") and lines[3].endswith("31.1 uJ (0.475)")


def test_intervals_go_below_their_values_in_all_rows_or_none() -> None:
    """And words get the room that this leaves: no column of single words beside wide numbers."""
    head = ["", "setting", "T", "acc. %", "fp32", "int8", "lemaire2022"]
    lines = table(head, PRICED, width=80).split("\n")
    rows = [line for line in lines if re.match(r"(ANN|Quantised|Converted) ", line)]
    beside = {tuple(found.endswith("(") for found in re.findall(r"[un]J(?: \()?", r)) for r in rows}
    assert len(rows) == 3 and beside == {(False, False, True)}  # one column has room for all
    assert "padding skipped" in rows[0]
    assert max(map(len, lines)) <= 80 and len(lines) <= 3 + 3 * 2


@given(
    st.lists(
        st.tuples(st.text("abc 好吃", max_size=30), st.integers(0, 10**9)), min_size=1, max_size=4
    ),
    st.integers(24, 90),
)
def test_whatever_the_cells(rows: list[tuple[str, int]], width: int) -> None:
    drawn = table(["a text", "a number"], rows, width=width)
    assert max(map(wide, drawn.split("\n"))) <= width
    assert all(str(number) in drawn for _, number in rows)  # broken nowhere


def test_bold_on_a_terminal_only_and_not_with_no_color(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "60")
    assert "\x1b" not in table(HEAD, ROWS) and styled("done", "bold") == "done"
    monkeypatch.setattr(sys, "stdout", Screen())
    coloured = table(HEAD, ROWS)
    assert "\x1b[1m" in coloured and styled("done", "bold") == "\x1b[1mdone\x1b[0m"
    assert max(len(re.sub(r"\x1b\[\d+m", "", line)) for line in coloured.split("\n")) <= 60
    for name, value in (("NO_COLOR", "1"), ("TERM", "dumb")):
        with monkeypatch.context() as inner:
            inner.setenv(name, value)
            assert "\x1b" not in table(HEAD, ROWS) and styled("done", "bold") == "done"


def test_sentences_are_broken_at_blanks_and_commands_are_not() -> None:
    sentence = "- " + "the SNN is as robust as the ANN " * 5
    lines = fitted(sentence, 40).split("\n")
    assert max(map(len, lines)) <= 40 and all(line.startswith("  ") for line in lines[1:])
    assert " ".join("\n".join(lines).split()) == " ".join(sentence.split())
    command = "  snnconvert attack " + "folder/" * 20
    assert fitted(command, 40) == command and fitted(sentence, None) == sentence
    chinese = "准确率" * 30
    broken = fitted(chinese, 40)
    assert max(map(wide, broken.split("\n"))) <= 40 and broken.replace("\n", "") == chinese
