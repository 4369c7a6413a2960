"""A neuron of your own: integrate and fire, with a floor below which no potential falls."""

from dataclasses import dataclass

from torch import Tensor

from snnconvert.models.neurons import NEURONS
from snnconvert.models.neurons.base import Neurons, an_update
from snnconvert.models.neurons.options import NeuronOption
from snnconvert.models.neurons.stepped import Fire, SteppedNeuron


@dataclass(frozen=True, eq=False)
class Floored(SteppedNeuron):
    """Its parameters: threshold, V(0), and the floor in thresholds below zero."""

    floor: float = 1.0

    def step(self, current: Tensor, state: Tensor, fire: Fire) -> tuple[Tensor, Tensor]:
        """Integrate, but not below the floor; fire, and subtract the threshold."""
        v = (state + current).clamp(min=-self.floor * self.threshold)
        spikes = fire(v - self.threshold)
        return spikes, v - self.threshold * spikes


class FlooredIF(Neurons):
    """A layer of them: what can be chosen, and what a step costs."""

    kind, Parameters = "floored", Floored
    options = (NeuronOption("floor", 1.0, "thresholds below zero where it ends", least=0),)
    operations = an_update(updates=2.0)  # compared with the threshold, and with the floor


NEURONS.add("floored", FlooredIF)
