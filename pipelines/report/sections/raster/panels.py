"""The figures of one sentence: words against time, neurons against time, running logits."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from ....run_folder.records.spikes import Raster
from ...drawing.frames import Axis
from ...drawing.svg import Canvas, nice_ticks, shortened, spread, text_width, thinned

MOST_WORDS = 40
TOP, FOOT = 8.0, 38.0  # room above the first row, and below the last for the time axis


def _cell(steps: int, room: float, most: float) -> float:
    return max(1.0, min(most, room / steps))


def _time_axis(canvas: Canvas, left: float, cell: float, steps: int) -> None:
    bottom = canvas.height - FOOT
    for step in thinned(steps, int(cell * steps / 18)):
        canvas.text(left + cell * (step - 0.5), bottom + 15, str(step), "muted", "middle")
    canvas.text(left + cell * steps / 2, canvas.height - 5, "time step", "muted", "middle")


def word_panel(raster: Raster, language: str, style: str, spiking: bool) -> Markup:
    """Words as rows, time steps as columns; the darker a cell, the more input channels spike.

    Args:
        raster: the sentence.
        language: of its words.
        style: of the model, for the colour.
        spiking: False for direct input, where cells show the mean size of the current instead.
    """
    words, rows = raster.words[:MOST_WORDS], raster.input[:MOST_WORDS]
    longest = max((text_width(word, 13) for word in words), default=0)
    gutter = min(longest + 12, 120.0)
    tall, cell = 25.0, _cell(raster.steps, 190, 38)
    what = "share of input channels that spike" if spiking else "mean size of the input current"
    label = f"Input of {len(words)} words over {raster.steps} time steps: {what}"
    width = max(gutter + cell * raster.steps + 4, 150.0)
    canvas = Canvas(width, TOP + tall * len(words) + FOOT, label, "small")
    peak = max((value for row in rows for value in row), default=0.0) or 1.0
    for i, (word, row) in enumerate(zip(words, rows, strict=False)):
        y = TOP + tall * i
        canvas.text(gutter - 8, y + 17, shortened(word, gutter - 8, 13), "word", "end", language)
        for j, value in enumerate(row[: raster.steps]):
            shown = f"{100 * value:.1f} %" if spiking else f"{value:.3f}"
            x = gutter + cell * j
            canvas.rect(x, y, cell - (cell > 4), tall - 1, "cell")
            opacity = min(0.04 + 0.66 * value / peak, 0.99)
            title = f"{word}, step {j + 1}: {shown}" if raster.steps <= 16 else ""
            canvas.rect(x, y, cell - (cell > 4), tall - 1, f"fill {style}", title, opacity)
            if cell >= 24:
                short = f"{100 * value:.0f}" if spiking else f"{value:.2f}"
                canvas.text(x + cell / 2, y + 16.5, short, "value small", "middle")
    _time_axis(canvas, gutter, cell, raster.steps)
    return canvas.markup()


def neuron_panel(name: str, spikes: Sequence[Sequence[int]], style: str) -> Markup:
    """Spikes of one layer, (T, C) of 0 and 1: neurons as rows, the busiest on top."""
    steps, neurons = len(spikes), len(spikes[0]) if spikes else 0
    trains = sorted(
        ([int(spikes[t][c]) for t in range(steps)] for c in range(neurons)),
        key=lambda train: (-sum(train), [-s for s in train]),
    )
    firing = sum(any(train) for train in trains)
    tall = max(0.5, min(6.0, 300 / max(neurons, 1)))
    cell = _cell(steps, 170, 24)
    width = max(cell * steps + 8, 96.0)
    left = (width - cell * steps) / 2
    label = f"Spikes of layer {name}: {firing} of {neurons} neurons fire within {steps} steps"
    canvas = Canvas(width, TOP + tall * neurons + FOOT, label, "small")
    canvas.rect(left, TOP, cell * steps, tall * neurons, "cell")
    gap = 1.0 if tall >= 2.5 else 0.0
    corners = (
        (left + cell * t + (cell > 4) * 0.5, TOP + tall * c)
        for c, train in enumerate(trains)
        for t, spike in enumerate(train)
        if spike
    )
    canvas.boxes(corners, cell - (cell > 4), tall - gap, f"fill crisp {style}")
    _time_axis(canvas, left, cell, steps)
    return canvas.markup()


def logit_panel(raster: Raster, classes: Sequence[str], style: str) -> Markup:
    """Running logits of every class over time; the winning class at the end is drawn strong."""
    steps, last = len(raster.logits), raster.logits[-1]
    names = [classes[k] if k < len(classes) else f"class {k}" for k in range(len(last))]
    winner = max(range(len(last)), key=last.__getitem__)
    values = [value for row in raster.logits for value in row]
    ticks = nice_ticks(min(values), max(values), 7)
    said = ", ".join(f"{name} {value:.2f}" for name, value in zip(names, last, strict=True))
    room = min(max(text_width(shortened(n, 110)) for n in names) + 10, 120.0)
    left, cell = 34.0, _cell(steps, 180, 34)
    right = left + cell * steps
    canvas = Canvas(right + room, 346, f"Running logits, at the end: {said}", "small")
    y = Axis(ticks[0], ticks[-1], canvas.height - FOOT, TOP)
    for tick in ticks:
        canvas.line(left, y(tick), right, y(tick), "grid zero" if tick == 0 else "grid")
        canvas.text(left - 6, y(tick) + 4, f"{tick:g}".replace("-", "−"), "muted", "end")
    places = spread([y(value) for value in last], 15, TOP + 4, y.start - 2)
    for k in sorted(range(len(last)), key=lambda k: k == winner):
        curve = [(left + cell * (t + 0.5), row[k]) for t, row in enumerate(raster.logits)]
        _logit(canvas, names[k], curve, y, style if k == winner else "other")
        bold = "strong" if k == winner else "muted"
        canvas.text(right + 4, places[k] + 4, shortened(names[k], 110), bold)
    _time_axis(canvas, left, cell, steps)
    return canvas.markup()


def _logit(
    canvas: Canvas, name: str, curve: Sequence[tuple[float, float]], y: Axis, style: str
) -> None:
    """The line of one class, with a point at every step where these are few."""
    canvas.path([(x, y(value)) for x, value in curve], f"curve {style}")
    for x, value in curve if len(curve) <= 16 else ():
        canvas.marker("circle", x, y(value), f"mark {style}", f"{name}: {value:.3f}")
