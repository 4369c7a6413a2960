"""Shares of several seeds as points, with their mean and standard deviation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...statistics.summary import SeedFigure
from ..drawing.files import Figure, figure
from ..drawing.frames import Axis, columns
from ..drawing.svg import Canvas, both_widths, nice_ticks, shortened, text_width
from ..format import percent
from .overlay import styles

HEAD, FOOT = 10.0, 44.0
MOST_LABEL = 320.0  # width of the names to the left of a wide drawing
VALUE = 96.0  # and of the means to the right


@dataclass(frozen=True)
class Dots:
    """What is drawn: a name for the file, one in words, what the axis says, rows, and runs."""

    name: str
    title: str
    axis: str
    rows: Sequence[tuple[str, SeedFigure]]
    runs: Sequence[str]

    def figure(self) -> Figure:
        """The drawing, with its values as a file."""
        values = [
            {"of": label, "mean": own.mean, "std": own.std, "n": own.n}
            | dict(zip(self.runs, own.values, strict=True))
            for label, own in self.rows
        ]
        return figure(self.name, self.title, both_widths(self._draw), values)

    @property
    def _apart(self) -> float:
        """How far below one another the points of a row are, so that equal ones are seen."""
        return min(9.0, 72.0 / len(self.runs))

    @property
    def _label(self) -> float:
        """The room for names in a wide drawing."""
        return min(max(text_width(label, 12.5) for label, _ in self.rows) + 24, MOST_LABEL)

    def _draw(self, width: float, shape: str) -> Canvas:
        narrow = shape == "narrow"
        tall = (26.0 if narrow else 14.0) + max(self._apart * len(self.runs), 22.0)
        said = ", ".join(f"{label} {mean_text(own)}" for label, own in self.rows)
        height = HEAD + tall * len(self.rows) + FOOT
        canvas = Canvas(width, height, f"{self.title}: {said}", shape)
        ticks = self._ticks(4 if narrow else 8)
        sides = (10.0, width - 10.0) if narrow else (self._label, width - VALUE)
        axis = Axis(ticks[0], ticks[-1], *sides)
        ends = (HEAD, height - FOOT + 4)
        places = [(axis(tick), f"{tick:g}") for tick in ticks]
        columns(canvas, places, ends, height - FOOT + 20, self.axis, sum(sides) / 2)
        for i, (label, own) in enumerate(self.rows):
            top = HEAD + tall * i
            self._row(canvas, axis, label, own, (top, tall), narrow)
        return canvas

    def _ticks(self, most: int) -> list[float]:
        ends = [100 * v for _, own in self.rows for v in own.values if v is not None]
        for _, own in self.rows:
            ends += [100 * (own.mean - (own.std or 0)), 100 * (own.mean + (own.std or 0))]
        low, high = min(ends), max(ends)
        # a little room, but none where no share can be
        return nice_ticks(low - 0.5 * (low > 0.5), high + 0.5 * (high < 99.5), most)

    def _row(
        self,
        canvas: Canvas,
        axis: Axis,
        label: str,
        own: SeedFigure,
        place: tuple[float, float],
        narrow: bool,
    ) -> None:
        """One figure: its name and mean in words, a point a seed, and mean and deviation below."""
        top, tall = place
        middle = top + (tall + 20) / 2 if narrow else top + tall / 2
        if narrow:
            canvas.text(0, top + 13, shortened(label, canvas.width - VALUE - 4), "halo")
            canvas.text(canvas.width, top + 13, mean_text(own), "value halo", "end")
        else:
            shown = shortened(label, self._label - 20)
            canvas.text(self._label - 14, middle + 4, shown, "", "end")
            canvas.text(canvas.width - VALUE + 14, middle + 4, mean_text(own), "value")
        mean, std = axis(100 * own.mean), 100 * (own.std or 0.0)
        said = f"{label}: mean {mean_text(own)} over {own.n}"
        if std:
            low, high = axis(100 * own.mean - std), axis(100 * own.mean + std)
            canvas.line(low, middle, high, middle, "whisker", said)
            for end in (low, high):
                canvas.line(end, middle - 4, end, middle + 4, "whisker")
        canvas.line(mean, middle - 9, mean, middle + 9, "whisker mean", said)
        count = len(self.runs)
        for j, (run, value, style) in enumerate(
            zip(self.runs, own.values, styles(count), strict=True)
        ):
            if value is not None:
                y = middle + self._apart * (j - (count - 1) / 2)
                text = f"{label}, {run}: {percent(value)}"
                canvas.marker(style[1], axis(100 * value), y, f"mark {style[0]}", text)


def mean_text(own: SeedFigure) -> str:
    """``88.8 ± 1.2 %``, of one seed ``88.8 %``."""
    if own.std is None:
        return percent(own.mean)
    return f"{100 * own.mean:.1f}\u00a0±\u00a0{percent(own.std)}"
