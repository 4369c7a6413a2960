"""Figures as files: every drawing of a report can be saved as SVG, its values as CSV.

The files lie in the page as ``data:`` addresses behind plain links, so that saving them needs no
script, no network and no mouse, and the page's policy can go on forbidding every script.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

from markupsafe import Markup

from ....formatting import csv_text
from .. import templates

SPACE = "http://www.w3.org/2000/svg"
_CONTROLS = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
MARGIN = 8  # letters may stand a little over the edge of a drawing
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Figure:
    """A drawing with its files.

    Attributes:
        name: of the files, without ending
        title: what it shows, in a few words
        markup: for the page
        svg: address of the drawing as a file of its own, in light colours
        csv: address of its values as a table
    """

    name: str
    title: str
    markup: Markup
    svg: str
    csv: str

    def __html__(self) -> str:
        return str(self.markup)


def figure(name: str, title: str, markup: Markup, rows: Sequence[Row]) -> Figure:
    """A drawing and the files that hold it.

    Args:
        name: of the files; what does not fit into a file's name becomes a hyphen
        title: what it shows
        markup: one or more SVG; the first is what is saved
        rows: its values
    """
    name = re.sub(r"[^\w.]+", "-", name).strip("-.") or "figure"
    return Figure(name, title, markup, svg_link(markup), rows_link(rows))


def rows_link(rows: Sequence[Row]) -> str:
    """A ``data:`` address that holds ``rows`` as CSV; its columns are those of all rows."""
    return csv_link(rows, list(dict.fromkeys(key for row in rows for key in row)))


def csv_link(rows: Sequence[Row], columns: Sequence[str]) -> str:
    """A ``data:`` address that holds a CSV file."""
    return "data:text/csv;charset=utf-8," + _quoted(csv_text(rows, columns))


def svg_link(markup: Markup) -> str:
    """A ``data:`` address that holds the first SVG of ``markup``, with its colours, as a file."""
    return "data:image/svg+xml;charset=utf-8," + _quoted(svg_file(markup))


def _quoted(text: str) -> str:
    return quote(text.encode("utf-8", "replace"), safe=" ,@+./()=;!*'$")


def svg_file(markup: Markup) -> str:
    """The first SVG of ``markup`` as a file that needs no style sheet beside it."""
    drawing = without_controls(str(markup).split("</svg>", 1)[0] + "</svg>")
    # an attack can leave half a surrogate pair in a text, which is no character of UTF-8
    root = ElementTree.fromstring(drawing.encode("utf-8", "replace"))
    used = {name for part in root.iterfind(".//*") for name in part.get("class", "").split()}
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    size = [-MARGIN, -MARGIN, width + 2 * MARGIN, height + 2 * MARGIN]
    names = {"xmlns": SPACE, "viewBox": " ".join(f"{value:g}" for value in size)}
    names |= {"width": f"{size[2]:g}", "height": f"{size[3]:g}", "role": "img"}
    found = ElementTree.Element("svg", names)
    ElementTree.SubElement(found, "title").text = root.get("aria-label", "")
    ElementTree.SubElement(found, "style").text = figure_style(frozenset(used))
    paper = {"x": names["viewBox"].split()[0], "y": names["viewBox"].split()[1]}
    paper |= {"width": names["width"], "height": names["height"]}
    ElementTree.SubElement(found, "rect", {"class": "paper", "fill": "#ffffff", **paper})
    found.extend(list(root))
    return ElementTree.tostring(found, encoding="unicode")


def without_controls(text: str) -> str:
    """``text`` without characters that no XML and no page may hold."""
    return _CONTROLS.sub("\ufffd", text)


@cache
def figure_style(classes: frozenset[str]) -> str:
    """The rules of the page's style sheet for figures that have ``classes``, in light colours."""
    kept = []
    for selectors, body in _figure_rules():
        fitting = [s for s in selectors if set(re.findall(r"\.([\w-]+)", s)) <= classes]
        if fitting:
            kept.append(f"{', '.join(fitting)} {{{body}}}")
    return "\n".join(kept)


@cache
def _figure_rules() -> list[tuple[list[str], str]]:
    """Selectors and declarations for parts of figures, variables put in."""
    path = files(templates) / "page" / "report.css"
    sheet = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.S)
    sheet = re.sub(r"@media[^{]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}", "", sheet)
    rules = re.findall(r"([^{}]+)\{([^{}]*)\}", sheet)
    root = next(body for selector, body in rules if selector.strip() == ":root")
    values = {
        name: " ".join(value.split()) for name, value in re.findall(r"--([\w-]+):([^;]+);", root)
    }
    # the page's names for fonts that every system knows are enough outside of it
    values["font"] = 'system-ui, "Noto Sans", "Noto Sans CJK SC", sans-serif'
    found = [(["svg"], f" font-family: {values['font']}; ")]
    for selector, body in rules:
        selectors = [part.strip() for part in selector.split(",")]
        if all(part.startswith("svg ") for part in selectors):
            found.append((selectors, re.sub(r"var\(--([\w-]+)\)", lambda m: values[m[1]], body)))
    return found
