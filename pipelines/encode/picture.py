"""What is sent of a text as a drawing: every spike of every word, with rates and errors beside."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from markupsafe import Markup

from ...files import write_text
from ...formatting import percent
from ..display.names import victim
from ..report.drawing.files import svg_file
from ..report.drawing.looks import PLAIN
from ..report.drawing.svg import Canvas, shortened, text_width
from .encoded import Encoded, Sender

MOST_WORDS = 40
TOP, FOOT, GAP = 46.0, 40.0, 5.0
RASTER = 620.0  # room of the channels
BAR = 90.0  # room of a bar of a rate or of an error


def write_picture(path: Path | str, sender: Sender, found: Encoded) -> None:
    """Write the drawing as an SVG file that needs nothing beside it, whole or not at all.

    Raises:
        SnnConvertError: the file cannot be written.
    """
    write_text(path, svg_file(picture(sender, found)))


def picture(sender: Sender, found: Encoded) -> Markup:
    """Words as rows, in each its T steps; channels from left to right, a mark for every spike.

    Beside them bars: of the rate, and of the error of what the frames stand for.
    """
    words, steps = found.words[:MOST_WORDS], sender.model.steps
    gutter = min(max((text_width(word, 13) for word in words), default=60) + 34, 190.0)
    step = min(8.0, max(1.0, 22 / steps))  # height of a step
    tall = max(step * steps, 16.0) + GAP
    width = gutter + RASTER + 2 * (BAR + 62) + 12
    label = (
        f"Input of {len(words)} words over {steps} time steps: "
        f"{victim(sender.name)}, code {sender.encoder.code}"
    )
    canvas = Canvas(width, TOP + tall * max(len(words), 1) + FOOT, label, "wide")
    _heads(canvas, sender, found, gutter)
    for i, word in enumerate(words):
        y = TOP + tall * i
        style = "word" if found.known[i] else "muted"
        shown = word if found.known[i] else f"{word} ?"
        middle = y + (tall - GAP) / 2 + 4.5
        shown = shortened(shown, gutter - 12, 13)
        canvas.text(gutter - 10, middle, shown, style, "end", sender.stage.language)
        _spikes(canvas, sender, found, i, (gutter, y, step))
        _bars(canvas, sender, found, i, (gutter + RASTER + 14, middle))
    _foot(canvas, sender, found, gutter)
    return canvas.markup()


def _spikes(
    canvas: Canvas, sender: Sender, found: Encoded, i: int, place: tuple[float, float, float]
) -> None:
    """The frames of one word: positive and negative parts in two colours."""
    (left, y, step), steps = place, sender.model.steps
    frames = found.sent.frames[:, i].abs()  # (T, C)
    channels = frames.shape[1]
    cell = RASTER / channels
    canvas.rect(left, y, RASTER, step * steps, "cell")
    if not sender.encoder.spiking:
        peak = float(found.sent.frames.abs().max()) or 1.0
        for c, value in enumerate((frames[0] / peak).tolist()):
            if value >= 0.01:
                mark = f"fill {PLAIN.style(sender.name)}"
                canvas.rect(left + cell * c, y, cell, step * steps, mark, "", min(value, 0.99))
        return
    for style, first, last in _parts(sender, channels):
        corners = (
            (left + cell * int(c), y + step * int(t))
            for t, c in frames[:, first:last].nonzero().tolist()
        )
        moved = ((x + cell * first, y) for x, y in corners)
        canvas.boxes(moved, max(cell, 0.9), step * (0.9 if step > 2 else 1), style)


def _parts(sender: Sender, channels: int) -> Iterator[tuple[str, int, int]]:
    """Style and channels of what is drawn in one colour."""
    own = f"fill {PLAIN.style(sender.name)}"
    if sender.encoder.mapping == "split":
        yield own, 0, channels // 2
        yield "fill ann", channels // 2, channels
    elif sender.encoder.mapping == "shift":
        yield own, 0, channels - 1
        yield "fill", channels - 1, channels
    else:
        yield own, 0, channels


def _heads(canvas: Canvas, sender: Sender, found: Encoded, gutter: float) -> None:
    """What the columns are."""
    encoder = sender.encoder
    gain = f", gain {encoder.gain:g}" if encoder.gain != 1 else ""
    said = f"{victim(sender.name)}: {encoder.code}, {encoder.mapping}{gain}, "
    canvas.text(gutter, 14, f"{said}T = {sender.model.steps}", "strong")
    channels = found.sent.frames.shape[2]
    if encoder.mapping == "split":
        half = f"parts of {found.sent.vectors.shape[1]} components"
        canvas.text(gutter, 36, f"positive {half}", "muted")
        canvas.text(gutter + RASTER / 2, 36, f"negative {half}", "muted")
    else:
        canvas.text(gutter, 36, f"{channels} channels", "muted")
    right = gutter + RASTER + 14
    canvas.text(right, 36, "rate" if encoder.spiking else "mean size", "muted")
    if not bool(found.sent.errors.isnan().any()):
        canvas.text(right + BAR + 62, 36, "decoding error", "muted")


def _bars(
    canvas: Canvas, sender: Sender, found: Encoded, i: int, place: tuple[float, float]
) -> None:
    """Rate and error of one word, against the largest of the text."""
    sent, (x, middle) = found.sent, place
    for values, style, form in (
        (sent.rates, f"fill {PLAIN.style(sender.name)}", lambda v: f"{percent(v)} %"),
        (sent.errors, "fill heat", lambda v: f"{v:.3f}"),
    ):
        if bool(values.isnan().any()):  # stored bits have no vector beside them
            continue
        value, peak = float(values[i]), float(values[:MOST_WORDS].max()) or 1.0
        canvas.rect(x, middle - 10, BAR * value / peak, 11, style, "", 0.85)
        canvas.text(x + BAR * value / peak + 5, middle, form(value), "value")
        x += BAR + 62


def _foot(canvas: Canvas, sender: Sender, found: Encoded, gutter: float) -> None:
    """The text's figures, and what is not drawn."""
    sent, y = found.sent, canvas.height - 12
    parts = [f"{int(sent.spikes.sum()):,} spikes"] if sender.encoder.spiking else []
    parts.append(f"{sent.distinct_in_all} distinct frames")
    if sender.model.steps > 1:
        parts.append("in each row the first step is on top, the last at the bottom")
    if len(found.words) > MOST_WORDS:
        parts.append(f"the first {MOST_WORDS} of {len(found.words)} words are drawn")
    if not all(found.known):
        parts.append("? marks words that the vocabulary does not have")
    canvas.text(gutter, y, "; ".join(parts), "muted")
