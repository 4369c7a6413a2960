"""Loss and accuracy over the epochs of one training; every line has its name at its end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from ....display.names import title
from ...drawing.frames import Axis, columns, rows
from ...drawing.looks import PLAIN, Looks, shape_of
from ...drawing.svg import Canvas, halves, nice_ticks, spread, text_width, thinned
from ...format import NBSP, number, percent
from .log import Epoch

HEIGHT = 236.0
Line = list[tuple[int, float]]  # epochs and values


def loss_panel(
    kind: str, epochs: Sequence[Epoch], best: int | None, looks: Looks = PLAIN
) -> Markup | None:
    """Loss on train and dev by epoch; None where the log has neither."""
    lines = _lines(epochs, {"train": "train_loss", "dev": "dev_loss"})
    return _panel(kind, "loss", lines, best, 1.0, looks.style(kind))


def accuracy_panel(
    kind: str, epochs: Sequence[Epoch], best: int | None, looks: Looks = PLAIN
) -> Markup | None:
    """Accuracy on dev by epoch in percent; None where the log has none."""
    lines = _lines(epochs, {"dev": "dev_accuracy"})
    return _panel(kind, "accuracy, %", lines, best, 100.0, looks.style(kind))


def _lines(epochs: Sequence[Epoch], columns_of: Mapping[str, str]) -> dict[str, Line]:
    """The values of each split, those that are there."""
    found = {
        split: [(e.number, value) for e in epochs if (value := e.get(column)) is not None]
        for split, column in columns_of.items()
    }
    return {split: line for split, line in found.items() if line}


def _panel(
    kind: str, name: str, lines: Mapping[str, Line], best: int | None, scale: float, style: str
) -> Markup | None:
    """One panel, for wide and narrow windows; ``scale`` is what a value is multiplied with."""
    if not lines:
        return None

    def said(value: float) -> str:
        return percent(value) if scale == 100 else number(value, 3)

    ends = "; ".join(
        f"{split} from {said(line[0][1])} to {said(line[-1][1])}" for split, line in lines.items()
    )
    last = max(epoch for line in lines.values() for epoch, _ in line)
    label = f"{title(kind)}, {name} over {last} epoch{'' if last == 1 else 's'}: {ends}"

    def draw(width: float, shape: str) -> Canvas:
        canvas = Canvas(width, HEIGHT, label, shape)
        _draw(canvas, shape_of(kind), style, name, lines, best, scale)
        return canvas

    return halves(draw)


def _draw(
    canvas: Canvas,
    marker: str,
    own: str,
    name: str,
    lines: Mapping[str, Line],
    best: int | None,
    scale: float,
) -> None:
    """Axes, the epoch that was kept, lines with their names."""
    epochs = [epoch for line in lines.values() for epoch, _ in line]
    values = [scale * value for line in lines.values() for _, value in line]
    ticks = nice_ticks(min(values), max(values), 5)
    named = 12 + max(text_width(split) for split in lines)
    left, right, top, bottom = 40.0, canvas.width - named, 34.0, HEIGHT - 42
    x = Axis(min(epochs) - 0.5, max(epochs) + 0.5, left, right)
    y = Axis(ticks[0], ticks[-1], bottom, top)
    canvas.text(0, 11, name, "muted")
    rows(canvas, ((y(tick), f"{tick:g}") for tick in ticks), (left, right), 7)
    first = [0] if min(epochs) == 0 else []  # the network that training began with
    labels = [(x(epoch), str(epoch)) for epoch in first + thinned(max(max(epochs), 1), 10)]
    columns(canvas, [], (top, bottom), bottom, "epoch", (left + right) / 2)
    for place, text in labels:
        canvas.text(place, bottom + 17, text, "muted", "middle")
    if best:
        canvas.line(x(best), top - 6, x(best), bottom, "curve ink hair kept", f"epoch {best}, kept")
        _kept(canvas, x(best), best, right)
    ends = spread([y(scale * line[-1][1]) for line in lines.values()], 14, top, bottom)
    for (split, line), end in zip(lines.items(), ends, strict=True):
        style = f"curve {own}" if split == "dev" else f"curve thin d1 {own}"
        canvas.path([(x(epoch), y(scale * value)) for epoch, value in line], style)
        for epoch, value in line if split == "dev" and len(line) <= 40 else []:
            said = percent(value) if scale == 100 else number(value, 3)
            canvas.marker(marker, x(epoch), y(scale * value), f"mark {own}",
                          f"{split}, epoch {epoch}: {said}")  # fmt: skip
        canvas.text(x(line[-1][0]) + 10, end + 4, split, "value halo")


def _kept(canvas: Canvas, place: float, best: int, right: float) -> None:
    """The name of the line at the epoch whose weights were kept, inside the drawing."""
    name = f"kept: epoch{NBSP}{best}"
    half = text_width(name) / 2
    canvas.text(min(max(place, 90.0 + half), right - half + 10), 22, name, "small value", "middle")
