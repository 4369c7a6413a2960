"""The figures of a report: accuracy against T and firing rates; those of attacks lie beside it.

Wide figures have a second, narrow drawing for telephones; the style sheet shows the one that fits,
so letters are never scaled down.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from markupsafe import Markup

from ..drawing.svg import Canvas, nice_ticks, shortened, text_width, thinned
from ..format import NBSP, SHORT_NAMES, percent
from ..read import Activity, Model

WIDE, NARROW = 980, 306
NEAR = 0.1
"""The largest class's share is shown where an accuracy is at most so far above it."""
FLOOR = "curve ink dashed hair"
SHAPES = {"snn": "circle", "finetuned": "square"}


def both_widths(draw: Callable[[float, str], Canvas]) -> Markup:
    """The wide and the narrow drawing of a figure."""
    return draw(WIDE, "wide").markup() + draw(NARROW, "narrow").markup()


Bands = Mapping[str, Sequence[tuple[float, float] | None]]


def accuracy_plot(
    models: Mapping[str, Model], bands: Bands | None = None, floor: float | None = None
) -> Markup:
    """Test accuracy after every time step, with the ANN as a line across; see `Model`.

    Args:
        models: by kind
        bands: interval of each accuracy, by kind and step; of the ANN one
        floor: share of the largest class, a line across where an accuracy comes near it
    """
    floors = [] if floor is None else [floor]
    return both_widths(lambda width, shape: _accuracy(models, bands or {}, floors, width, shape))


def _accuracy(
    models: Mapping[str, Model], bands: Bands, floors: list[float], width: float, shape: str
) -> Canvas:
    curves = {kind: models[kind].test_by_step for kind in ("snn", "finetuned") if kind in models}
    ann = models.get("ann")
    steps = max(len(curve) for curve in curves.values())
    values = [v for curve in curves.values() for v in curve] + ([ann.test] if ann else [])
    values += [end for ends in bands.values() for pair in ends if pair for end in pair]
    levels = _levels([floor for floor in floors if floor >= min(values) - NEAR], ann)
    values += [value for value, _, _ in levels]
    ticks = nice_ticks(100 * min(values) - 0.5, 100 * max(values) + 0.5)
    said = [f"{SHORT_NAMES[k]} {percent(c[-1])} at T = {len(c)}" for k, c in curves.items()]
    said += [f"ANN {percent(ann.test)}"] if ann else []
    label = "Test accuracy against time steps: " + ", ".join(said)
    narrow = shape == "narrow"
    top, height = (72.0 if narrow else 32.0), (330.0 if narrow else 350.0)
    canvas = Canvas(width, height, label, shape)
    left, right, bottom = 46.0, width - 14.0, height - 44.0

    def x(step: float) -> float:
        inset = 30.0 if steps < 12 else 12.0
        first, last = left + inset, right - inset
        return (
            (first + last) / 2 if steps == 1 else first + (last - first) * (step - 1) / (steps - 1)
        )

    def y(fraction: float) -> float:
        return bottom - (bottom - top) * (100 * fraction - ticks[0]) / (ticks[-1] - ticks[0])

    for tick in ticks:
        canvas.line(left, y(tick / 100), right, y(tick / 100), "grid")
        canvas.text(left - 8, y(tick / 100) + 4, f"{tick:g}", "muted", "end")
    for step in thinned(steps, 6 if narrow else 20):
        canvas.text(x(step), bottom + 20, str(step), "muted", "middle")
    canvas.text((left + right) / 2, height - 6, "time steps T", "muted", "middle")
    canvas.text(0, top - 18, "test accuracy, %", "muted")
    _accuracy_legend(canvas, curves, levels, narrow)
    for kind, ends in bands.items():
        _band(canvas, kind, ends, (left, right), x, y)
    for value, style, name in levels:
        canvas.line(left, y(value), right, y(value), style, name)
    for kind, curve in curves.items():
        canvas.path(((x(i), y(v)) for i, v in enumerate(curve, 1)), f"curve {kind}")
    labelled = thinned(steps, 5 if narrow else 12)
    for kind, curve in curves.items():
        for step, value in enumerate(curve, 1):
            if steps > 16 and step not in labelled:
                continue
            title = f"{SHORT_NAMES[kind]}, T = {step}: {percent(value)}"
            canvas.marker(SHAPES[kind], x(step), y(value), f"mark {kind}", title)
    for step in labelled:
        _accuracy_labels(canvas, curves, step, x(step), y)
    return canvas


