"""The leaky integrate-and-fire neuron as pure functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from .base import Neurons, an_update, over_time
from .gradients import SurrogateNeurons, rate_slope, rate_trace, spikes_at_each_step
from .options import LEAK, RESETS


class LIFParameters(NamedTuple):
    """Parameters of a LIF neuron.

    threshold: theta > 0, in the unit of the input current
    initial: V(0) as a fraction of the threshold, one number or a tensor that broadcasts to a step
    leak: share of the potential lost at each step, in [0, 1); 1/tau for a time constant tau
    soft_reset: subtract theta at a spike (True), or set the potential to 0 (False)
    """

    threshold: float = 1.0
    initial: float | Tensor = 0.5
    leak: float = 0.5
    soft_reset: bool = True

    def run(self, currents: Tensor) -> Tensor:
        """Spikes (T, ...) of the reference neuron for currents (T, ...)."""
        return lif_run(currents, self)[0]

    def resume(self, currents: Tensor, state: LIFState | None) -> tuple[Tensor, LIFState]:
        """Spikes of the next steps, and the state after them."""
        return lif_run(currents, self, state)

    def surrogate(self, currents: Tensor, neurons: SurrogateNeurons) -> Tensor:
        """The same with surrogate gradients."""
        return neurons.integrate(currents, self.threshold, self.initial, self.soft_reset, self.leak)

    def rate(self, currents: Tensor, slope: Callable[[Tensor], Tensor]) -> tuple[Tensor, Tensor]:
        """The same, and the slope dr/dc of the rate by the potentials of every step."""
        return rate_trace(currents, slope, self.threshold, self.initial, self.soft_reset, self.leak)

    def at_each_step(self, currents: Tensor, fire: Callable[[Tensor], Tensor]) -> Tensor:
        """Spikes whose gradients stay at their step."""
        p = self.threshold, self.initial, self.soft_reset, self.leak
        return spikes_at_each_step(currents, fire, *p)

    def rate_slope(self, mean: Tensor) -> Tensor:
        """The slope dr/dc of the rate at mean currents c, whatever the reset."""
        return rate_slope(mean / self.threshold, self.leak) / self.threshold


class LIFState(NamedTuple):
    """Membrane potential ``v``, of the shape of one step's current."""

    v: Tensor


def lif_initial(current: Tensor, p: LIFParameters) -> LIFState:
    """The state before the first step, for currents of the shape of ``current``."""
    return LIFState(torch.zeros_like(current) + p.initial * p.threshold)


def lif_step(current: Tensor, state: LIFState, p: LIFParameters) -> tuple[Tensor, LIFState]:
    """One step of the leaky integrate-and-fire neuron, the leak taken before the input.

        U(t) = V(t-1) - leak * V(t-1) + I(t)
        s(t) = 1 if U(t) >= theta else 0
        V(t) = U(t) - theta * s(t)          soft reset
        V(t) = U(t) * (1 - s(t))            hard reset

    This is the forward Euler step of tau dV/dt = -V + tau I with a step of 1 and leak = 1/tau: the
    resting potential is 0 and the input is not scaled by the leak (spikingjelly's `LIFNode` with
    ``decay_input=False``). leak = 0 is the IF neuron. Under constant current z and without spikes
    the potential tends to z/leak, so a current below leak * theta never fires in the long run: a
    LIF network underestimates small activations and is meant to be fine-tuned.
    Source: Gerstner and Kistler 2002, section 4.1 (the equation, tau R C); Fang et al. 2023
    (spikingjelly, the discretisation).

    Args:
        current: I(t), any shape, in the unit of the threshold
        state: potential of the same shape
        p: threshold, leak and reset rule

    Returns:
        Spikes in {0, 1} of the current's shape and dtype, and the new state.
    """
    u = state.v - p.leak * state.v + current
    spikes = (u >= p.threshold).to(u.dtype)
    v = u - p.threshold * spikes if p.soft_reset else u * (1 - spikes)
    return spikes, LIFState(v)


def lif_run(
    currents: Tensor, p: LIFParameters, state: LIFState | None = None
) -> tuple[Tensor, LIFState]:
    """Run :func:`lif_step` over time: currents (T, ...) -> spikes (T, ...) and the last state.

    >>> spikes, state = lif_run(torch.full((4, 1), 0.75), LIFParameters())
    >>> spikes[:, 0].tolist()
    [1.0, 0.0, 1.0, 0.0]
    """
    return over_time(lif_step, currents, state or lif_initial(currents[0], p), p)


class LIF(Neurons):
    """Leaky integrate-and-fire neurons (`lif.py`).

    Args:
        initial: V(0) as a fraction of the threshold, one number or one for each channel
        leak: share of the potential lost at each step
        soft_reset: reset by subtraction (True) or to zero (False)
    """

    kind = "lif"
    fields = ("initial", "leak", "soft_reset")
    Parameters = LIFParameters
    options = (LEAK,)
    resets = RESETS
    operations = an_update(leaks=1.0)
    leak: float

    def __init__(
        self, initial: float | Sequence[float] = 0.5, leak: float = 0.5, soft_reset: bool = True
    ) -> None:
        super().__init__(initial, leak=leak, soft_reset=soft_reset)
        self.leak_logit: nn.Parameter | None = None

    def learn_leak(self) -> None:
        """From now on the leak is sigmoid(w) of a parameter ``leak_logit``, w, which is trained.

        Source: Fang et al. 2021, "Incorporating Learnable Membrane Time Constant to Enhance
        Learning of Spiking Neural Networks" (ICCV, arXiv 2007.05785), equation 8, with 1 / tau for
        the leak.
        """
        self.leak_logit = nn.Parameter(torch.tensor(self.leak, dtype=torch.float32).logit())

    def keep_leak(self) -> None:
        """Keep the leak that was learned as a plain number."""
        if self.leak_logit is not None:
            self.leak = float(self.leak_logit.detach().sigmoid())
            self.leak_logit = None

    def parameters_on(self, currents: Tensor) -> LIFParameters:
        """As `Neurons.parameters_on`, with the leak that is being learned."""
        leak: Any = self.leak if self.leak_logit is None else self.leak_logit.sigmoid()
        return LIFParameters(1.0, self.initial_on(currents), leak, self.soft_reset)


NEURON = LIF
