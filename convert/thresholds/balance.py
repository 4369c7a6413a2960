"""Local threshold balancing: what the activation overflows, added up in steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .rule import Rule

if TYPE_CHECKING:
    from torch import Tensor

    from .statistics import LayerStatistics

STEPS = 100


def balanced_threshold(values: Tensor, steps: int = STEPS) -> Tensor:
    """The threshold after some steps of local threshold balancing.

        theta_0 = 0,    theta_{k+1} = theta_k + 2 * mean of max(a - theta_k, 0)

    Gradient descent with rate 1 on the clipping error mean (a - min(a, theta))^2. Its only minimum
    is the maximum of a; stopped early it stays below, the more so the fewer values are large, and
    so leaves finer levels to the others. Source: Bu et al., CVPR 2025 (local threshold balancing,
    per channel); their code takes one step for each batch, here all texts count in every step, so
    that the order of texts has no influence, and a step that passes the maximum ends there.

    Args:
        values: activations a >= 0, (N, C): one threshold for each column
        steps: how many; theirs are as many as the calibration data have batches

    Returns:
        (C,) thresholds, at most the maximum.
    """
    theta = values.new_zeros(values.shape[1])
    top = values.amax(dim=0)
    for _ in range(steps):
        overflow = (values - theta).clamp(min=0).mean(dim=0)  # (C,)
        theta = (theta + 2 * overflow).minimum(top)
    return theta


@dataclass(frozen=True)
class Balance(Rule):
    """What the activation overflows, added up in steps. Source: Bu et al. 2025."""

    def threshold(self, layer: LayerStatistics, steps: int, shift: float) -> Tensor:
        """:func:`balanced_threshold` of each column."""
        return balanced_threshold(layer.values())


RULE = Balance