def _levels(floors: Sequence[float], ann: Model | None) -> list[tuple[float, str, str]]:
    """Accuracy, style and name of the lines across: shares of the largest class, and the ANN."""
    found = [(floor, FLOOR, f"largest class {percent(floor)}") for floor in floors]
    return found + ([(ann.test, "curve ann dashed", f"ANN {percent(ann.test)}")] if ann else [])


def _band(
    canvas: Canvas,
    kind: str,
    ends: Sequence[tuple[float, float] | None],
    sides: tuple[float, float],
    x: Callable[[float], float],
    y: Callable[[float], float],
) -> None:
    """The 95 % interval of a curve as a pale area, of the ANN's line from side to side."""
    known = [(x(step), *pair) for step, pair in enumerate(ends, 1) if pair]
    if kind == "ann":
        known = [(side, *pair) for side in sides for pair in ends[:1] if pair]
    elif len(known) == 1:
        known = [(place, *known[0][1:]) for place in (known[0][0] - 12, known[0][0] + 12)]
    if known:
        upper = [(place, y(high)) for place, _, high in known]
        lower = [(place, y(low)) for place, low, _ in reversed(known)]
        canvas.area([*upper, *lower], f"fill {kind}", 0.13)


def _accuracy_legend(
    canvas: Canvas,
    curves: Mapping[str, Sequence[float]],
    levels: Sequence[tuple[float, str, str]],
    narrow: bool,
) -> None:
    place = 0.0 if narrow else 130.0
    line = 14.0
    entries = [(kind, f"curve {kind}", SHORT_NAMES[kind]) for kind in curves]
    entries += [("", style, name) for _, style, name in reversed(levels)]
    for kind, style, name in entries:
        if place + 28 + text_width(name) > canvas.width:
            place, line = 0.0, line + 18
        canvas.line(place, line - 4, place + 22, line - 4, style)
        if kind in SHAPES:
            canvas.marker(SHAPES[kind], place + 11, line - 4, f"mark {kind}")
        canvas.text(place + 28, line, name)
        place += 28 + text_width(name) + 18


def _accuracy_labels(
    canvas: Canvas,
    curves: Mapping[str, Sequence[float]],
    step: int,
    x: float,
    y: Callable[[float], float],
) -> None:
    """Values at one step: the higher one above its point, the lower one below."""
    here = sorted(
        ((c[step - 1], kind) for kind, c in curves.items() if len(c) >= step), reverse=True
    )
    for rank, (value, kind) in enumerate(here):
        same = len(here) == 2 and abs(here[0][0] - here[1][0]) < 5e-4
        if same and rank == 1:
            return
        style = "value halo" if same else f"value halo {kind}"
        canvas.text(x, y(value) + (20 if rank else -11), f"{100 * value:.1f}", style, "middle")


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
    said = ", ".join(f"{SHORT_NAMES[k]} {name} {percent(v)}" for (k, name), v in rates.items())
    canvas = Canvas(width, height, f"Firing rate of every layer: {said}", shape)
    left, right = gutter, width - 64

    def x(rate: float) -> float:
        return left + (right - left) * 100 * rate / ticks[-1]

    place = 0.0
    for kind in layers:
        canvas.rect(place, 4, 12, 12, f"fill {kind}")
        canvas.text(place + 18, 14, SHORT_NAMES[kind])
        place += 36 + text_width(SHORT_NAMES[kind])
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
            title = f"{SHORT_NAMES[kind]}, {name}: {percent(rate, 2)}"
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
