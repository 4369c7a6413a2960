"""Word vectors rounded to the few levels that spikes deliver, while a network is trained on them.

A code of T steps sends one of T + 1 levels of a value. A network that was trained on exact values
never saw them, and loses by it. Trained on the rounded values it loses nothing at the input: the
encoder sends exactly the vectors that it knows.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from .histogram import GAINS, components


@dataclass(frozen=True)
class Rounding:
    r"""The nearest of the levels -1, ..., 1 over the gain, or 0 for what is small.

    .. math:: r(x) = \frac{1}{g L} \lfloor L \, \mathrm{clip}(g x, -1, 1) \rceil [|x| \ge t]

    with halves away from 0, as the spike codes have them. Two levels are what SAF sends in 2
    steps, and exact in any multiple of 2; of one level, -1, 0 and 1, every step is the same, and
    any number of steps is exact.

    levels: L on either side of 0, at least 1; gain: g, of `exact_gains`; least: t, below which a
    component is silent.
    """

    levels: int
    gain: float
    least: float = 0.0

    def __call__(self, x: Tensor) -> Tensor:
        """X of any shape, rounded."""
        size = (x.abs() * self.gain).clamp(max=1)
        whole = (size * self.levels + 0.5).floor() * (x.abs() >= self.least)
        return x.sign() * whole / self.levels / self.gain

    def straight_through(self, x: Tensor) -> Tensor:
        """As `__call__`, with the gradient of x (Bengio et al. 2013), so that x can be trained."""
        return x + (self(x) - x).detach()


def exact_gains(levels: int) -> tuple[float, ...]:
    """The gains of `GAINS` by which rounded values come out whole again.

    Codes see (k / L / g) * g; where that is not k / L to the last bit, a spike comes a step late.
    """
    wanted = torch.arange(levels + 1) / levels
    return tuple(g for g in GAINS if torch.equal(wanted / g * g, wanted))


@torch.no_grad()
def fit_rounding(
    vectors: Tensor, counts: Tensor, levels: int, rate: float | None = None
) -> Rounding:
    """The rounding of the least squared error, of those that send no more than ``rate``.

    Args:
        vectors: (N, D) in [-1, 1]
        counts: (N,) how often each occurs
        levels: L
        rate: share of the components of the words that are not silent; None for any
    """
    values, weights = components(vectors, counts)  # (M, 1), (M,)
    least = 0.0 if rate is None else _exceeded(values.abs().flatten(), weights, rate)
    tried = (Rounding(levels, gain, least) for gain in exact_gains(levels))
    return min(tried, key=lambda r: float(weights @ (r(values) - values).double().square()))


def _exceeded(sizes: Tensor, weights: Tensor, share: float) -> float:
    """What ``share`` of all sizes (M,) that count ``weights`` (M,) reach."""
    order = sizes.argsort(descending=True)
    reached = weights[order].cumsum(0) / weights.sum()
    return float(sizes[order][int((reached <= share).sum()) - 1]) if reached[0] <= share else 1.0
