"""The surrogate gradient of training, whichever engine runs it."""

from __future__ import annotations

import math
from contextlib import AbstractContextManager
from dataclasses import dataclass

from ...models.network import Network
from ...models.spikingjelly import spikingjelly_neurons
from ...models.surrogates import IN_KERNELS, Backward
from .online_neurons import online_neurons
from .rate import dsr_neurons, rate_neurons


@dataclass(frozen=True)
class Surrogate:
    """The surrogate gradient of training: its name, its width in thresholds, the backward pass.

    truncate: steps that the exact pass goes back in time at most, as `neurons.gradients.truncated`
        cuts it; 0 for all
    """

    name: str = "atan"
    width: float = 1.0
    backward: Backward = "exact"
    truncate: int = 0

    def neurons(self, network: Network) -> AbstractContextManager[None]:
        """A block in which every neuron of ``network`` is trained so, whatever engine runs it."""
        if self.backward == "rate":
            return rate_neurons(network, self.name, self.width)
        if self.backward == "dsr":
            return dsr_neurons(network)
        if self.backward in ("sltt", "ottt"):
            return online_neurons(network, self.name, self.width, self.backward == "ottt")
        return spikingjelly_neurons(network, self.name, self.width, self.truncate)

    @property
    def in_kernels(self) -> bool:
        """Whether the kernels of the fast engines have its shape."""
        return self.name in IN_KERNELS

    def constants(self) -> dict[str, float]:
        """Height, scale and edge of `through_time.slopes`."""
        w = self.width
        return {
            "atan": {"height": 1 / w, "scale": math.pi / w, "edge": 0.0},
            "sigmoid": {"height": 0.0, "scale": 4 / w, "edge": 0.0},
            "rectangle": {"height": 1 / w, "scale": 0.0, "edge": w / 2},
            "triangle": {"height": 1 / w, "scale": 1 / w**2, "edge": w},
        }[self.name]
