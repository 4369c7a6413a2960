"""The current-based leaky integrate-and-fire neuron (CUBA-LIF) of Loihi and of Lava-DL's SLAYER."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import torch
from torch import Tensor

from .base import Neurons, an_update
from .options import CURRENT_DECAY, RESETS, VOLTAGE_DECAY
from .stepped import Fire, SteppedNeuron


class CubaState(NamedTuple):
    """Synaptic current ``u`` and membrane potential ``v``, both of one step's shape."""

    u: Tensor
    v: Tensor


@dataclass(frozen=True, eq=False)
class CubaParameters(SteppedNeuron):
    """Parameters of a CUBA-LIF neuron.

    threshold: theta > 0, in the unit of the input current
    initial: V(0) as a fraction of the threshold, one number or a tensor that broadcasts to a step
    current_decay: share of the synaptic current that is lost at each step, in (0, 1]
    voltage_decay: share of the potential that is lost at each step, in [0, 1)
    soft_reset: subtract theta at a spike (True), or set the potential to 0 (False), as Loihi does
    """

    current_decay: float = 0.25
    voltage_decay: float = 0.03
    soft_reset: bool = True

    def start(self, current: Tensor) -> CubaState:
        """No synaptic current, and V(0)."""
        zero = torch.zeros_like(current)
        return CubaState(zero, zero + self.initial * self.threshold)

    def step(self, current: Tensor, state: CubaState, fire: Fire) -> tuple[Tensor, CubaState]:
        """One step of the current-based leaky integrate-and-fire neuron.

            u(t) = (1 - current_decay) u(t-1) + I(t)
            U(t) = (1 - voltage_decay) V(t-1) + u(t)
            s(t) = 1 if U(t) >= theta else 0
            V(t) = U(t) - theta s(t)            soft reset
            V(t) = U(t) (1 - s(t))              hard reset

        The synaptic current is not reset by a spike. With current_decay = 1 it is the leaky
        integrate-and-fire neuron, and with voltage_decay = 0 too the one without a leak.

        A single input I at the first step gives u(t) = I (1 - current_decay)^(t-1); all of it adds
        up to I / current_decay, so that such a neuron, unlike the others here, fires more often
        than its mean input over the threshold.

        In training, the reset is not differentiated, as SLAYER leaves it out.
        Source: Davies et al. 2018 (Loihi, hard reset); Lava-DL's ``cuba.Neuron``.
        """
        u = (1 - self.current_decay) * state.u + current
        v = (1 - self.voltage_decay) * state.v + u
        spikes = fire(v - self.threshold)
        lost = self.threshold if self.soft_reset else v.detach()
        return spikes, CubaState(u, v - lost * spikes.detach())


class CubaLIF(Neurons):
    """Current-based leaky integrate-and-fire neurons (`cuba.py`).

    Args:
        initial: V(0) as a fraction of the threshold, one number or one for each channel
        options: ``current_decay``, ``voltage_decay`` and ``soft_reset``
    """

    kind = "cuba"
    Parameters = CubaParameters
    options = (CURRENT_DECAY, VOLTAGE_DECAY)
    resets = RESETS
    # two leaks and the synaptic current beside the potential
    operations: ClassVar[Any] = an_update(leaks=2.0, reads_state=2.0, writes_state=2.0)


NEURON = CubaLIF
