"""Layers of spiking neurons as nodes: currents (T, B, ...) in, spikes (T, B, ...) out.

The threshold is 1 everywhere: it is folded into the weights before the layer. One layer type for
each kind of `neuron_spec.NeuronSpec`; the equations are in the `neuron*.py` files.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import ClassVar, Protocol, TypeVar

import torch
from torch import Tensor

from ...errors import InputError
from ..network import Node, Signal

P = TypeVar("P")
S = TypeVar("S")


class NeuronParameters(Protocol):
    """The parameters of a neuron, which know its equations."""

    def run(self, currents: Tensor) -> Tensor:
        """Spikes (T, ...) for currents (T, ...)."""


NeuronRun = Callable[[Tensor, NeuronParameters], Tensor]


def reference_run(currents: Tensor, p: NeuronParameters) -> Tensor:
    """Spikes (T, ...) of our own reference neuron for currents (T, ...)."""
    return p.run(currents)


def checked_initial(initial: float | Sequence[float]) -> float | list[float]:
    """V(0) as a number or a list of numbers, one per channel.

    Raises:
        InputError: an empty list, or a value that is not finite.
    """
    values = list(initial) if isinstance(initial, Sequence) else [initial]
    if not values or not all(math.isfinite(value) for value in values):
        raise InputError(
            "expected V(0) to be a finite number or one for each channel, "
            f"but got {str(initial)[:80]}"
        )
    return [float(value) for value in values] if isinstance(initial, Sequence) else initial


class Neurons(Node):
    """A layer of spiking neurons with threshold 1; subclasses say which by their parameters.

    Args:
        initial: V(0) as a fraction of the threshold, one number or one for each channel
    """

    kind: ClassVar[str] = ""

    def __init__(self, initial: float | Sequence[float] = 0.5) -> None:
        super().__init__()
        self.initial = checked_initial(initial)
        # replaced by spikingjelly's neuron while fine-tuning (see models/spikingjelly.py)
        self.run: NeuronRun = reference_run

    def parameters_on(self, currents: Tensor) -> NeuronParameters:
        """The neuron's parameters for currents (T, B, C, L) or (T, B, C)."""
        raise TypeError(f"{type(self).__name__} does not say which neuron it holds")

    def initial_on(self, currents: Tensor) -> float | Tensor:
        """V(0) for currents (T, B, C, L) or (T, B, C): a number, or a tensor (C, 1) or (C,).

        Raises:
            InputError: one V(0) for each channel was given, but for another number of channels.
        """
        if not isinstance(self.initial, list):
            return self.initial
        channels = currents.shape[2]
        if len(self.initial) != channels:
            raise InputError(
                f"expected one V(0) for each of {channels} channels, but got {len(self.initial)}"
            )
        values = torch.tensor(self.initial, dtype=currents.dtype, device=currents.device)
        return values.reshape(-1, *[1] * (currents.dim() - 3))

    def forward(self, *inputs: Signal) -> Signal:
        """Currents (T, B, ...) -> spikes (T, B, ...); positions that are padding never fire."""
        (signal,) = inputs
        spikes = self.run(signal.values, self.parameters_on(signal.values))
        mask = signal.mask()
        if mask is not None:
            spikes = spikes * mask
        return Signal(spikes, signal.lengths)


def over_time(
    step: Callable[[Tensor, S, P], tuple[Tensor, S]], currents: Tensor, state: S, p: P
) -> tuple[Tensor, S]:
    """Run a neuron's ``step`` over currents (T, ...): spikes (T, ...) and the last state."""
    spikes = []
    for current in currents:
        fired, state = step(current, state, p)
        spikes.append(fired)
    return torch.stack(spikes), state
