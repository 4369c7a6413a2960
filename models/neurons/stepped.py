"""A neuron by one step: run over time, and differentiated through every step, come with it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from .gradients import SurrogateNeurons, truncated

Fire = Callable[[Tensor], Tensor]


def heaviside(x: Tensor) -> Tensor:
    """1 where x >= 0 and 0 elsewhere, of x's shape and dtype."""
    return (x >= 0).to(x.dtype)


@dataclass(frozen=True, eq=False)
class SteppedNeuron(ABC):
    """Parameters of a neuron that is told by its first state and one step.

    threshold: theta > 0, in the unit of the input current
    initial: V(0) as a fraction of the threshold, one number or a tensor that broadcasts to a step
    """

    threshold: float = 1.0
    initial: float | Tensor = 0.5

    def start(self, current: Tensor) -> Any:
        """The state before the first step, for currents of the shape of ``current``: V(0) alone."""
        return torch.zeros_like(current) + self.initial * self.threshold

    @abstractmethod
    def step(self, current: Tensor, state: Any, fire: Fire) -> tuple[Tensor, Any]:
        """One step: spikes and the next state.

        Args:
            current: I(t), any shape, in the unit of the threshold
            state: as `start` and the last step gave it
            fire: 1 where its argument is 0 or more, 0 elsewhere; with gradients in training, so
                spikes should come from ``fire(v - self.threshold)``
        """

    def run(self, currents: Tensor) -> Tensor:
        """Spikes (T, ...) for currents (T, ...)."""
        return self._over_time(currents, heaviside)[0]

    def resume(self, currents: Tensor, state: Any) -> tuple[Tensor, Any]:
        """Spikes of the next steps, and the state after them; None stands for the first state."""
        return self._over_time(currents, heaviside, state)

    def surrogate(self, currents: Tensor, neurons: SurrogateNeurons) -> Tensor:
        """The same with surrogate gradients."""

        def run(part: Tensor, state: Any) -> tuple[Tensor, Any]:
            return self._over_time(part, neurons.fire, state)

        return truncated(run, currents, neurons.truncate)

    def _over_time(self, currents: Tensor, fire: Fire, state: Any = None) -> tuple[Tensor, Any]:
        spikes = []
        state = self.start(currents[0]) if state is None else state
        for current in currents:
            fired, state = self.step(current, state, fire)
            spikes.append(fired)
        return torch.stack(spikes), state
