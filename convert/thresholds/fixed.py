"""A number of the user's as the threshold, the same for every layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from ...errors import InputError
from ...options import option
from .rule import Rule

if TYPE_CHECKING:
    from torch import Tensor

    from .statistics import LayerStatistics


@dataclass(frozen=True)
class Fixed(Rule):
    """A number, in the unit of the pre-activations.

    threshold_value: the number, which the user has to give.
    """

    threshold_value: float | None = option(None, "threshold of the rule fixed", above=0)
    measures: ClassVar[str] = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.threshold_value is None:
            raise InputError("expected a threshold value with the rule fixed: give threshold_value")

    def threshold(self, layer: LayerStatistics, steps: int, shift: float) -> Tensor:
        """The number, (1,)."""
        import torch

        return torch.tensor([self.threshold_value])

    def against_clipping(self) -> str:
        """Another number."""
        return "raise the fixed threshold, or use the rule percentile"


RULE = Fixed
