"""The integrate-and-fire neuron as pure functions: state goes in and comes out.

Its relatives have files of their own: `lif.py` (leak), `signed.py` (negative
spikes), `burst.py` (several spikes a step), `ttfs.py` (one spike in a window).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from .base import Neurons, over_time
from .gradients import SurrogateNeurons, rate_slope, rate_trace, spikes_at_each_step
from .options import RESETS


class IFParameters(NamedTuple):
    """Parameters of an IF neuron.

    threshold: theta > 0, in the unit of the input current
    initial: V(0) as a fraction of the threshold, one number or a tensor that broadcasts to a step
    soft_reset: subtract theta at a spike (True), or set the potential to 0 (False)
    """

    threshold: float = 1.0
    initial: float | Tensor = 0.5
    soft_reset: bool = True

    def run(self, currents: Tensor) -> Tensor:
        """Spikes (T, ...) of the reference neuron for currents (T, ...)."""
        return if_run(currents, self)[0]

    def resume(self, currents: Tensor, state: IFState | None) -> tuple[Tensor, IFState]:
        """Spikes of the next steps, and the state after them."""
        return if_run(currents, self, state)

    def surrogate(self, currents: Tensor, neurons: SurrogateNeurons) -> Tensor:
        """The same with surrogate gradients."""
        return neurons.integrate(currents, self.threshold, self.initial, self.soft_reset)

    def rate(self, currents: Tensor, slope: Callable[[Tensor], Tensor]) -> tuple[Tensor, Tensor]:
        """The same, and the slope dr/dc of the rate by the potentials of every step."""
        return rate_trace(currents, slope, self.threshold, self.initial, self.soft_reset)

    def at_each_step(self, currents: Tensor, fire: Callable[[Tensor], Tensor]) -> Tensor:
        """Spikes whose gradients stay at their step."""
        p = self.threshold, self.initial, self.soft_reset
        return spikes_at_each_step(currents, fire, *p)

    def clipped(self, currents: Tensor) -> tuple[Tensor, Tensor]:
        """Spikes, and dr/dc as if the rate were the mean current in thresholds, within [0, 1].

        With V(0) of half a threshold and soft reset it is that, rounded to steps of 1 / T.
        """
        arrived = currents.sum(dim=0)  # T c
        inside = (arrived >= 0) & (arrived <= len(currents) * self.threshold)
        return self.run(currents), inside.to(currents.dtype) / self.threshold

    def rate_slope(self, mean: Tensor) -> Tensor:
        """The slope dr/dc of the rate at mean currents c, whatever the reset."""
        return rate_slope(mean / self.threshold) / self.threshold


class IFState(NamedTuple):
    """Membrane potential ``v``, of the shape of one step's current."""

    v: Tensor


def if_initial(current: Tensor, p: IFParameters) -> IFState:
    """The state before the first step, for currents of the shape of ``current``."""
    return IFState(torch.zeros_like(current) + p.initial * p.threshold)


def if_step(current: Tensor, state: IFState, p: IFParameters) -> tuple[Tensor, IFState]:
    """One step of the integrate-and-fire neuron.

        U(t) = V(t-1) + I(t)
        s(t) = 1 if U(t) >= theta else 0
        V(t) = U(t) - theta * s(t)          soft reset (reset by subtraction)
        V(t) = U(t) * (1 - s(t))            hard reset

    With soft reset, V(0) = theta/2 and constant current z the count after T steps is
    clip(floor(z*T/theta + 1/2), 0, T), which is the QCFS staircase.
    Source: Rueckauer et al. 2017, eq. 2 to 4 (reset); Bu et al. 2022 (count).

    Args:
        current: I(t), any shape, in the unit of the threshold
        state: potential of the same shape
        p: threshold and reset rule

    Returns:
        Spikes in {0, 1} of the current's shape and dtype, and the new state.
    """
    u = state.v + current
    spikes = (u >= p.threshold).to(u.dtype)
    v = u - p.threshold * spikes if p.soft_reset else u * (1 - spikes)
    return spikes, IFState(v)


def if_run(
    currents: Tensor, p: IFParameters, state: IFState | None = None
) -> tuple[Tensor, IFState]:
    """Run :func:`if_step` over time: currents (T, ...) -> spikes (T, ...) and the last state.

    >>> spikes, state = if_run(torch.full((4, 1), 0.5), IFParameters())
    >>> spikes[:, 0].tolist()
    [1.0, 0.0, 1.0, 0.0]
    """
    return over_time(if_step, currents, state or if_initial(currents[0], p), p)


class IF(Neurons):
    """Integrate-and-fire neurons (`integrate_and_fire.py`).

    Args:
        initial: V(0) as a fraction of the threshold, one number or one for each channel
        soft_reset: reset by subtraction (True) or to zero (False)
    """

    kind = "if"
    fields = ("initial", "soft_reset")
    Parameters = IFParameters
    resets = RESETS
    silenced_by_srp = True
    plain = True

    def __init__(self, initial: float | Sequence[float] = 0.5, soft_reset: bool = True) -> None:
        super().__init__(initial, soft_reset=soft_reset)


NEURON = IF
