"""Pictures of real reports for the documentation: `make screenshots EN=RUN ZH=RUN`.

Writes docs/images/report-{en,zh}.png, a dark one, those of a telephone, and some of sections.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from snnconvert.pipelines.report.page import render
from snnconvert.pipelines.report.read import Run
from snnconvert.tests.helpers.web.browser import Tab
from snnconvert.tools.pictures import keep, open_tab, runs

# name, run, width, colours, the first and the last section that is in it
SHOTS = (
    ("report-en", "en", 1440, "light", None, "accuracy"),
    ("report-en-dark", "en", 1440, "dark", None, "accuracy"),
    ("report-en-phone", "en", 390, "light", None, "accuracy"),
    ("report-en-learning", "en", 1440, "light", "learning", "learning"),
    ("report-zh", "zh", 1440, "light", None, "accuracy"),
    ("report-zh-phone", "zh", 390, "light", None, "accuracy"),
    ("report-zh-sentence", "zh", 1440, "light", "raster", "raster"),
    ("report-en-energy", "en", 1440, "light", "energy", "energy"),
    ("report-zh-robustness", "zh", 1440, "dark", "robustness", "robustness"),
)


def shoot(tab: Tab, page: Path, width: int, scheme: str, first: str | None, last: str) -> bytes:
    """The page from the top of one section (None: of the page) to the end of another."""
    tab.open(page, width, 900, scheme)
    edge = "Math.round(document.getElementById('{}').getBoundingClientRect().{} + scrollY)"
    top = tab.js(edge.format(first, "top")) - 16 if first else 0
    bottom = tab.js(edge.format(last, "bottom")) + 16
    bottom = min(bottom, top + (1500 if width > 700 else 1700))
    return tab.screenshot({"x": 0, "y": top, "width": width, "height": bottom - top})


def main() -> None:
    """Take every picture."""
    folders = runs("Pictures of real reports.")
    with tempfile.TemporaryDirectory() as folder, open_tab() as tab:
        for name, run, width, scheme, first, last in SHOTS:
            page = Path(folder) / f"{run}.html"
            if not page.exists():
                page.write_text(render(Run(folders[run])), encoding="utf-8")
            keep(name, shoot(tab, page, width, scheme, first, last))


if __name__ == "__main__":
    main()
