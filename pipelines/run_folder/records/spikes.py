"""The files beside a spiking model: firing rates, and the spikes of a few sentences."""

from __future__ import annotations

from dataclasses import dataclass

from ....checked_json import Value
from ....typed_json import Count, Share, Steps, added


@dataclass(frozen=True)
class Activity:
    """Firing statistics of a layer; ``histogram`` counts channels by rate, in bins of [0, 1]."""

    name: str
    channels: Count
    rate: float
    silent: Share
    saturated: Share
    histogram: list[Count]

    def check(self, value: Value) -> None:
        """Refuse a histogram without bins."""
        value["histogram"].each(Value.whole, least=1)


@dataclass(frozen=True)
class Raster:
    """One sentence's spikes.

    Shapes: words (L,); input (L, T), the share of input channels that spike; layers
    {name: (T, C)} of 0 and 1; logits (T, K), running.
    """

    text: str
    label: str
    words: list[str]
    steps: Steps
    input: list[list[float]]
    layers: dict[str, list[list[int]]]
    logits: list[list[float]]

    def check(self, value: Value) -> None:
        """Refuse tables of other shapes."""
        value["input"].table(Value.number, len(self.words), self.steps)
        value["layers"].entries(lambda layer: layer.table(Value.whole, self.steps))
        value["logits"].table(Value.number, self.steps)


@dataclass(frozen=True)
class Rasters(Raster):
    """The file raster.json: a sentence, and under ``more`` others."""

    more: list[Raster] = added(list)

    @property
    def all(self) -> list[Raster]:
        """Every sentence."""
        return [self, *self.more]
