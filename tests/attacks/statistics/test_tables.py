"""Curves, histograms, and the robustness files, read back by independent readers."""

from __future__ import annotations

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snnconvert.attacks.statistics.compare import compare, correct
from snnconvert.attacks.statistics.scores import score
from snnconvert.attacks.statistics.tables import (
    COLUMNS,
    histogram,
    markdown_table,
    queries_curve,
    table_rows,
    write_robustness,
)
from snnconvert.formatting import csv_text
from snnconvert.tests.helpers.records import record, records

MADE = [
    record("success", 0, queries=10),
    record("success", 1, queries=30),
    record("unverified", 2, queries=10),
    record("failed", 3, queries=99),
    record("skipped", 4),
    record("error", 5),
]


def test_curve_by_hand():
    # five texts without an error, four of them right before
    assert queries_curve(MADE) == [(0, 0.8), (10, 0.4), (30, 0.2)]
    assert queries_curve(MADE, verified=True) == [(0, 0.8), (10, 0.6), (30, 0.4)]
    assert queries_curve(records("ee")) == [] and queries_curve([]) == []
    assert queries_curve(records("fk")) == [(0, 0.5)]


@given(st.text("sufke", max_size=30), st.data())
def test_curves_fall_from_clean_accuracy_to_that_under_attack(codes, data):
    made = [
        record({"s": "success", "u": "unverified", "f": "failed", "k": "skipped", "e": "error"}[c],
               i, queries=data.draw(st.integers(1, 9)))
        for i, c in enumerate(codes)
    ]  # fmt: skip
    figures = score(made)
    for verified, name in ((False, "accuracy_under_attack"), (True, "verified_accuracy")):
        curve = queries_curve(made, verified)
        if figures["clean_accuracy"] is None:
            assert curve == []
            continue
        assert curve[0] == (0, pytest.approx(figures["clean_accuracy"]))
        assert curve[-1][1] == pytest.approx(figures[name])
        queries, accuracy = zip(*curve, strict=True)
        assert list(queries) == sorted(set(queries))
        assert list(accuracy) == sorted(set(accuracy), reverse=True)


def test_histogram_by_hand():
    assert histogram([0.0, 0.09, 0.1, 0.99, 1.0], 10) == [2, 1, 0, 0, 0, 0, 0, 0, 0, 2]
    assert histogram([], 3) == [0, 0, 0]


def stage(victim="snn@poisson:7", control="", codes="sufke"):
    facts = {"victim": victim, "attack": "pwws", "base": victim, "control": control}
    return facts | {"encoder": "poisson", "steps": 7} | score(records(codes))


def test_flat_rows_have_the_columns_and_values():
    (row,) = table_rows([stage()], "mr")
    assert tuple(row) == COLUMNS
    assert row["clean"] == 3 / 4 and row["accuracy_under_attack"] == 1 / 4
    assert row["claimed_success"] == 2 / 3 and row["verified_success"] == 1 / 3
    assert row["low"] < row["accuracy_under_attack"] < row["high"] and row["n"] == 5
    (older,) = table_rows([{"victim": "ann", "attack": "x", "n": 2}], "mr")
    assert older["verified_success"] is None and older["encoder"] is None


FIGURES = {
    "rows": [stage("ann", codes="eee"), stage(), stage("ann+levels@poisson:7", "levels")],
    "comparisons": correct(
        [compare(records("ss"), records("ff"), victim_a="ann", victim_b="snn", attack="pwws")]
    ),
    "transfer": [
        {"source": "ann", "target": "snn", "attack": "pwws", "n": 0, "successes": 0, "rate": None,
         "low": None, "high": None}
    ],
    "conclusions": ["Nothing is certain."],
    "dropped": {"pwws": ("named entities", "one | two"), "deepwordbug": ()},
    "left_out": {"bae": "needs a masked model"},
    "examples": 5,
    "seed": 0,
}  # fmt: skip


def test_files_read_back(tmp_path):
    paths = write_robustness(tmp_path / "attack", FIGURES, "一")
    assert [path.name for path in paths] == [f"robustness.{k}" for k in ("json", "csv", "md")]
    found = json.loads(paths[0].read_text("utf-8"))
    assert found["dataset"] == "一" and found["table"] == table_rows(FIGURES["rows"], "一")
    assert found["comparisons"] == FIGURES["comparisons"]
    read = list(csv.DictReader(io.StringIO(paths[1].read_text("utf-8"))))
    assert [row["victim"] for row in read] == [row["victim"] for row in FIGURES["rows"]]
    assert read[0]["clean"] == "" and float(read[1]["clean"]) == 3 / 4
    text = paths[2].read_text("utf-8")
    for line in (
        "- Nothing is certain.",
        "- pwws: named entities; one | two",
        "- bae: needs a masked model",
        "| 一 | snn@poisson:7 | poisson | 7 | pwws | – | 5 | 75.0 | 25.0 | 66.7 | 33.3 | 10.0 |",
        "| pwws | ann | snn | 0 | 0 | – | – | – |",
    ):
        assert line in text, line
    assert "deepwordbug:" not in text and "None" not in text


def test_every_markdown_line_of_a_table_has_as_many_cells():
    rows = [{"victim": "a|b\nc", "p": 1.23e-9, "difference": -0.5}, {}]
    lines = markdown_table(rows, ("victim", "p", "difference")).splitlines()
    assert lines == [
        "| victim | p | difference, % |",
        "| --- | ---: | ---: |",
        "| a\\|b c | 1.2e-09 | -50.0 |",
        "| – | – | – |",
    ]


def test_rows_alone_are_enough(tmp_path):
    for rows in ([], [stage(codes="")]):
        paths = write_robustness(tmp_path, {"rows": rows}, "mr")
        assert "Paired" not in paths[2].read_text("utf-8")
        assert len(paths[1].read_text("utf-8").splitlines()) == 1 + len(rows)


def test_csv_quotes_what_needs_it():
    assert csv_text([{"a": "x,y", "b": None}], ("a", "b")) == 'a,b\n"x,y",\n'
