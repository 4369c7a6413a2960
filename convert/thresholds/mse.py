"""The threshold of the least squared error: between clipping and coarse levels."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from .rule import SMALLEST, Rule

if TYPE_CHECKING:
    from torch import Tensor

    from .statistics import LayerStatistics

GRID = 100  # thresholds tried
ROWS = 10_000  # positions looked at


def quantised(values: Tensor, theta: Tensor, steps: int, shift: float = 0.5) -> Tensor:
    """What T spikes of an IF neuron make of an activation a > 0; zero stays zero.

        q(a) = theta/T * clip(floor(a*T/theta + shift), 0, T)

    The count of an IF neuron with soft reset, V(0) = shift * theta and constant current a (Bu et
    al. 2022); at shift 1/2 it is the QCFS function with L = T.

    Args:
        values: activations a >= 0, any shape
        theta: thresholds, broadcastable to ``values``
        steps: T
        shift: V(0) as a fraction of the threshold

    Returns:
        Quantised activations of the shape of ``values``.
    """
    counts = (values * steps / theta + shift).floor().clamp(0, steps)
    return counts * (theta / steps) * (values > 0)


def mse_threshold(values: Tensor, steps: int, shift: float = 0.5, grid: int = GRID) -> Tensor:
    """The threshold with the smallest mean squared error of T spikes, by grid search.

        theta = argmin over i = 1..grid, theta_i = max(a) * i/grid, of mean (a - q_theta_i(a))^2

    A small threshold clips, a large one quantises coarsely; with few steps the best is well below
    the maximum. Source: Li et al., ICML 2021, the MMSE threshold (their code searches 95 thresholds
    and leaves the shift out of the search; here it is the neuron's own, so that what is minimised
    is what the neuron does).

    Args:
        values: activations a >= 0, (N, C): one threshold for each column
        steps: T
        shift: V(0) as a fraction of the threshold, see :func:`quantised`
        grid: how many thresholds are tried

    Returns:
        (C,) thresholds, the largest of those that are equally good; the maximum of a silent column.
    """
    top = values.amax(dim=0).clamp(min=0)  # (C,)
    safe = top.clamp(min=SMALLEST)
    best = top.new_full(top.shape, math.inf)
    theta = top.clone()
    for i in range(grid, 0, -1):
        candidate = safe * (i / grid)
        error = (values - quantised(values, candidate, steps, shift)).square().mean(dim=0)  # (C,)
        better = error < best
        best = error.where(better, best)
        theta = candidate.where(better & (top > SMALLEST), theta)
    return theta


@dataclass(frozen=True)
class Mse(Rule):
    """The threshold whose T spikes have the smallest squared error. Source: Li et al. 2021."""

    uses_steps: ClassVar[bool] = True

    def threshold(self, layer: LayerStatistics, steps: int, shift: float) -> Tensor:
        """:func:`mse_threshold` of each column."""
        return mse_threshold(layer.values(ROWS), steps, shift)


RULE = Mse
