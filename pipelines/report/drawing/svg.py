"""A small canvas for inline SVG: marks with classes that the page's style sheet colours.

Drawn here rather than with matplotlib, so that figures follow the page's light and dark colours,
every mark can say its value, and letters stay text in the reader's own (also Chinese) fonts.
ElementTree escapes whatever text goes in.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from xml.etree import ElementTree

from markupsafe import Markup


def _length(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if value else "0"


class Canvas:
    """An SVG of ``width`` x ``height`` units, which are CSS pixels where there is room.

    Args:
        label: what the figure shows, for those who cannot see it.
        shape: class of the figure, ``wide``, ``narrow`` or ``small``.
    """

    def __init__(self, width: float, height: float, label: str, shape: str) -> None:
        self.width, self.height = width, height
        size = {"viewBox": f"0 0 {_length(width)} {_length(height)}"}
        size |= {"width": _length(width), "height": _length(height)}
        self.root = ElementTree.Element(
            "svg", {"class": f"plot {shape}", "role": "img", "aria-label": label, **size}
        )

    def _add(
        self, tag: str, style: str, title: str = "", **attributes: float | str
    ) -> ElementTree.Element:
        named = {
            name.replace("_", "-"): value if isinstance(value, str) else _length(value)
            for name, value in attributes.items()
        }
        element = ElementTree.SubElement(self.root, tag, {"class": style, **named})
        if title:
            ElementTree.SubElement(element, "title").text = title
        return element

    def text(
        self, x: float, y: float, text: str, style: str = "", anchor: str = "start", lang: str = ""
    ) -> None:
        """Letters with their base line at ``y``; ``anchor`` is start, middle or end."""
        more = {"lang": lang} if lang else {}
        self._add("text", style, x=x, y=y, text_anchor=anchor, **more).text = text

    def line(self, x1: float, y1: float, x2: float, y2: float, style: str, title: str = "") -> None:
        """A straight line."""
        self._add("line", style, title, x1=x1, y1=y1, x2=x2, y2=y2)

    def rect(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        style: str,
        title: str = "",
        opacity: float = 1.0,
    ) -> None:
        """A filled box."""
        more = {"fill_opacity": opacity} if opacity < 1 else {}
        self._add("rect", style, title, x=x, y=y, width=max(width, 0), height=height, **more)

    def path(self, points: Iterable[tuple[float, float]], style: str, title: str = "") -> None:
        """A line through ``points``."""
        steps = " ".join(f"{_length(x)} {_length(y)}" for x, y in points)
        self._add("path", style, title, d=f"M{steps}")

    def area(self, points: Iterable[tuple[float, float]], style: str, opacity: float) -> None:
        """A filled shape with corners at ``points``."""
        steps = " ".join(f"{_length(x)} {_length(y)}" for x, y in points)
        self._add("path", style, d=f"M{steps}z", fill_opacity=opacity)

    def boxes(
        self, corners: Iterable[tuple[float, float]], width: float, height: float, style: str
    ) -> None:
        """Many equal boxes as one mark."""
        box = f"h{_length(width)}v{_length(height)}h-{_length(width)}z"
        outline = "".join(f"M{_length(x)} {_length(y)}{box}" for x, y in corners)
        if outline:
            self._add("path", style, d=outline)

    def marker(self, kind: str, x: float, y: float, style: str, title: str = "") -> None:
        """A point: ``kind`` is circle, square or diamond."""
        if kind == "circle":
            self._add("circle", style, title, cx=x, cy=y, r=5.5)
        elif kind == "diamond":
            corners = ((x, y - 8), (x + 6, y), (x, y + 8), (x - 6, y), (x, y - 8))
            self.path(corners, style, title)
        else:
            self._add("rect", style, title, x=x - 4, y=y - 4, width=8, height=8)

    def markup(self, hidden: bool = False) -> Markup:
        """The SVG, escaped and safe to put into a page; ``hidden`` from those who cannot see it."""
        if hidden:
            self.root.attrib = {k: v for k, v in self.root.attrib.items() if k != "aria-label"}
            self.root.set("role", "presentation")
            self.root.set("aria-hidden", "true")
        return Markup(ElementTree.tostring(self.root, encoding="unicode"))


def nice_ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Two or more round values (1, 2 or 5 times a power of ten apart) that enclose [low, high]."""
    span = max(high - low, 1e-9)
    size = 10 ** math.floor(math.log10(span / most))
    step = next(size * m for m in (1, 2, 5, 10, 20) if span / (size * m) <= most - 1)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(i * step, 10) for i in range(first, max(last, first + 1) + 1)]


def thinned(steps: int, most: int) -> list[int]:
    """Time steps to label, about ``most`` of 1..steps: the first, round ones, and the last."""
    most = max(most, 2)
    stride = next(
        m * 10**e for e in range(9) for m in (1, 2, 5) if (steps - 1) / (m * 10**e) <= most - 1
    )
    if stride == 1:
        return list(range(1, steps + 1))
    low, high = 1 + 0.6 * stride, steps - 0.6 * stride
    return [1, *(i for i in range(stride, steps, stride) if low <= i <= high), steps]


def text_width(text: str, size: float = 12.0) -> float:
    """Roughly how wide ``text`` is, in pixels; Chinese letters are square."""
    return size * sum(1.0 if unicodedata.east_asian_width(c) in "WF" else 0.58 for c in text)


def shortened(text: str, width: float, size: float = 12.0) -> str:
    """``text``, cut with an ellipsis where it is wider than ``width`` pixels."""
    if text_width(text, size) <= width:
        return text
    while text and text_width(text + "…", size) > width:
        text = text[:-1]
    return text + "…"


def spread(places: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """``places`` moved as little as need be to lie ``gap`` apart, inside [low, high]."""
    gap = min(gap, (high - low) / max(len(places) - 1, 1))
    order = sorted(range(len(places)), key=lambda i: places[i])
    moved = [0.0] * len(places)
    floor = low
    for i in order:
        moved[i] = max(places[i], floor)
        floor = moved[i] + gap
    ceiling = high
    for i in reversed(order):
        moved[i] = min(moved[i], ceiling)
        ceiling = moved[i] - gap
    return moved


WIDE, HALF, NARROW = 980, 477, 306
"""Widths of drawings, in CSS pixels: of the page, of two side by side, and of a telephone."""


def both_widths(draw: Callable[[float, str], Canvas]) -> Markup:
    """The wide and the narrow drawing of a figure."""
    return draw(WIDE, "wide").markup() + draw(NARROW, "narrow").markup()


def halves(draw: Callable[[float, str], Canvas]) -> Markup:
    """As `both_widths`, for figures of which two stand side by side on a wide page."""
    return draw(HALF, "wide").markup() + draw(NARROW, "narrow").markup()


def fitting(figures: int, draw: Callable[[float, str], Canvas]) -> Markup:
    """The drawing of one of so many figures side by side: few are wide, so that they fill a row."""
    return halves(draw) if figures in (1, 2, 4) else draw(NARROW, "small").markup()
