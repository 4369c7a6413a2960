"""The robustness section on made-up attacks: many and few, long names, Chinese, nothing found."""

from __future__ import annotations

import copy
import csv
import io
import json
import re
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest

from snnconvert.attacks.records import read_records, records_path
from snnconvert.attacks.runs import select_examples
from snnconvert.attacks.statistics.scores import score
from snnconvert.attacks.statistics.tables import queries_curve
from snnconvert.pipelines.display import names
from snnconvert.pipelines.report import format as form
from snnconvert.pipelines.report.sections.robustness.queries import (
    curve_panel,
    line_styles,
    words_panel,
)
from snnconvert.pipelines.report.sections.robustness.read import AttackResult
from snnconvert.tests.helpers.records import attack_result, record, records
from snnconvert.tests.helpers.report import RESULTS, Page, page_of, write_run
from snnconvert.tests.helpers.robustness_runs import attacked_run

MANY = (
    "ann",
    "snn",
    "snn@direct:7",
    "snn@poisson:7",
    "snn@saf:15:percentile",
    "snn@poisson:127",
    "finetuned",
    "snn@bitplane:7",
    "ann+noise@poisson:7",
    "ann+levels",
    "ann+levels@saf:15:percentile",
    "finetuned+deterministic",
)
ATTACKS = ("pwws", "deepwordbug", "textbugger-nouse", "hotflip-surrogate", "pruthi", "bae")


def figures(page: Page) -> list[ElementTree.Element]:
    return [ElementTree.fromstring(svg) for svg in re.findall(r"<svg.*?</svg>", page.html)]


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Page:
    folder = tmp_path_factory.mktemp("many") / "run"
    return page_of(attacked_run(folder, MANY, (*ATTACKS, "noise", "unlimited"), texts=25))


def test_many_victims_under_many_attacks(many: Page) -> None:
    for victim in MANY:
        assert names.victim(victim) in many.text
    for attack in (*ATTACKS, "noise", "unlimited"):
        assert attack in many.text
    labels = [svg.get("aria-label", "") for svg in figures(many)]
    for begin, number in (
        ("Accuracy against queries under", 6),
        ("Share of words changed under", 6),
        ("Transfer under", 8),
        ("Accuracy under attack", 2),
    ):
        assert sum(label.startswith(begin) for label in labels) == number, begin
    assert many.text.count("Same text, same attack") == 10
    assert "None" not in many.text and "nan" not in many.text.replace("finance", "")
    # every attack heads its rows once in the table of models, whatever the order of the results
    heads = re.findall(r'<th scope="rowgroup" colspan="12">([^<]*)</th>', many.html)
    assert heads[:6] == list(ATTACKS) and len(heads) == 6 + 8
    assert "details" in [tag for tag, _ in many.tags]
    assert len(many.ids()) == len(set(many.ids()))


def test_what_accuracies_under_attack_are_beside(tmp_path: Path) -> None:
    """Over the texts that were attacked, also of a run that has not kept it."""
    folder = attacked_run(tmp_path / "run", ("ann", "snn"), ("pwws",), texts=20)
    stored = json.loads((folder / "results.json").read_text("utf-8"))
    for row in stored["attack"]["rows"]:
        assert row.pop("largest_class_share") == 1.0  # all made-up texts are of one class
    (folder / "results.json").write_text(json.dumps(stored), "utf-8")
    paths = [records_path(folder / "attack", victim, "pwws") for victim in ("ann", "snn")]
    for path, ones in zip(paths, (13, 11), strict=True):
        head, *lines = path.read_text("utf-8").splitlines()
        made = [json.loads(line) | {"label": int(i < ones)} for i, line in enumerate(lines)]
        path.write_text("\n".join([head, *map(json.dumps, made)]) + "\n", "utf-8")
    shown = page_of(folder).text.replace("\u00a0", " ")
    said = "the same answer would be right for 55.0 to 65.0 % of them, before and under every"
    assert said in shown


