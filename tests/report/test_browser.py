"""The report in a real headless Chromium: it renders, fits, loads nothing and can be saved from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest

from snnconvert.pipelines.report.compare.page import compare, report_seeds
from snnconvert.pipelines.report.page import report
from snnconvert.pipelines.run_folder.seed_folders import seed_folder
from snnconvert.pipelines.statistics.summary import summarise, write_summary
from snnconvert.tests.helpers.report import ENERGY, RESULTS, class_figures, write_run
from snnconvert.tests.helpers.web.browser import Tab, a_tab
from snnconvert.tests.report.test_learning import LOG

PARTS = (
    "accuracy",
    "learning",
    "conversion",
    "activity",
    "raster",
    "energy",
    "robustness",
    "settings",
)


@pytest.fixture(scope="module")
def tab() -> Iterator[Tab]:
    yield from a_tab()


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    run = write_run(folder / "one", RESULTS | {"energy": ENERGY})
    for name in ("ann/train.csv", "finetuned/finetune.csv"):
        (run / name).parent.mkdir(exist_ok=True)
        (run / name).write_text(LOG, encoding="utf-8")
    return report(run)


@pytest.fixture(scope="module")
def comparison(page: Path) -> Path:
    other = write_run(page.parent.parent / "another-run-with-a-long-name", RESULTS)
    return compare([page.parent, other])


@pytest.fixture(scope="module")
def classes(page: Path) -> Path:
    """A page of sixteen classes with long names."""
    names = tuple(f"questions about topic {k}" for k in range(16))
    matrix = [[300 * (i == j) + (i * j) % 23 for j in range(16)] for i in range(16)]
    figures = class_figures(matrix, names, 0.001)
    stages = {name: RESULTS[name] | figures for name in ("ann", "snn", "finetuned")}
    data = RESULTS["data"] | {"classes": list(names)}
    return report(write_run(page.parent.parent / "classes", RESULTS | stages | {"data": data}))


@pytest.fixture(scope="module")
def seeds(page: Path) -> Path:
    """A page over the runs of three seeds."""
    folder = page.parent.parent / "of-seeds"
    runs = {}
    for seed, accuracy in ((0, 0.91), (1, 0.85), (12, 0.88)):
        results = RESULTS | {"energy": ENERGY, "ann": RESULTS["ann"] | {"test_accuracy": accuracy}}
        write_run(seed_folder(folder, seed), results)
        runs[seed] = results
    write_summary(folder, summarise(runs, {7: "no space left on the disk"}))
    return report_seeds(folder)


def quiet(tab: Tab, path: Path) -> None:
    """Nothing was asked for but the page itself, and nothing was complained about."""
    asked = [url for url in tab.requests() if not url.startswith("data:")]
    assert asked == [path.resolve().as_uri()]
    assert tab.complaints() == []


@pytest.mark.parametrize("width", [360, 390, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("which", ["page", "comparison", "seeds", "classes"])
def test_it_renders_and_nothing_overflows(
    tab: Tab, request: pytest.FixtureRequest, which: str, width: int, scheme: str
) -> None:
    path: Path = request.getfixturevalue(which)
    tab.open(path, width, scheme=scheme)
    tab.js("document.querySelectorAll('details').forEach(part => part.open = true)")
    assert tab.js("document.scrollingElement.scrollWidth") <= width
    # letters and boxes too: what is wider than the window lies in a region that scrolls
    wide = "[...document.querySelectorAll('body *')].filter(e => !e.closest('.scroll, .skip')"
    wide += " && !e.closest('.matrices figure') && e.getBoundingClientRect().right > innerWidth + 1"
    wide += " && getComputedStyle(e).display != 'none').map(e => e.outerHTML.slice(0, 99))"
    assert tab.js(wide) == []
    dark = tab.js("getComputedStyle(document.body).backgroundColor") == "rgb(14, 19, 25)"
    assert dark == (scheme == "dark")
    drawn = "[...document.querySelectorAll('figure svg')].filter(e => e.checkVisibility())"
    assert tab.js(f"{drawn}.every(e => e.getBoundingClientRect().width > 50)")
    assert tab.js(f"{drawn}.length") > 0
    quiet(tab, path)


@pytest.mark.parametrize("width", [390, 1440])
def test_no_column_is_cut_off(tab: Tab, page: Path, width: int) -> None:
    tab.open(page, width)
    tab.js("document.querySelectorAll('details').forEach(part => part.open = true)")
    # every table and drawing fits into its region: there is nothing that one must scroll to
    regions = "[...document.querySelectorAll('.scroll, figure, .panel')]"
    cut = f"{regions}.filter(e => e.scrollWidth > e.clientWidth + 1)"
    assert tab.js(f"{cut}.map(e => e.ariaLabel + e.scrollWidth + '>' + e.clientWidth)") == []
    cells = "[...document.querySelectorAll('td')].filter(e => e.checkVisibility() &&"
    assert tab.js(f"{cells} e.scrollWidth > e.clientWidth + 1).map(e => e.outerHTML)") == []


@pytest.mark.parametrize("width", [390, 1440])
def test_headings_stand_over_figures_on_a_telephone(tab: Tab, page: Path, width: int) -> None:
    tab.open(page, width)
    first = "document.querySelector('#accuracy td')"
    shown = tab.js(f"getComputedStyle({first}, '::before').content")
    assert shown == ('"T"' if width == 390 else "none")
    # it is a table still to those who hear it
    nodes = tab.send("Accessibility.getFullAXTree")["nodes"]
    roles = {node.get("role", {}).get("value") for node in nodes}
    assert {"table", "row", "cell", "rowheader", "columnheader"} <= roles


@pytest.mark.parametrize("width", [390, 1440])
def test_labels_of_plots_do_not_overlap(tab: Tab, page: Path, width: int) -> None:
    tab.open(page, width)
    tab.js(OVERLAPS)
    assert tab.js("overlaps()") == []


def test_the_name_of_a_file_fits_its_card(tab: Tab, tmp_path: Path) -> None:
    name = "customer_reviews-2024.final.utf8.tsv"
    path = report(write_run(tmp_path, RESULTS | {"data": RESULTS["data"] | {"name": name}}))
    for width in (390, 1440):
        tab.open(path, width)
        card = "document.querySelector('.card p.name')"
        assert tab.js(f"{card}.textContent") == name
        assert tab.js(f"{card}.scrollWidth <= {card}.clientWidth")
        # it is broken at its marks, never inside a word
        words = "[...document.querySelector('.card p.name').childNodes].filter(e => e.data)"
        lines = f"{words}.map(e => {{ const r = document.createRange(); r.selectNode(e);"
        assert set(tab.js(f"{lines} return r.getClientRects().length }})")) == {1}


OVERLAPS = """
window.overlaps = () => {
  const found = [];
  for (const svg of document.querySelectorAll('figure svg')) {
    if (!svg.checkVisibility()) continue;
    const boxes = [...svg.querySelectorAll('text')].map(e => [e, e.getBoundingClientRect()]);
    for (const [i, [a, p]] of boxes.entries())
      for (const [b, q] of boxes.slice(i + 1)) {
        const across = Math.min(p.right, q.right) - Math.max(p.left, q.left);
        const down = Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top);
        // a line's box is higher than its letters: a third may be shared
        if (across > 1 && down > Math.min(p.height, q.height) / 3)
          found.push(`${svg.ariaLabel.slice(0, 30)}: ${a.textContent} / ${b.textContent}`);
      }
  }
  return found;
}; 0"""


def test_every_section_is_there_and_chinese_letters_have_width(tab: Tab, page: Path) -> None:
    tab.open(page, 1440)
    assert [tab.js(f"document.getElementById('{name}').offsetHeight > 40") for name in PARTS] == [
        True
    ] * len(PARTS)
    assert "味道好极啦" in tab.js("document.querySelector('blockquote').innerText")
    assert tab.js("document.querySelector('blockquote').lang") == "zh"
    # one wide drawing and no narrow one on a wide screen
    shown = "[...document.querySelectorAll('svg.{}')].filter(e => e.checkVisibility()).length"
    assert tab.js(shown.format("narrow")) == 0 < tab.js(shown.format("wide"))
    tab.resize(360)
    assert tab.js(shown.format("wide")) == 0 < tab.js(shown.format("narrow"))


def test_saved_drawings_are_pictures(tab: Tab, page: Path, tmp_path: Path) -> None:
    tab.open(page, 1440)
    links = tab.js("[...document.querySelectorAll('a[download]')].map(a => [a.download, a.href])")
    drawings = {name: address for name, address in links if name.endswith(".svg")}
    tables = [address for name, address in links if name.endswith(".csv")]
    assert len(drawings) >= 12 and len(tables) > len(drawings)
    assert all(address.startswith("data:text/csv") for address in tables)
    # the browser itself parses each address, as a document of its own
    read = "const parse = t => new DOMParser().parseFromString(t, 'image/svg+xml');"
    read += "[...document.querySelectorAll('a[download$=\".svg\"]')].map(a => decodeURIComponent("
    read += "a.href.slice(a.href.indexOf(',') + 1))).map(t => parse(t).documentElement.localName)"
    assert tab.js(read) == ["svg"] * len(drawings)
    path = tmp_path / "accuracy.svg"
    path.write_text(unquote(drawings["accuracy.svg"].split(",", 1)[1]), encoding="utf-8")
    tab.open(path, 1100)
    assert tab.js("document.documentElement.localName") == "svg"
    colour = "getComputedStyle(document.querySelector('path.curve.snn')).stroke"
    assert tab.js(colour) == "rgb(38, 115, 196)"


def test_a_saved_file_arrives(tab: Tab, page: Path, tmp_path: Path) -> None:
    tab.open(page, 1440)
    tab.send("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path),
             eventsEnabled=True)  # fmt: skip
    tab.js("document.querySelector('a[download=\"accuracy.csv\"]').focus()")
    tab.key("Enter", 13)
    while not any(e["state"] == "completed" for e in tab.of("Browser.downloadProgress")):
        tab.read("the end of the download")
    text = (tmp_path / "accuracy.csv").read_text(encoding="utf-8")
    assert text.startswith("model,step,test_accuracy,low,high\n") and "ann,,0.8807," in text
    quiet(tab, page)


def test_the_keyboard_reaches_everything(tab: Tab, page: Path) -> None:
    tab.open(page, 1440)
    tab.key("Tab", 9)
    assert tab.js("document.activeElement.className") == "skip"
    assert tab.js("document.activeElement.getBoundingClientRect().left") >= 0  # shown on focus
    takers = "[...document.querySelectorAll('a[href], summary, .scroll')]"
    assert tab.js(f"{takers}.every(e => e.tabIndex >= 0)")
    names = f"{takers}.map(e => (e.getAttribute('aria-label') || e.textContent).trim().length)"
    assert all(tab.js(names))
    levels = tab.js("[...document.querySelectorAll('h1, h2, h3, h4')].map(e => +e.tagName[1])")
    assert levels[0] == 1 and levels.count(1) == 1


def test_it_prints_in_light_colours_without_controls(tab: Tab, page: Path) -> None:
    tab.open(page, 794, scheme="dark")
    tab.media("dark", "print")
    assert tab.js("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    hidden = "[...document.querySelectorAll('nav, .save, .skip')]"
    assert tab.js(f"{hidden}.every(e => !e.checkVisibility())")
    assert tab.pdf().startswith(b"%PDF-")
    tab.resize(718)  # paper A4 without its margins, which cannot be scrolled
    tables = "[...document.querySelectorAll('table, svg')].filter(e => e.checkVisibility()"
    wide = f"{tables} && e.getBoundingClientRect().right > innerWidth + 1)"
    assert tab.js(f"{wide}.map(e => e.parentElement.ariaLabel)") == []
    tab.media("light", "")
