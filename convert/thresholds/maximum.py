"""The largest activation as the threshold: nothing that was seen is clipped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .rule import MORE_TEXTS, Rule

if TYPE_CHECKING:
    from torch import Tensor

    from .statistics import LayerStatistics


@dataclass(frozen=True)
class Maximum(Rule):
    """The largest activation. Source: Diehl et al. 2015."""

    def threshold(self, layer: LayerStatistics, steps: int, shift: float) -> Tensor:
        """The maximum of each column."""
        return layer.largest()

    def against_clipping(self) -> str:
        """Other texts have larger activations than those that were looked at."""
        return MORE_TEXTS


RULE = Maximum
