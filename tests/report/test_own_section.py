"""A section that a user adds at run time: on the page, at its top, and in the comparison."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from snnconvert.errors import InputError
from snnconvert.pipelines.cli import main
from snnconvert.pipelines.report.cells import Cell, Groups
from snnconvert.pipelines.report.compare.page import compare
from snnconvert.pipelines.report.page import report
from snnconvert.pipelines.report.read import Run
from snnconvert.pipelines.report.section import Section
from snnconvert.pipelines.report.sections import SECTIONS
from snnconvert.tests.helpers.report import ENERGY, RESULTS, Page, page_of, write_run

TEMPLATE = """\
{% import "page/macros.html" as m %}
<p>{{ run.name }}: {{ figures.words|count }} of <b>{{ note }}</b>{{ m.csv("w.csv", "data:,") }}</p>
"""
CARD = '<li class="card"><h2>Words</h2><p class="big">{{ figures.words|count }}</p></li>\n'


class Words(Section[dict[str, Any]]):
    """What a file of the user's says of a run."""

    title = "Words"
    stage = "data"
    missing = "Nobody has counted the words."

    def __init__(self, folder: Path) -> None:
        self.template = folder / "words.html"
        self.template.write_text(TEMPLATE, encoding="utf-8")
        self.card = folder / "card.html"
        self.card.write_text(CARD, encoding="utf-8")
        self.lead = ""

    def read(self, run: Run) -> dict[str, Any] | None:
        if not (run.path / "text" / "words.json").is_file():
            return None
        return {"words": run.file("data", "words.json", "numbers of words")["words"].whole()}

    def heading(self, figures: dict[str, Any] | None) -> str:
        return "Words" if figures is None else "Words of the texts"

    def context(self, figures: dict[str, Any]) -> dict[str, Any]:
        return {"note": "<script>"}

    def row(self, figures: dict[str, Any]) -> Groups:
        words = figures["words"]
        return {
            "Data": {"Words": Cell(f"{words} words", "", words)},
            "Texts": {"Words in all": Cell(str(words), "", words)},
        }


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Words]:
    yield SECTIONS.add("words", Words(tmp_path))
    SECTIONS.remove("words")


def counted(folder: Path, words: object) -> Path:
    run = write_run(folder, RESULTS | {"energy": ENERGY})
    (run / "text").mkdir()
    (run / "text" / "words.json").write_text(f'{{"words": {words}}}', encoding="utf-8")
    return run


def test_it_is_on_the_page_in_the_list_and_at_the_top(own: Words, tmp_path: Path) -> None:
    page = page_of(counted(tmp_path / "run", 4321))
    assert '<a href="#words">Words</a>' in page.html
    assert ("section", {"class": "block", "id": "words", "aria-labelledby": "words-h"}) in page.tags
    assert "Words of the texts" in page.text
    assert "reviews: 4,321 of <script>" in page.text and "<script" not in page.html
    head = page.html.split('<nav aria-label="Sections">')[0]
    assert '<p class="big">4,321</p>' in head
    assert page.ids().index("settings") < page.ids().index("words")
    assert len(page.ids()) == len(set(page.ids()))


def test_the_rest_of_the_page_stays_as_it_is(tmp_path: Path) -> None:
    run = counted(tmp_path / "run", 1)
    before = report(run).read_text(encoding="utf-8")
    words = SECTIONS.add("words", Words(tmp_path))
    try:
        words.card = ""
        after = report(run).read_text(encoding="utf-8")
    finally:
        SECTIONS.remove("words")
    main_before, main_after = (text.split('<main id="main">')[1] for text in (before, after))
    sections, rest = main_before.split("</main>")
    assert main_after.startswith(sections) and main_after.endswith(rest)
    assert report(run).read_text(encoding="utf-8") == before


def test_where_its_stage_is_not_done_the_page_says_so(own: Words, tmp_path: Path) -> None:
    page = page_of(write_run(tmp_path / "run"))
    assert "Nobody has counted the words." in page.text
    assert '<section class="block absent" id="words"' in page.html
    assert "4,321" not in page.html


def test_it_is_in_the_comparison(own: Words, tmp_path: Path) -> None:
    runs = [counted(tmp_path / "a", 17), counted(tmp_path / "b", 19), write_run(tmp_path / "c")]
    shown = Page(compare(runs).read_text(encoding="utf-8")).text
    assert "Words17 words19 words–" in shown and "Texts Words in all1719–" in shown
    # a heading that the page has already gets the rows behind its own
    assert shown.index("Data hash") < shown.index("17 words") < shown.index("Accuracy, test")


def test_a_damaged_file_of_its_own_is_one_line_with_the_place(
    own: Words, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = counted(tmp_path / "run", '"many"')
    with pytest.raises(InputError, match=r"a whole number at .*words.json.words, but it is 'many'"):
        report(run)
    assert not (run / "report.html").exists()
    assert main(["report", str(run)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_every_section_of_the_package_answers() -> None:
    names = []
    for name in SECTIONS:
        section = SECTIONS[name]
        assert isinstance(section, Section) and section.title and section.stage, name
        assert section.template == f"{name}.html"
        names.append(name)
    assert names == [
        *("accuracy", "learning", "conversion", "activity", "raster", "explained", "energy"),
        *("robustness", "settings"),
    ]
    with pytest.raises(InputError, match="expected a new name for the section of a report"):
        SECTIONS.add("energy", SECTIONS["energy"])
