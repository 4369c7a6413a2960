"""The signed integrate-and-fire neuron: it can take back a spike that came too early."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from .base import Neurons, over_time
from .options import NEGATIVE


class SignedParameters(NamedTuple):
    """Parameters of a signed IF neuron.

    threshold: theta > 0, in the unit of the input current
    initial: V(0) as a fraction of the threshold, one number or a tensor that broadcasts to a step
    negative: a negative spike needs a potential below -negative * theta; 0 or more
    """

    threshold: float = 1.0
    initial: float | Tensor = 0.5
    negative: float = 0.0

    def run(self, currents: Tensor) -> Tensor:
        """Spikes (T, ...) of the reference neuron for currents (T, ...)."""
        return signed_run(currents, self)[0]

    def resume(self, currents: Tensor, state: SignedState | None) -> tuple[Tensor, SignedState]:
        """Spikes of the next steps, and the state after them."""
        return signed_run(currents, self, state)


class SignedState(NamedTuple):
    """Membrane potential ``v`` and net spike count ``net`` >= 0, both of one step's shape."""

    v: Tensor
    net: Tensor


def signed_initial(current: Tensor, p: SignedParameters) -> SignedState:
    """The state before the first step, for currents of the shape of ``current``."""
    zero = torch.zeros_like(current)
    return SignedState(zero + p.initial * p.threshold, zero)


def signed_step(
    current: Tensor, state: SignedState, p: SignedParameters
) -> tuple[Tensor, SignedState]:
    """One step of the signed integrate-and-fire neuron, with soft reset in both directions.

        U(t) = V(t-1) + I(t)
        s(t) = +1 if U(t) >= theta
        s(t) = -1 if U(t) < -negative * theta and N(t-1) > 0
        s(t) = 0 otherwise
        V(t) = U(t) - theta * s(t)
        N(t) = N(t-1) + s(t)

    N is the memory: a negative spike is allowed only where it takes back a positive one, so the
    net count never becomes negative, as a ReLU never does. V(t) + theta N(t) = V(0) + sum of the
    currents, always.

    What holds for the order in which currents arrive, with negative = 0, 0 <= V(0) < theta and Q(t)
    the sum V(0) + I(1) + ... + I(t):

    - If |I(t)| <= theta at every step, N(t) = max(0, floor(Q(t) / theta)) at every step: the count
      depends on the sum alone, and is the QCFS count of constant input z = sum / T. (If 0 <= V <
      theta before a step, one spike up or down brings U back into that range, or N = 0 and U < 0.)
    - For larger currents one spike a step may not be enough; the count is then right after as many
      steps of silence as it takes to fire or take back the rest.
    - With negative = n > 0 the count may be too high by ceil(n) at most where it is settled.

    The plain IF neuron has no such bound: it keeps every early spike.
    Source: Wang et al. 2022 (signed neuron with memory); Hu et al. 2023 (Fast-SNN), whose code
    takes V(0) = theta/2 and a negative threshold of 0.001. The papers' equations were not at hand;
    the step is that of the published Fast-SNN code.

    Args:
        current: I(t), any shape, in the unit of the threshold
        state: potential and net count of the same shape
        p: the thresholds

    Returns:
        Spikes in {-1, 0, 1} of the current's shape and dtype, and the new state.
    """
    u = state.v + current
    up = u >= p.threshold
    down = (u < -p.negative * p.threshold) & (state.net > 0)
    spikes = up.to(u.dtype) - down.to(u.dtype)
    return spikes, SignedState(u - p.threshold * spikes, state.net + spikes)


def signed_run(
    currents: Tensor, p: SignedParameters, state: SignedState | None = None
) -> tuple[Tensor, SignedState]:
    """Run :func:`signed_step` over time: currents (T, ...) -> spikes (T, ...) and the last state.

    >>> spikes, state = signed_run(torch.tensor([[1.0], [-1.0], [0.0]]), SignedParameters())
    >>> spikes[:, 0].tolist()
    [1.0, -1.0, 0.0]
    """
    return over_time(signed_step, currents, state or signed_initial(currents[0], p), p)


class SignedIF(Neurons):
    """Integrate-and-fire neurons that can take a spike back (`signed.py`).

    Spikes lie in {-1, 0, 1}; the net count of a neuron never becomes negative.

    Args:
        initial: V(0) as a fraction of the threshold, one number or one for each channel
        negative: a negative spike needs a potential below minus this
    """

    kind = "signed"
    fields = ("initial", "negative")
    Parameters = SignedParameters
    options = (NEGATIVE,)
    spike_size = (-1, 1)
    negative: float

    def __init__(self, initial: float | Sequence[float] = 0.5, negative: float = 0.0) -> None:
        super().__init__(initial, negative=negative)


NEURON = SignedIF
