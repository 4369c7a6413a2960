"""Pieces of the report: how figures are written, where words were changed, ticks, labels."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snnconvert.attacks.records import Record
from snnconvert.pipelines.report import format as form
from snnconvert.pipelines.report.drawing.svg import (
    nice_ticks,
    shortened,
    spread,
    text_width,
    thinned,
)
from snnconvert.pipelines.report.sections.activity.rates import rate_histogram
from snnconvert.pipelines.report.sections.raster.panels import neuron_panel
from snnconvert.pipelines.report.sections.robustness.examples import chosen_examples, marked, places
from snnconvert.pipelines.run_folder.records.spikes import Activity
from snnconvert.tests.helpers.records import attack_result as row


def plain_spaces(text: str) -> str:
    return text.replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (form.percent(0.8807), "88.1 %"),
        (form.percent(None), "–"),
        (form.span(0.871, 0.9055), "87.1 to 90.5 %"),
        (form.span(None, 0.9), "–"),
        (form.count(4882490.9), "4,882,491"),
        (form.count(57.44), "57.4"),
        (form.count(0.0), "0"),
        (form.count(50), "50"),
        (form.scientific(2.818e-7), "2.8 × 10⁻⁷"),
        (form.scientific(0.0), "0"),
        (form.duration(8.12), "8.1 s"),
        (form.duration(142.7), "2 min 23 s"),
        (form.duration(59.99), "60.0 s"),
        (form.duration(3599.9), "1 h 0 min 0 s"),
        (form.points(0.0083), "+0.8 points"),
        (form.points(-0.01), "−1.0 point"),
        (form.points(-0.0004), "±0.0 points"),
        (form.signed(-0.0321, 3), "−0.032"),
        (form.signed(0.5), "+0.50"),
        (form.signed(-0.0001, 3), "0.000"),
        (form.signed(None), "–"),
        (form.plain([3, 4, 5]), "3, 4, 5"),
        (form.plain(None), "none"),
        (form.plain(False), "false"),
        (form.plain(0.0002), "0.0002"),
    ],
)
def test_figures_are_written_as_people_read_them(written: str, expected: str) -> None:
    assert plain_spaces(written) == expected


PLAIN = Record(
    index=0,
    label=0,
    text="",
    clean_prediction=0,
    clean_probability=0.9,
    status="success",
    adversarial_text="",
    adversarial_prediction=1,
    words=5,
    words_changed=0,
    queries=9,
    changed_words=[],
    verify_draws=1,
    wrong_draws=1,
)


def record(text: str, adversarial: str | None, pairs: list[list[str]], **more: Any) -> Record:
    return replace(PLAIN, text=text, adversarial_text=adversarial, changed_words=pairs, **more)


def test_a_word_inside_another_is_not_marked() -> None:
    # "a" first occurs inside "has"; only the fourth word was changed
    before, after = marked(record("it has had a plot", "it has had e plot", [["a", "e"]]))
    assert before == [("it has had ", False), ("a", True), (" plot", False)]
    assert after == [("it has had ", False), ("e", True), (" plot", False)]


def test_the_search_goes_back_where_the_first_place_does_not_fit() -> None:
    # at 0 "a" -> "ab" fits too, but then "ba" would have become "ab" without a word of it
    assert places("aba", "abab", [["a", "ab"]]) == [2]
    assert places("aa", "aba", [["a", "ab"], ["a", "a"]]) == [0, 1]


def test_pairs_that_do_not_explain_the_change_leave_the_texts_whole() -> None:
    strange = record("one two", "three", [["two", "three"]])
    assert marked(strange) == ([("one two", False)], [("three", False)])


WORDS = st.lists(st.sampled_from(["a", "b", "ab", "ba", "好", "好的"]), min_size=1, max_size=12)


@given(WORDS, st.data(), st.sampled_from(["", " "]))
def test_marks_give_both_texts_back(words: list[str], data: st.DataObject, gap: str) -> None:
    new = [data.draw(st.sampled_from([word, "b", "aba", "号"])) for word in words]
    pairs = [[old, now] for old, now in zip(words, new, strict=True) if old != now]
    text, adversarial = gap.join(words), gap.join(new)
    before, after = marked(record(text, adversarial, pairs))
    assert "".join(piece for piece, _ in before) == text
    assert "".join(piece for piece, _ in after) == adversarial
    assert [piece for piece, changed in before if changed] == [old for old, _ in pairs]
    assert [piece for piece, changed in after if changed] == [now for _, now in pairs]
    same = [piece for piece, changed in before if not changed]
    assert same == [piece for piece, changed in after if not changed]


def test_many_equal_words_take_no_long_search() -> None:
    pairs = [["a", "b"]] * 200
    assert places("a" * 400, "a" * 150 + "b" * 200 + "a" * 49 + "c", pairs) is None


def test_examples_that_divide_the_victims_come_first() -> None:
    made = [record(f"text {i}", f"test {i}", [["text", "test"]], index=i) for i in range(4)]
    few = [replace(r, words_changed=3 - r.index) for r in made]  # the last is changed least
    held = [replace(r, status="failed", adversarial_text=None) for r in made]
    rows = [row("ann", few), row("snn", [*few[:2], held[2], few[3]])]
    chosen = chosen_examples(rows, ["bad", "good"], most=3)
    # 2 fools the ANN alone; of the others, each shown once, 3 has the fewest words changed
    assert [(e.victim, e.record.index) for e in chosen] == [("ann", 2), ("ann", 3), ("ann", 1)]
    assert [e.others for e in chosen] == [
        {"snn": "withstood"},
        {"snn": "fell too"},
        {"snn": "fell too"},
    ]
    assert (chosen[0].clean_class, chosen[0].adversarial_class) == ("bad", "good")


def test_examples_take_turns_among_attacks_and_show_claims_that_do_not_hold() -> None:
    lucky = {"verify_draws": 51, "wrong_draws": 25}
    made = [record(f"text {i}", f"test {i}", [["text", "test"]], index=i) for i in range(20)]
    first = [replace(r, **lucky) if r.index < 5 else r for r in made]
    rows = [row("snn", first), row("snn", made, "iga"), row("finetuned", made, "iga")]
    chosen = chosen_examples(rows, [])
    assert len(chosen) == 10 and len({e.record.index for e in chosen}) == 10
    assert [e.record.verified for e in chosen] == [False] * 2 + [True] * 8
    assert [e.attack for e in chosen[2:]] == ["pwws", "iga"] * 4
    assert chosen[3].others == {"finetuned": "fell too"}
    others = [replace(made[0], status="skipped"), replace(made[1], status="error"), first[2]]
    rows = [row("ann", made[:3]), row("snn", others)]
    said = [e.others for e in chosen_examples(rows, [])]
    assert said[1:] == [{"snn": "was wrong before"}, {"snn": "ended in an error"}]
    assert said[0] == {"ann": "fell too"}  # the claim on the SNN, which is not confirmed
    rows = [row("ann", made[2:3]), row("snn", [first[2]])]
    assert chosen_examples(rows, [], most=1)[0].victim == "snn"
    assert chosen_examples([row("ann", [])], []) == chosen_examples([], []) == []


def test_of_long_texts_only_the_shortest_is_shown() -> None:
    texts = ["x" * 400, "x" * 300, "x" * 350]
    rows = [row("ann", [record(text, text, []) for text in texts])]
    assert [len(e.record.text) for e in chosen_examples(rows, [])] == [300]
    assert chosen_examples(rows, [])[0].adversarial_class == "class 1"


@given(st.floats(-1e4, 1e4), st.floats(0, 1e4), st.integers(3, 12))
def test_ticks_enclose_the_values_in_equal_round_steps(low: float, span: float, most: int) -> None:
    ticks = nice_ticks(low, low + span, most)
    slack = 1e-6 * max(1.0, abs(low), span)
    assert ticks[0] <= low + slack and ticks[-1] >= low + span - slack
    assert len(ticks) <= most + 2
    if span > 1e-3:
        step = ticks[1] - ticks[0]
        digits = step / 10 ** math.floor(math.log10(step) + 1e-9)
        assert min(abs(digits - d) for d in (1, 2, 5)) < 1e-3


@pytest.mark.parametrize(
    ("steps", "most", "expected"),
    [
        (1, 6, [1]),
        (4, 6, [1, 2, 3, 4]),
        (8, 4, [1, 5, 8]),
        (50, 11, [1, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50]),
        (63, 8, [1, 10, 20, 30, 40, 50, 63]),
        (15, 0, [1, 15]),
    ],
)
def test_labels_of_time_steps(steps: int, most: int, expected: list[int]) -> None:
    assert thinned(steps, most) == expected


@given(st.integers(1, 2000), st.integers(2, 30))
def test_first_and_last_step_are_labelled_and_few_between(steps: int, most: int) -> None:
    labels = thinned(steps, most)
    assert labels[0] == 1 and labels[-1] == steps
    assert labels == sorted(set(labels)) and len(labels) <= most + 2


@given(st.lists(st.floats(0, 300), min_size=1, max_size=12))
def test_labels_are_spread_in_order(wished: list[float]) -> None:
    moved = spread(wished, 15, 0, 300)
    assert all(-1e-6 <= place <= 300 + 1e-6 for place in moved)
    order = sorted(range(len(wished)), key=lambda i: wished[i])
    gaps = [moved[b] - moved[a] for a, b in pairwise(order)]
    assert all(gap >= 15 - 1e-6 for gap in gaps)


@given(st.text(max_size=40))
def test_shortened_text_fits(text: str) -> None:
    short = shortened(text, 80)
    assert text_width(short) <= 80
    assert short == text or (short.endswith("…") and text.startswith(short[:-1]))


def boxes(svg: str) -> list[tuple[float, float]]:
    """Corners of the boxes drawn for spikes."""
    paths = [e.get("d", "") for e in ElementTree.fromstring(svg).iter("path")]
    corners = [box.split("h")[0].split() for path in paths for box in path.split("M")[1:]]
    return [(float(x), float(y)) for x, y in corners]


def test_a_box_for_every_spike_and_the_busiest_neuron_on_top() -> None:
    spikes = [[0, 1, 0], [0, 1, 1], [0, 0, 1], [0, 1, 0]]  # (T = 4, C = 3): 0, 3 and 2 spikes
    svg = neuron_panel("act3", spikes, "snn")
    drawn = boxes(svg)
    heights = sorted({y for _, y in drawn})
    assert [sum(y == height for _, y in drawn) for height in heights] == [3, 2]
    assert "2 of 3 neurons fire within 4 steps" in svg
    columns = sorted({x for x, _ in drawn})
    assert [columns.index(x) for x, y in drawn if y == heights[0]] == [0, 1, 3]


def test_bars_of_a_histogram_are_as_tall_as_their_counts() -> None:
    svg = rate_histogram(Activity("act3", 10, 0.1, 0.0, 0.0, [8, 2, 0, 0]), "snn")
    bars = list(ElementTree.fromstring(svg).iter("rect"))
    heights = [float(bar.get("height", 0)) for bar in bars]
    assert heights[0] == pytest.approx(4 * heights[1], rel=1e-3) and heights[2:] == [0, 0]
    titles = [plain_spaces(bar.findtext("title", "")) for bar in bars]
    assert titles[0] == "0 to 25 %: 8 channels"
