"""Figures that are saved from a report: SVG with their own colours, CSV with their values."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest

from snnconvert.pipelines.report.drawing.files import figure, svg_file
from snnconvert.pipelines.report.drawing.svg import Canvas
from snnconvert.tests.helpers.report import ENERGY, RESULTS, SPIKING, Page, page_of, write_run

SPACE = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Page:
    return page_of(write_run(tmp_path_factory.mktemp("runs") / "f", RESULTS | {"energy": ENERGY}))


def saved(page: Page) -> dict[str, str]:
    links = [(str(a["download"]), str(a["href"])) for t, a in page.tags if "download" in a]
    assert len({name for name, _ in links}) == len(links)
    return {name: unquote(address.split(",", 1)[1]) for name, address in links}


def test_every_figure_can_be_saved_as_svg_and_csv(page: Page) -> None:
    files = saved(page)
    figures = [
        a
        for t, a in page.tags
        if t == "svg" and "aria-hidden" not in a and "narrow" not in str(a["class"])
    ]
    drawings = {name[:-4] for name in files if name.endswith(".svg")}
    assert len(drawings) == len(figures)
    assert all(f"{name}.csv" in files for name in drawings)
    for name in drawings:
        assert len(list(csv.reader(io.StringIO(files[f"{name}.csv"])))) > 1
        root = ElementTree.fromstring(files[f"{name}.svg"])
        assert root.tag == f"{SPACE}svg" and len(root[0].text or "") > 20


def test_a_saved_drawing_needs_no_style_sheet(page: Page) -> None:
    for name, text in saved(page).items():
        if not name.endswith(".svg"):
            continue
        assert "var(" not in text and "http" not in text.replace(SPACE[1:-1], "")
        style = text.split("<style>")[1].split("</style>")[0]
        drawn = {
            part
            for element in ElementTree.fromstring(text).iter()
            for part in element.get("class", "").split()
        }
        # only rules for what is in it, and light colours
        assert set(re.findall(r"\.([a-z]\w*)", style)) <= drawn
        assert "#17212b" in style or "#566372" in style


def test_the_values_of_accuracy_are_those_of_the_run(page: Page) -> None:
    rows = list(csv.DictReader(io.StringIO(saved(page)["accuracy.csv"])))
    own = [float(r["test_accuracy"]) for r in rows if r["model"] == "snn"]
    assert own == SPIKING["accuracy_by_step"]
    (ann,) = [r for r in rows if r["model"] == "ann"]
    # Wilson's interval for 1056 of 1199, as the table has it
    assert (float(ann["low"]), float(ann["high"])) == pytest.approx((0.861, 0.898), abs=5e-4)


def test_words_and_energies_are_in_their_tables(page: Page) -> None:
    files = saved(page)
    words = list(csv.DictReader(io.StringIO(files["sentence-1-finetuned-input.csv"])))
    assert [row["word"] for row in words] == ["味道", "好极", "啦"]
    assert [float(words[0][f"step {t}"]) for t in (1, 2, 3, 4)] == [0.0, 0.05, 0.25, 0.5]
    energy = list(csv.DictReader(io.StringIO(files["energy-compute-fp32.csv"])))
    assert {row["setting"] for row in energy} == {
        "read at t",
        "early exit",
        "dense",
        "zeros skipped",
    }


def test_names_and_texts_that_are_no_good_for_files() -> None:
    canvas = Canvas(40, 20, 'a label with "<&>', "small")
    canvas.text(0, 10, "half a pair \ud83d", "muted")
    made = figure("../a b/ç:*?", "title", canvas.markup(), [{"a": "\ud83d,\n"}])
    assert re.fullmatch(r"[\w.-]+", made.name) and not made.name.startswith(".")
    assert "half a pair ?" in unquote(made.svg)
    assert unquote(made.csv).endswith('a\n"?,\n"\n')
    assert figure("???", "t", canvas.markup(), []).name == "figure"


def test_the_drawing_keeps_its_marks_and_gets_room() -> None:
    canvas = Canvas(100, 50, "label", "wide")
    canvas.rect(0, 0, 10, 10, "fill snn", "a value")
    root = ElementTree.fromstring(svg_file(canvas.markup()))
    assert root.attrib["viewBox"] == "-8 -8 116 66"
    assert [e.attrib["class"] for e in root.iter(f"{SPACE}rect")] == ["paper", "fill snn"]
    assert "svg .fill.snn { fill: #2673c4; }" in (root[1].text or "")


def test_pages_without_scripts_keep_their_policy(page: Page, tmp_path: Path) -> None:
    assert "script" not in {tag for tag, _ in page.tags}
    assert all(str(a["href"]).startswith("data:") for t, a in page.tags if "download" in a)
