"""What a traced operation gives: a tensor with the meaning of its axes, a size, a parameter."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

Axes = tuple[str, ...]
# B: texts of a batch, L: positions, C: channels (of the input: components of the vectors);
# 1: an axis of size one, G: several sets of word vectors side by side
SEQUENCE, POOLED, FLAT = ("B", "C", "L"), ("B", "C", "1"), ("B", "C")


def words(axes: Axes) -> str:
    """Axes in words for errors: ``(B, C, L)``."""
    return f"({', '.join(axes)})"


class Positions(NamedTuple):
    """A number of positions: that of ``origin`` (of the input: L) plus ``plus``."""

    origin: str
    plus: int = 0


class Batch(NamedTuple):
    """The number of texts in a batch."""


Extent = Positions | Batch | int
INPUT = Positions("L")


class Window(NamedTuple):
    """Pooling in windows, which may be over all positions where their number is fixed.

    node: its name in the network; size: positions of one window; of: how many it read.
    """

    node: str
    size: int
    of: Positions


class Ending(NamedTuple):
    """A softmax or sigmoid, which only the end of a module may have.

    kind: of the function; place: of the call; what: was called, in words.
    """

    kind: str
    place: str
    what: str


@dataclass(frozen=True)
class Value:
    """A tensor of the traced module.

    Attributes:
        node: the node of the network that gives it; ``input`` is the network's input.
        axes: what each axis means.
        channels: C, over all sets of word vectors.
        positions: L, where there is such an axis.
        sets: sets of word vectors that the channels consist of.
        parts: of the input: the look-ups it is made of, in order.
        window: the pooling in windows that gave it; several, where it joins several.
        moved: the place and operation that last changed its axes, for errors.
        ending: the softmax or sigmoid that came last.
    """

    node: str
    axes: Axes
    channels: int
    positions: Positions = INPUT
    sets: int = 1
    parts: tuple[str, ...] = ()
    window: tuple[Window, ...] = ()
    moved: tuple[str, str] | None = None
    ending: Ending | None = None

    @property
    def shape(self) -> str:
        """The axes in words."""
        return words(self.axes)

    def sized(self, axis: int) -> Extent:
        """How large an axis is; raises `IndexError` for one that is not there."""
        name = self.axes[axis]
        if name == "B":
            return Batch()
        if name == "L":
            return self.positions
        components = self.channels // self.sets if "G" in self.axes else self.channels
        return {"1": 1, "G": self.sets, "C": components}[name]

    def with_axes(self, axes: Axes, place: str, operation: str) -> Value:
        """The same values under other axes, as ``operation`` at ``place`` gives them."""
        return replace(self, axes=axes, moved=(place, operation))


@dataclass(frozen=True)
class Shape:
    """The shape of a tensor, before one of its axes is asked for."""

    of: Value


@dataclass(frozen=True)
class Constant:
    """A parameter or buffer that forward uses directly."""

    name: str


@dataclass(frozen=True)
class Ids:
    """The module's input where it is word ids: (B, L), or (L, B)."""

    axes: Axes


@dataclass(frozen=True)
class Maxima:
    """What `torch.max` over positions returns: values and indices."""

    values: Value
