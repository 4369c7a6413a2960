"""The error budget of a conversion: one stacked bar a layer, and a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from ....run_folder.records.conversion import BudgetRow
from ...drawing.files import figure
from ...drawing.frames import Axis, columns
from ...drawing.svg import Canvas, both_widths, nice_ticks, shortened, text_width

# in the order of the causes, from the layer's input to its output; report.css gives them colours
PARTS = {
    "carried_in": "carried in",
    "clipping": "clipping",
    "quantisation": "quantisation",
    "encoder": "encoder noise",
    "unevenness": "unevenness",
    "pooling": "pooling",
}


def budget_context(rows: Sequence[BudgetRow]) -> dict[str, Any] | None:
    """What the template shows of an error budget; None where there is none.

    Returns:
        ``figure``, the bars; ``parts``, the names of those that any layer has; ``layers``, the rows
        in thresholds; ``outputs``, those of the logits, in the ANN's unit.
    """
    layers = [row for row in rows if row.kind != "output"]
    if not layers:
        return None
    values = [
        {
            "layer": row.name,
            **row.sizes(list(PARTS)),
            "total": row.total_mean_abs,
            "mean": row.total_mean,
        }
        for row in layers
    ]
    return {
        "figure": figure("error-budget", "errors by cause", budget_bars(layers), values),
        "parts": shown_parts(rows),
        "layers": layers,
        "outputs": [row for row in rows if row.kind == "output"],
    }


def shown_parts(rows: Sequence[BudgetRow]) -> dict[str, str]:
    """The parts that are not zero everywhere, with their names."""
    return {part: name for part, name in PARTS.items() if any(size(row, part) for row in rows)}


def size(row: BudgetRow, part: str) -> float:
    """The mean absolute value of a part of a layer's error."""
    return row.sizes([part])[part]


def budget_bars(rows: Sequence[BudgetRow]) -> Markup:
    """One bar a layer, stacked of the mean absolute parts of its error, in thresholds."""
    return both_widths(lambda width, shape: _bars(rows, width, shape))


def _bars(rows: Sequence[BudgetRow], width: float, shape: str) -> Canvas:
    parts = shown_parts(rows)
    longest = max(sum(row.sizes(list(PARTS)).values()) for row in rows)
    ticks = nice_ticks(0, max(longest, 1e-6), 5 if shape == "narrow" else 9)
    gutter = min(max(text_width(row.name) for row in rows) + 12, 0.3 * width)
    legend = _legend_places(parts, width)
    top, line = 18.0 * (1 + max((y for _, y in legend), default=0)) + 12, 26.0
    said = "; ".join(_said(row, parts) for row in rows)
    label = f"Parts of the error of every layer, in thresholds: {said}"
    canvas = Canvas(width, top + line * len(rows) + 44, label, shape)
    x = Axis(0.0, ticks[-1], gutter, width - 14)
    for (part, name), (place, at) in zip(parts.items(), legend, strict=True):
        canvas.rect(place, 4 + 18 * at, 12, 12, f"fill {part}")
        canvas.text(place + 18, 14 + 18 * at, name)
    places, foot = [(x(tick), f"{tick:g}") for tick in ticks], canvas.height
    name, middle = "mean absolute error, in thresholds", (x.start + x.end) / 2
    columns(canvas, places, (top, foot - 40), foot - 24, name, middle)
    for i, row in enumerate(rows):
        _bar(canvas, row, parts, top + line * i, x)
    return canvas


def _said(row: BudgetRow, parts: dict[str, str]) -> str:
    """A layer's error in words."""
    sizes = ", ".join(f"{name} {size(row, part):.3f}" for part, name in parts.items())
    return f"{row.name} {sizes}, total {row.total_mean_abs:.3f}"


def _bar(canvas: Canvas, row: BudgetRow, parts: dict[str, str], y: float, x: Axis) -> None:
    """A layer's name, and its parts one behind the other."""
    canvas.text(x.start - 10, y + 17, shortened(row.name, x.start - 10), "", "end")
    start = 0.0
    for part, name in parts.items():
        value = size(row, part)
        if value:
            title = f"{row.name}, {name}: {value:.3f}"
            canvas.rect(x(start), y + 4, x(value) - x(0), 18, f"fill {part}", title)
        start += value


def _legend_places(parts: dict[str, str], width: float) -> list[tuple[float, int]]:
    """Where each entry of the legend begins, and in which of its lines."""
    places: list[tuple[float, int]] = []
    x, line = 0.0, 0
    for name in parts.values():
        room = 18 + text_width(name)
        if x + room > width:
            x, line = 0.0, line + 1
        places.append((x, line))
        x += room + 18
    return places
