"""A threshold rule of your own: the mean of what fires, and some standard deviations."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from snnconvert.convert.thresholds import RULES
from snnconvert.convert.thresholds.rule import Rule
from snnconvert.convert.thresholds.statistics import LayerStatistics
from snnconvert.options import option


@dataclass(frozen=True)
class Sigma(Rule):
    """The mean of the activations above zero, and ``deviations`` standard deviations."""

    deviations: float = option(3.0, "standard deviations above the mean, of sigma", above=0)

    def threshold(self, layer: LayerStatistics, steps: int, shift: float) -> Tensor:
        """One threshold a column: a channel, or the whole layer."""
        values = layer.values()  # (N, columns), at least 0, without padding
        fires = values > 0
        count = fires.sum(dim=0).clamp(min=2)  # (columns,)
        mean = values.sum(dim=0) / count
        variance = ((values - mean).square() * fires).sum(dim=0) / (count - 1)
        return mean + self.deviations * variance.sqrt()

    def against_clipping(self) -> str:
        """What the advice of a conversion says where the rule clips much."""
        return f"add more than {self.deviations:g} standard deviations (--deviations)"


RULES.add("sigma", Sigma)
