"""Firing rates by layer: bars, and a histogram a layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from ....display.names import short
from ....run_folder.records.spikes import Activity
from ...drawing.files import Figure, figure
from ...drawing.svg import Canvas, both_widths, nice_ticks, shortened, text_width
from ...format import NBSP, percent

Row = dict[str, Any]


def rate_bars(layers: Mapping[str, Sequence[Activity]]) -> Markup:
    """Mean firing rate of every layer, one bar a model; ``layers`` by kind of model."""
    return both_widths(lambda width, shape: _rates(layers, width, shape))


def _rates(layers: Mapping[str, Sequence[Activity]], width: float, shape: str) -> Canvas:
    names = list(dict.fromkeys(row.name for rows in layers.values() for row in rows))
    rates = {(kind, row.name): row.rate for kind, rows in layers.items() for row in rows}
    ticks = nice_ticks(0, 100 * max([*rates.values(), 0.001]), 5 if shape == "narrow" else 9)
    gutter = min(max(text_width(name) for name in names) + 12, 0.3 * width)
    thick, group = 13.0, 13.0 * len(layers) + 16
    top = 30.0
    height = top + group * len(names) + 44
    said = ", ".join(f"{short(k)} {name} {percent(v)}" for (k, name), v in rates.items())
    canvas = Canvas(width, height, f"Firing rate of every layer: {said}", shape)
    left, right = gutter, width - 64

    def x(rate: float) -> float:
        return left + (right - left) * 100 * rate / ticks[-1]

    place = 0.0
    for kind in layers:
        canvas.rect(place, 4, 12, 12, f"fill {kind}")
        canvas.text(place + 18, 14, short(kind))
        place += 36 + text_width(short(kind))
    for tick in ticks:
        canvas.line(x(tick / 100), top, x(tick / 100), height - 40, "grid")
        canvas.text(x(tick / 100), height - 24, f"{tick:g}", "muted", "middle")
    canvas.text((left + right) / 2, height - 4, "spikes per neuron and step, %", "muted", "middle")
    for i, name in enumerate(names):
        row = top + group * i + 8
        middle = row + thick * len(layers) / 2 + 4
        canvas.text(gutter - 10, middle, shortened(name, gutter - 10), "", "end")
        for j, kind in enumerate(layers):
            rate = rates.get((kind, name))
            if rate is None:
                continue
            title = f"{short(kind)}, {name}: {percent(rate, 2)}"
            canvas.rect(left, row + thick * j + 1, x(rate) - left, thick - 2, f"fill {kind}", title)
            canvas.text(x(rate) + 6, row + thick * j + 10.5, percent(rate), "value small")
    return canvas


def rate_histogram(row: Activity, kind: str) -> Markup:
    """How many channels of a layer fire at which rate."""
    width, height = 260.0, 150.0
    bins, peak = row.histogram, max(*row.histogram, 1)
    said = f"{percent(row.silent)} silent, {percent(row.saturated)} saturated"
    label = f"Rates of the {row.channels} channels of {row.name}, mean {percent(row.rate)}, {said}"
    canvas = Canvas(width, height, label, "small")
    left, right, top, bottom = 30.0, width - 8.0, 14.0, height - 38.0
    step = (right - left) / len(bins)
    for share in (0.0, 0.5, 1.0):
        y = bottom - (bottom - top) * share
        canvas.line(left, y, right, y, "grid")
        if share * peak == int(share * peak):
            canvas.text(left - 6, y + 4, f"{share * peak:.0f}", "muted", "end")
    for i, number in enumerate(bins):
        tall = (bottom - top) * number / peak
        low, high = 100 * i / len(bins), 100 * (i + 1) / len(bins)
        title = f"{low:g} to {high:g}{NBSP}%: {number} channels"
        canvas.rect(left + i * step + 0.5, bottom - tall, step - 1, tall, f"fill {kind}", title)
    for share in (0, 25, 50, 75, 100):
        anchor = "end" if share == 100 else "middle"
        canvas.text(left + (right - left) * share / 100, bottom + 16, f"{share}", "muted", anchor)
    canvas.text((left + right) / 2, height - 4, "rate of a channel, %", "muted", "middle")
    return canvas.markup()


def rates_figure(activity: Mapping[str, Sequence[Activity]]) -> Figure:
    """Firing rate of every layer, by kind of model."""
    rows = [
        {"model": kind, "layer": row.name, "channels": row.channels, "rate": row.rate,
         "silent": row.silent, "saturated": row.saturated}
        for kind, layers in activity.items()
        for row in layers
    ]  # fmt: skip
    return figure("firing-rates", "firing rates", rate_bars(activity), rows)


def histograms(kind: str, layers: Sequence[Activity]) -> list[Row]:
    """One histogram a layer of a model: ``row`` and ``figure``."""
    return [{"row": row, "figure": _histogram(row, kind)} for row in layers]


def _histogram(row: Activity, kind: str) -> Figure:
    bins = len(row.histogram)
    values = [
        {"from": i / bins, "to": (i + 1) / bins, "channels": number}
        for i, number in enumerate(row.histogram)
    ]
    title = f"rates of the channels of {row.name}"
    return figure(f"rates-{row.name}", title, rate_histogram(row, kind), values)
