"""The largest weight as the threshold: no text is looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from .rule import Rule

if TYPE_CHECKING:
    from torch import Tensor

    from .statistics import LayerStatistics


@dataclass(frozen=True)
class Weights(Rule):
    """The largest weight of the layer before. Source: Lv et al. 2023 (signed, as published)."""

    measures: ClassVar[str] = "weights"

    def threshold(self, layer: LayerStatistics, steps: int, shift: float) -> Tensor:
        """The largest weight of each column, at least 0."""
        return layer.weights().amax(dim=1).clamp(min=0)


RULE = Weights
