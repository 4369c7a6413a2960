"""The burst neuron: up to n spikes at one step, so that little potential is left behind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from .base import Neurons, over_time
from .options import BURST


class BurstParameters(NamedTuple):
    """Parameters of a burst neuron.

    threshold: theta > 0, in the unit of the input current
    initial: V(0) as a fraction of the threshold, one number or a tensor that broadcasts to a step
    burst: n >= 1, the most spikes of one step
    """

    threshold: float = 1.0
    initial: float | Tensor = 0.5
    burst: int = 2

    def run(self, currents: Tensor) -> Tensor:
        """Spikes (T, ...) of the reference neuron for currents (T, ...)."""
        return burst_run(currents, self)[0]

    def resume(self, currents: Tensor, state: BurstState | None) -> tuple[Tensor, BurstState]:
        """Spikes of the next steps, and the state after them."""
        return burst_run(currents, self, state)


class BurstState(NamedTuple):
    """Membrane potential ``v``, of the shape of one step's current."""

    v: Tensor


def burst_initial(current: Tensor, p: BurstParameters) -> BurstState:
    """The state before the first step, for currents of the shape of ``current``."""
    return BurstState(torch.zeros_like(current) + p.initial * p.threshold)


def burst_step(current: Tensor, state: BurstState, p: BurstParameters) -> tuple[Tensor, BurstState]:
    """One step of the burst neuron, with soft reset.

        U(t) = V(t-1) + I(t)
        s(t) = clip(floor(U(t) / theta), 0, n)
        V(t) = U(t) - theta * s(t)

    n = 1 is the IF neuron. With constant current z the count after T steps is
    clip(floor(z*T/theta + V(0)/theta), 0, n*T): clipping starts n times higher. That fits ReLU; an
    ANN activation that is itself clipped at theta (QCFS, TCL) is exceeded above it. A value of s(t)
    stands for that many spikes, each of which costs its synaptic operations.
    Source: Li and Zeng 2022 (IJCAI), burst spikes with at most Gamma a step.

    Args:
        current: I(t), any shape, in the unit of the threshold
        state: potential of the same shape
        p: threshold and largest burst

    Returns:
        Spike counts in {0, ..., n} of the current's shape and dtype, and the new state.
    """
    u = state.v + current
    spikes = torch.floor(u / p.threshold).clamp(0, p.burst)
    return spikes, BurstState(u - p.threshold * spikes)


def burst_run(
    currents: Tensor, p: BurstParameters, state: BurstState | None = None
) -> tuple[Tensor, BurstState]:
    """Run :func:`burst_step` over time: currents (T, ...) -> counts (T, ...) and the last state.

    >>> counts, state = burst_run(torch.full((3, 1), 1.5), BurstParameters())
    >>> counts[:, 0].tolist()
    [2.0, 1.0, 2.0]
    """
    return over_time(burst_step, currents, state or burst_initial(currents[0], p), p)


class BurstIF(Neurons):
    """Integrate-and-fire neurons with up to ``burst`` spikes a step (`burst.py`).

    Values lie in {0, ..., burst}; each counts as that many spikes.

    Args:
        initial: V(0) as a fraction of the threshold, one number or one for each channel
        burst: the most spikes of one step
    """

    kind = "burst"
    fields = ("initial", "burst")
    Parameters = BurstParameters
    options = (BURST,)
    burst: int

    def __init__(self, initial: float | Sequence[float] = 0.5, burst: int = 2) -> None:
        super().__init__(initial, burst=burst)
        self.spike_size = (0, burst)


NEURON = BurstIF
