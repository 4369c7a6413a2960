"""The package's own choice: a learned bound where there is one, a percentile elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .bound import Bound
from .percentile import Percentile
from .rule import Rule

if TYPE_CHECKING:
    from .statistics import LayerStatistics


@dataclass(frozen=True)
class Auto(Percentile):
    """The learned bound, unless ReLU is measured, which it does not clip; else the percentile."""

    def at(self, layer: LayerStatistics) -> tuple[str, Rule]:
        """`Bound` or `Percentile`."""
        if layer.source != "relu" and Bound.holds(layer):
            return Bound().at(layer)
        return "percentile", Percentile(self.percentile)


RULE = Auto
