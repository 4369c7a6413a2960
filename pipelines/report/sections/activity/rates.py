"""Firing rates by layer: bars, and a histogram a layer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from ....display.names import title as model_title
from ....run_folder.records.spikes import Activity
from ...drawing.files import Figure, figure
from ...drawing.frames import Axis, columns
from ...drawing.looks import Looks
from ...drawing.svg import Canvas, both_widths, nice_ticks, shortened, text_width
from ...format import NBSP, percent

THICK = 13.0  # of a bar, with its margin
Row = dict[str, Any]


def rate_bars(layers: Mapping[str, Sequence[Activity]], looks: Looks) -> Markup:
    """Mean firing rate of every layer, one bar a model; ``layers`` by kind of model."""
    return both_widths(lambda width, shape: _rates(layers, looks, width, shape))


def _rates(
    layers: Mapping[str, Sequence[Activity]], looks: Looks, width: float, shape: str
) -> Canvas:
    names = list(dict.fromkeys(row.name for rows in layers.values() for row in rows))
    rates = {(kind, row.name): row.rate for kind, rows in layers.items() for row in rows}
    ticks = nice_ticks(0, 100 * max([*rates.values(), 0.001]), 5 if shape == "narrow" else 9)
    gutter = min(max(text_width(name) for name in names) + 12, 0.3 * width)
    group, top = THICK * len(layers) + 16, 30.0
    said = ", ".join(f"{model_title(k)} {name} {percent(v)}" for (k, name), v in rates.items())
    height = top + group * len(names) + 44
    canvas = Canvas(width, height, f"Firing rate of every layer: {said}", shape)
    x = Axis(0.0, ticks[-1], gutter, width - 64)
    _legend(canvas, layers, looks)
    places = [(x(100 * (tick / 100)), f"{tick:g}") for tick in ticks]
    name, middle = "spikes per neuron and step, %", (x.start + x.end) / 2
    columns(canvas, places, (top, height - 40), height - 24, name, middle)
    for i, layer in enumerate(names):
        own = {kind: rate for kind in layers if (rate := rates.get((kind, layer))) is not None}
        _group(canvas, layer, own, list(layers), looks, top + group * i + 8, x)
    return canvas


def _legend(canvas: Canvas, kinds: Iterable[str], looks: Looks) -> None:
    place = 0.0
    for kind in kinds:
        canvas.rect(place, 4, 12, 12, f"fill {looks.style(kind)}")
        canvas.text(place + 18, 14, model_title(kind))
        place += 36 + text_width(model_title(kind))


def _group(
    canvas: Canvas,
    name: str,
    rates: Mapping[str, float],
    kinds: Sequence[str],
    looks: Looks,
    y: float,
    x: Axis,
) -> None:
    """The bars of one layer, from the height ``y`` down, and its name beside them."""
    middle = y + THICK * len(kinds) / 2 + 4
    canvas.text(x.start - 10, middle, shortened(name, x.start - 10), "", "end")
    for kind, rate in rates.items():
        place = y + THICK * kinds.index(kind)
        title = f"{model_title(kind)}, {name}: {percent(rate, 2)}"
        end = x(100 * rate)
        style = f"fill {looks.style(kind)}"
        canvas.rect(x.start, place + 1, end - x.start, THICK - 2, style, title)
        canvas.text(end + 6, place + 10.5, percent(rate), "value small")


def rate_histogram(row: Activity, style: str) -> Markup:
    """How many channels of a layer fire at which rate; ``style`` gives the colour."""
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
        canvas.rect(left + i * step + 0.5, bottom - tall, step - 1, tall, f"fill {style}", title)
    for share in (0, 25, 50, 75, 100):
        anchor = "end" if share == 100 else "middle"
        canvas.text(left + (right - left) * share / 100, bottom + 16, f"{share}", "muted", anchor)
    canvas.text((left + right) / 2, height - 4, "rate of a channel, %", "muted", "middle")
    return canvas.markup()


def rates_figure(activity: Mapping[str, Sequence[Activity]], looks: Looks) -> Figure:
    """Firing rate of every layer, by kind of model."""
    rows = [
        {"model": kind, "layer": row.name, "channels": row.channels, "rate": row.rate,
         "silent": row.silent, "saturated": row.saturated}
        for kind, layers in activity.items()
        for row in layers
    ]  # fmt: skip
    return figure("firing-rates", "firing rates", rate_bars(activity, looks), rows)


def histograms(layers: Sequence[Activity], style: str) -> list[Row]:
    """One histogram a layer of a model of that style: ``row`` and ``figure``."""
    return [{"row": row, "figure": _histogram(row, style)} for row in layers]


def _histogram(row: Activity, style: str) -> Figure:
    bins = len(row.histogram)
    values = [
        {"from": i / bins, "to": (i + 1) / bins, "channels": number}
        for i, number in enumerate(row.histogram)
    ]
    title = f"rates of the channels of {row.name}"
    return figure(f"rates-{row.name}", title, rate_histogram(row, style), values)