def test_texts_of_a_longer_attack_under_way_are_in_no_figure(tmp_path: Path) -> None:
    """A longer attack that was stopped leaves more records than the rows of the run sum up."""
    folder = attacked_run(tmp_path / "run", ("ann", "snn"), ("pwws",), texts=20)
    drawn = [e.index for e in select_examples(["a text"] * 30, [0] * 30, 30, seed=0)]
    for victim in ("ann", "snn"):  # the records are of the texts that are drawn first
        path = records_path(folder / "attack", victim, "pwws")
        head, *lines = path.read_text("utf-8").splitlines()
        made = [json.loads(line) | {"index": i} for i, line in zip(drawn, lines, strict=False)]
        path.write_text("\n".join([head, *map(json.dumps, made)]) + "\n", "utf-8")
    before = page_of(folder).html
    further = [json.dumps(made[0] | {"index": i, "label": 0}) for i in drawn[20:]]
    path.write_text("\n".join([path.read_text("utf-8").rstrip(), *further]) + "\n", "utf-8")
    assert page_of(folder).html == before


def test_a_diagnostic_stands_among_the_controls(tmp_path: Path) -> None:
    """What it leaves right is no accuracy under attack, so no bar is drawn of it."""
    page = page_of(attacked_run(tmp_path, ("ann", "snn"), ("pwws", "inputreduction"), texts=20))
    (label, _) = (svg.get("aria-label", "") for svg in figures(page)
                  if svg.get("aria-label", "").startswith("Accuracy under attack"))  # fmt: skip
    assert "pwws" in label and "inputreduction" not in label
    assert "inputreduction keeps every prediction as it is" in page.text


def test_nothing_is_drawn_outside_its_figure(many: Page) -> None:
    for svg in figures(many):
        _, _, width, height = map(float, svg.get("viewBox", "").split())
        for box in svg.iter("rect"):
            x, y, w, h = (float(box.get(name, "nan")) for name in ("x", "y", "width", "height"))
            assert x >= -0.01 and y >= -0.01 and x + w <= width + 0.01 and y + h <= height + 0.01
        for text in svg.iter("text"):
            assert 0 <= float(text.get("x", "nan")) <= width
            assert 0 < float(text.get("y", "nan")) <= height


def test_tables_can_be_saved(tmp_path: Path) -> None:
    folder = attacked_run(tmp_path, ("ann", "snn@poisson:7"), ("zh-homophone",), language="zh")
    page = page_of(folder)
    links = {str(a["download"]): str(a["href"]) for tag, a in page.tags if "download" in a}
    tables = ("robustness.csv", "paired-tests.csv", "transfer.csv")
    links = {name: links[name] for name in tables}
    found = {}
    for name, link in links.items():
        head, content = link.split(",", 1)
        assert head == "data:text/csv;charset=utf-8"
        found[name] = list(csv.DictReader(io.StringIO(unquote(content))))
    # the page's table is the file that the attack stage writes
    with open(folder / "attack" / "robustness.csv", encoding="utf-8", newline="") as file:
        assert found["robustness.csv"] == list(csv.DictReader(file))
    (test,) = found["paired-tests.csv"]
    assert (test["victim_a"], test["victim_b"]) == ("ann", "snn@poisson:7") and test["p"]
    assert [row["source"] for row in found["transfer.csv"]] == ["ann", "snn@poisson:7"]


def test_chinese_examples_are_marked_and_tagged(tmp_path: Path) -> None:
    page = page_of(attacked_run(tmp_path, ("ann", "snn"), ("zh-homophone",), language="zh"))
    assert page.html.count("<ins>位道</ins>") >= 10
    assert len(re.findall(r'<span lang="zh">[^\n]*<del>', page.html)) == 10


@pytest.mark.parametrize(
    ("attacks", "texts", "rate"),
    [(("pwws",), 12, 0.0), (("pwws",), 1, 1.0), (("pwws", "bae"), 1, 0.0), (("noise",), 4, 0.5)],
)
def test_little_to_show(tmp_path: Path, attacks: tuple[str, ...], texts: int, rate: float) -> None:
    page = page_of(attacked_run(tmp_path, ("ann", "snn"), attacks, texts, rate=rate))
    assert "Accuracy against queries" in page.text and "What may be concluded" in page.text
    assert ("Same text, same attack" in page.text) == (rate > 0)
    assert ("no success" in page.html) == (rate == 0)
    assert "nan" not in page.text and "None" not in page.text


