"""Gradients through spikes: in which ways there are some, and those of integrate-and-fire neurons.

A neuron has a way where its parameters have a function of that name, beside ``run``:

    surrogate(currents, neurons)   spikes (T, ...) whose gradients go through every step; what is
                                   not differentiable is left to ``neurons`` (`SurrogateNeurons`)
    rate(currents, slope)          spikes (T, ...), and dr/dc (...) by the surrogate's slope(u - 1)
    rate_slope(mean)               dr/dc (...) at the mean currents (...)
    clipped(currents)              spikes (T, ...), and dr/dc (...) as if r were c, clipped
    at_each_step(currents, fire)   spikes (T, ...) whose gradients stay at their step, by
                                   ``fire`` of `SurrogateNeurons`

with c = 1/T sum_t I(t) the mean current and r = 1/T sum_t s(t) the rate of a neuron. The second
follows the potentials of every step (Yu et al. 2024: `engine/training/rate.py`), the third takes
the neuron for a function of c (Bu et al. 2023: `engine/gradients/rate.py`), the fourth for one that
clips it (Meng et al. 2022: `engine/training/rate.py`); in the last, potentials are constants of the
step before (`engine/training/online_neurons.py`). A neuron that has no such way is left out of
training, or of attacks by gradients, and all else is the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import torch
from torch import Tensor

WAYS = {
    "surrogate": "training with surrogate gradients",
    "rate": "the rate-based backward pass",
    "rate_slope": "gradients by the slope of the rate",
    "clipped": "the backward pass dsr",
    "at_each_step": "the backward passes sltt and ottt",
}
"""What each way is for, in the words of an error."""
GAMMA = 0.2
EPSILON = 1.0


class SurrogateNeurons(Protocol):
    """What a neuron with surrogate gradients is made of (`models/spikingjelly.py` has it).

    truncate: as `truncated`
    """

    truncate: int

    def fire(self, x: Tensor) -> Tensor:
        """1 where x >= 0 and 0 elsewhere, with the surrogate's slope as its gradient."""

    def integrate(
        self,
        currents: Tensor,
        threshold: float,
        initial: float | Tensor,
        soft_reset: bool,
        leak: float | Tensor = 0.0,
    ) -> Tensor:
        """Spikes (T, ...) of (leaky) integrate-and-fire neurons for currents (T, ...)."""


def truncated(
    run: Callable[[Tensor, Any], tuple[Tensor, Any]], currents: Tensor, steps: int
) -> Tensor:
    """Spikes (T, ...) of currents (T, ...), whose gradients go back to the last cut in time.

    After every ``steps`` steps from the first on, what the neurons keep counts as a constant.

    Args:
        run: currents of some steps and the state before them, None for the first one, to the spikes
            and the state after them
        currents: of all steps
        steps: from cut to cut; 0 for no cut
    """
    if not 0 < steps < len(currents):
        return run(currents, None)[0]
    spikes, state = [], None
    for part in currents.split(steps):
        fired, state = run(part, _constant(state))
        spikes.append(fired)
    return torch.cat(spikes)


def _constant(state: Any) -> Any:
    """A state, a tensor or a tuple of states, without its history."""
    if isinstance(state, Tensor):
        return state.detach()
    kind = getattr(type(state), "_make", tuple)  # of a named tuple
    return kind(_constant(part) for part in state) if isinstance(state, tuple) else state


def rate_trace(
    currents: Tensor,
    slope: Callable[[Tensor], Tensor],
    threshold: float,
    initial: float | Tensor,
    soft_reset: bool,
    leak: float = 0.0,
) -> tuple[Tensor, Tensor]:
    """Spikes, and dr/dc along the potentials that they come from.

        dr/dc = 1/T sum_t e(t) h(u(t))
        e(1) = 1,  e(t+1) = 1 + e(t) dv(t)/du(t)
        dv/du = (1 - leak)(1 - h(u))                 soft reset
        dv/du = (1 - leak)(1 - s - u h(u))           hard reset

    Args:
        currents: (T, ...)
        slope: h(x), the surrogate's slope at x = u - threshold
        threshold: theta > 0, in the unit of the currents
        initial: V(0) as a fraction of the threshold
        soft_reset: subtract theta at a spike (True), or set the potential to 0 (False)
        leak: share of the potential lost at each step

    Returns:
        Spikes (T, ...), and dr/dc (...).
    """
    v = torch.zeros_like(currents[0]) + initial * threshold
    trace, total = torch.ones_like(v), torch.zeros_like(v)
    spikes = torch.empty_like(currents, memory_format=torch.contiguous_format)
    for step, current in enumerate(currents):
        u = v - leak * v + current
        spike = (u >= threshold).to(u.dtype)
        rise = slope(u - threshold)
        total += trace * rise
        if soft_reset:
            trace = 1 + (1 - leak) * trace * (1 - threshold * rise)
            v = u - threshold * spike
        else:
            trace = 1 + (1 - leak) * trace * (1 - spike - u * rise)
            v = u * (1 - spike)
        spikes[step] = spike
    return spikes, total / len(currents)


def spikes_at_each_step(
    currents: Tensor,
    fire: Callable[[Tensor], Tensor],
    threshold: float,
    initial: float | Tensor,
    soft_reset: bool,
    leak: float = 0.0,
) -> Tensor:
    """Spikes (T, ...) whose gradient for a current is that of the same step alone.

    The potential that a step begins with counts as a constant. Arguments as in `rate_trace`, and
    ``fire`` as in `SurrogateNeurons`.
    """
    v = torch.zeros_like(currents[0]) + initial * threshold
    spikes = []
    for current in currents:
        u = v - leak * v + current
        spike = fire(u - threshold)
        spikes.append(spike)
        with torch.no_grad():
            v = u - threshold * spike if soft_reset else u * (1 - spike)
    return torch.stack(spikes)


def rate_slope(mean: Tensor, leak: float = 0.0) -> Tensor:
    """dr/dc at mean currents c (any shape), in thresholds.

    >>> rate_slope(torch.tensor([-0.5, 0.25, 1.5, 2.5])).tolist()
    [0.0, 0.5, 0.5, 0.0]
    """
    kept = 1 - leak
    steep = (1 - GAMMA * leak) / (kept + EPSILON)
    inner = ((mean >= leak) & (mean <= 1 + EPSILON)).to(mean.dtype) * steep
    return inner + ((mean >= 0) & (mean < leak)).to(mean.dtype) * GAMMA
