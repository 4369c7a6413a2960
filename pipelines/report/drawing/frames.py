"""Where the values of a plot lie on its canvas, and the axes that say so."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .svg import Canvas, thinned


@dataclass(frozen=True)
class Axis:
    """Values from ``low`` to ``high`` on a straight line from ``start`` to ``end``."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """The place of a value."""
        return self.start + (self.end - self.start) * (value - self.low) / (self.high - self.low)


@dataclass(frozen=True)
class StepFrame:
    """Accuracies against time steps.

    Attributes:
        canvas: what is drawn on
        steps: T, the last step
        ticks: of the accuracy, in percent
        sides: left and right end of the axes
        ends: top and bottom of the axes
        inset: room between an end of the axis of steps and the first or last of them
    """

    canvas: Canvas
    steps: int
    ticks: Sequence[float]
    sides: tuple[float, float]
    ends: tuple[float, float]
    inset: float

    def x(self, step: float) -> float:
        """The place of a time step; a single one stands in the middle."""
        first, last = self.sides[0] + self.inset, self.sides[1] - self.inset
        if self.steps == 1:
            return (first + last) / 2
        return first + (last - first) * (step - 1) / (self.steps - 1)

    def y(self, share: float) -> float:
        """The place of an accuracy, a fraction."""
        return Axis(self.ticks[0], self.ticks[-1], self.ends[1], self.ends[0])(100 * share)

    def draw(self, title: float, labels: int) -> None:
        """The axes: ``title`` is the height of that of accuracy, ``labels`` how many steps have."""
        canvas, (left, right), bottom = self.canvas, self.sides, self.ends[1]
        rows(canvas, ((self.y(tick / 100), f"{tick:g}") for tick in self.ticks), self.sides, 8)
        for step in thinned(self.steps, labels):
            canvas.text(self.x(step), bottom + 20, str(step), "muted", "middle")
        canvas.text((left + right) / 2, canvas.height - 6, "time steps T", "muted", "middle")
        canvas.text(0, title, "test accuracy, %", "muted")


def rows(
    canvas: Canvas,
    places: Iterable[tuple[float, str]],
    sides: tuple[float, float],
    gap: float,
) -> None:
    """Lines across from side to side, each with its value to the left."""
    left, right = sides
    for y, text in places:
        canvas.line(left, y, right, y, "grid")
        canvas.text(left - gap, y + 4, text, "muted", "end")


def columns(
    canvas: Canvas,
    places: Iterable[tuple[float, str]],
    ends: tuple[float, float],
    below: float,
    title: str,
    middle: float,
) -> None:
    """Lines down from end to end, each with its value below, and the title of the axis.

    Args:
        canvas: what is drawn on
        places: where each line is, and its value
        ends: top and bottom
        below: height of the base line of the values
        title: of the axis, at the foot of the canvas
        middle: of the axis
    """
    for x, text in places:
        canvas.line(x, ends[0], x, ends[1], "grid")
        canvas.text(x, below, text, "muted", "middle")
    canvas.text(middle, canvas.height - 4, title, "muted", "middle")