def test_older_runs_still_render(tmp_path: Path) -> None:
    results = copy.deepcopy(RESULTS)
    stage = results["attack"]
    for name in ("comparisons", "transfer", "conclusions", "dropped", "verify_draws", "seed"):
        del stage[name]
    kept = ("victim", "attack", "steps", "n", "errors", "attacked", "successes", "clean_accuracy")
    stage["rows"] = [
        {name: row[name] for name in (*kept, "accuracy_under_attack") if name in row}
        for row in stage["rows"]
    ]
    page = page_of(write_run(tmp_path, results))
    # conclusions are drawn all the same
    assert "Not compared with the ANN: fine-tuned SNN." in page.text
    assert "Paired tests" not in page.text and "Transfer" not in page.text
    assert "Spelling kept" not in page.text and "Claims that" not in page.text


def row(victim: str, codes: str, **more: int) -> AttackResult:
    return attack_result(victim, records(codes, **more))


def points(path: str) -> list[tuple[float, float]]:
    numbers = [float(n) for n in path.removeprefix("M").split()]
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def test_curves_are_steps_through_the_values() -> None:
    made = [record("success", i, queries=q) for i, q in enumerate((10, 100))] + records("ff")[:2]
    attack_row = attack_result("snn", made)
    assert queries_curve(made) == [(0, 1.0), (10, 0.75), (100, 0.5)]
    svg = ElementTree.fromstring(curve_panel([attack_row], line_styles([attack_row]), 100))
    (line,) = svg.iter("path")
    assert line.get("class") == "curve thin snn d0"
    places = points(line.get("d", ""))
    left, right = places[0][0], places[-1][0]
    middle = (left + right) / 2  # 10 lies half way from 1 to 100
    assert [x for x, _ in places] == pytest.approx([left, middle, middle, right, right, right])
    heights = [y for _, y in places]
    assert heights[0] == heights[1] < heights[2] == heights[3] < heights[4] == heights[5]
    assert heights[2] - heights[0] == pytest.approx(heights[4] - heights[2])


def test_lines_of_one_colour_differ() -> None:
    rows = [row(name, "s") for name in ("ann", "snn", "snn@poisson:7", "finetuned", "snn@saf:4")]
    assert list(line_styles(rows).values()) == ["ann d0", "snn d0", "snn d1", "finetuned d0",
                                                "snn d2"]  # fmt: skip


def test_boxes_of_words_changed() -> None:
    made = [record("success", i, words_changed=k) for i, k in enumerate((0, 1, 2, 3, 10))]
    svg = ElementTree.fromstring(words_panel([attack_result("ann", made, "x")]))
    box = next(e for e in svg.iter("rect") if e.get("class") == "fill ann")
    left, right = 8.0, 306.0 - 12  # of the axis, 0 to 100 %
    assert float(box.get("x", 0)) == pytest.approx(left + 0.1 * (right - left))
    assert float(box.get("width", 0)) == pytest.approx(0.2 * (right - left), abs=0.01)
    assert "median 20.0" in svg.get("aria-label", "")
    empty = words_panel([row("ann", "ff")])
    assert "no success" in empty and "fill ann" not in empty


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (names.victim("ann+noise@poisson:7"), "ANN +noise @poisson:7"),
        (names.victim("finetuned"), "Fine-tuned SNN"),
        (names.victim("finetuned+deterministic"), "Fine-tuned SNN +deterministic"),
        (names.victim("snn-adversarial"), "Adversarially tuned SNN"),
        (names.victim("other"), "other"),
        (names.attack("a/b/own.py"), "own.py"),
        (names.attack("textfooler-nouse"), "textfooler-nouse"),
        (form.p_value(0.0312), "0.031"),
        (form.p_value(0.0001), "<\u00a00.001"),
        (form.p_value(None), "–"),
        (form.reach(0.1, 0.25), "10.0–25.0"),
        (form.gap(-0.317, 0.0), "−31.7 to 0.0"),
        (form.gap(None, 0.0), "–"),
    ],
)
def test_names_and_numbers(written: str, expected: str) -> None:
    assert written == expected


def test_rows_of_the_made_up_runs_are_those_of_their_records(tmp_path: Path) -> None:
    folder = attacked_run(tmp_path, ("ann", "snn@poisson:7"), ("pwws",), texts=9)
    results = json.loads((folder / "results.json").read_text("utf-8"))
    for found in results["attack"]["rows"]:
        path = records_path(folder / "attack", found["victim"], found["attack"])
        assert score(read_records(path)[1]).items() <= found.items()
