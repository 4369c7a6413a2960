"""A percentile of the activations as the threshold: the few that are larger are clipped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from ...options import option
from .rule import MORE_TEXTS, Rule

if TYPE_CHECKING:
    from torch import Tensor

    from .statistics import LayerStatistics


@dataclass(frozen=True)
class Percentile(Rule):
    """A percentile of all activations of valid positions. Source: Rueckauer et al. 2017.

    percentile: in percent, in (0, 100].
    """

    percentile: float = option(
        99.9, "percentile of the threshold rule, in percent", above=0, most=100
    )
    nonzero: ClassVar[bool] = False

    def threshold(self, layer: LayerStatistics, steps: int, shift: float) -> Tensor:
        """The percentile of each column."""
        return layer.percentile(self.percentile, self.nonzero)

    def against_clipping(self) -> str:
        """A higher percentile, where there is one."""
        if self.percentile >= 100:
            return MORE_TEXTS
        return f"raise the percentile (it is {self.percentile:g})"


@dataclass(frozen=True)
class PercentileNonzero(Percentile):
    """Of the activations above zero, so that sparse layers are not clipped more than others."""

    nonzero: ClassVar[bool] = True


RULE = Percentile
NONZERO = PercentileNonzero
