"""Layers of spiking neurons as nodes: currents (T, B, ...) in, spikes (T, B, ...) out.

The threshold is 1 everywhere: it is folded into the weights before the layer. One layer type for
each member of `NEURONS`; the equations are in its file.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, ClassVar, Protocol, TypeVar

import torch
from torch import Tensor

from ...errors import InputError
from ..network import Node, Signal, says
from .options import NeuronOption

P = TypeVar("P")
S = TypeVar("S")


class NeuronParameters(Protocol):
    """The parameters of a neuron, which know its equations.

    They may have more ways to run, each for one kind of gradient (`gradients.py`): ``surrogate``,
    ``rate`` and ``rate_slope``. With ``resume(currents, state)``, which gives the spikes of the
    next steps and the state after them (None before the first step), long runs need little memory.
    """

    def run(self, currents: Tensor) -> Tensor:
        """Spikes (T, ...) for currents (T, ...)."""


NeuronRun = Callable[[Tensor, NeuronParameters], Tensor]


def reference_run(currents: Tensor, p: NeuronParameters) -> Tensor:
    """Spikes (T, ...) of our own reference neuron for currents (T, ...)."""
    return p.run(currents)


_RUN: ContextVar[NeuronRun] = ContextVar("neuron_run", default=reference_run)


@contextmanager
def neurons_run_by(run: NeuronRun) -> Iterator[None]:
    """Inside the block, in this thread, neurons are run by ``run``."""
    before = _RUN.set(run)
    try:
        yield
    finally:
        _RUN.reset(before)


def fire(currents: Tensor, p: NeuronParameters) -> Tensor:
    """Spikes (T, ...) for currents (T, ...), by the run of the block that this is called in."""
    return _RUN.get()(currents, p)


def runs_itself() -> bool:
    """Whether neurons are run by their own equations here, not in a block of `neurons_run_by`."""
    return _RUN.get() is reference_run


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


# what a neuron does at a step, by the fields of `energy/layers.py`: one comparison, on a potential
# that is read and written
UPDATE: Mapping[str, float] = {"updates": 1.0, "reads_state": 1.0, "writes_state": 1.0}


def an_update(**others: float) -> Mapping[str, float]:
    """`UPDATE` with other or further operations, by the fields of `energy/layers.py`."""
    return {**UPDATE, **others}


class Neurons(Node):
    """A layer of spiking neurons with threshold 1; subclasses are the neuron models.

    Attributes:
        kind: its name in `NEURONS`
        Parameters: makes the neuron's parameters of ``threshold``, ``initial`` and what else is in
            ``fields``
        options: what may be chosen of it
        resets: which it can have
        fields: the layer's own arguments; by default ``initial``, the options, and ``soft_reset``
            where it has both resets
        spike_size: the least and the most spikes of one step; negative ones take spikes back
        operations: what a neuron does at a step, by the fields of `energy/layers.py`
        windowed: it spikes once in a window of its own, in a network that
            `convert/ttfs/network.py` builds
        code: the one input code that it reads, which no other neuron does; "" for any other
        silenced_by_srp: SRP holds for it (`models/silenced.py`): with soft reset its potential is
            V(0) + sum of currents - spikes, and below 0 only where it has fired too much
        plain: it is the integrate-and-fire neuron of `integrate_and_fire.py` and nothing else, as
            the kernels of the fast engines have it; a subclass is not, unless it says so itself

    Args:
        initial: V(0) as a fraction of the threshold, one number or one for each channel
        options: what is in ``fields`` beside it; by default as in ``Parameters``
    """

    kind: ClassVar[str] = ""
    fields: ClassVar[tuple[str, ...]] = ("initial",)
    Parameters: ClassVar[Callable[..., NeuronParameters] | None] = None
    options: ClassVar[tuple[NeuronOption, ...]] = ()
    resets: ClassVar[tuple[str, ...]] = ("soft",)
    spike_size: tuple[int, int] = (0, 1)
    operations: ClassVar[Mapping[str, float]] = UPDATE
    windowed: ClassVar[bool] = False
    code: ClassVar[str] = ""
    silenced_by_srp: ClassVar[bool] = False
    plain: ClassVar[bool] = False
    soft_reset: bool = True

    def __init_subclass__(cls, **settings: Any) -> None:
        super().__init_subclass__(**settings)
        cls.plain = vars(cls).get("plain", False)
        if "fields" not in vars(cls) and "options" in vars(cls):
            resets = ("soft_reset",) if len(cls.resets) > 1 else ()
            cls.fields = ("initial", *(item.name for item in cls.options), *resets)

    def __init__(self, initial: float | Sequence[float] = 0.5, **options: Any) -> None:
        super().__init__()
        self.initial = checked_initial(initial)
        known = {item.name: item.default for item in self.options} | {"soft_reset": True}
        for name in self.fields:
            if name != "initial":
                setattr(self, name, options.pop(name, known.get(name)))
        if options:
            raise TypeError(f"{type(self).__name__} has no {', '.join(options)}")

    @classmethod
    def has(cls, way: str) -> bool:
        """Whether the neuron has gradients of that way, one of `gradients.WAYS`."""
        return callable(getattr(cls.Parameters, way, None))

    def parameters_on(self, currents: Tensor) -> NeuronParameters:
        """The neuron's parameters for currents (T, B, C, L) or (T, B, C): threshold 1, V(0), more.

        Raises:
            InputError: one V(0) for each channel was given, but for another number of channels.
        """
        parameters = type(self).Parameters
        if parameters is None:
            raise TypeError(f"{type(self).__name__} does not say which neuron it holds")
        more = {name: getattr(self, name) for name in self.fields if name != "initial"}
        return parameters(threshold=1.0, initial=self.initial_on(currents), **more)

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
        spikes = fire(signal.values, self.parameters_on(signal.values))
        mask = signal.mask()
        if mask is not None:
            spikes = spikes * mask
        return Signal(spikes, signal.lengths)

    @property
    def resumes(self) -> bool:
        """As `Node.resumes`: where the parameters have ``resume``, and run themselves."""
        own = type(self).forward is Neurons.forward and runs_itself()
        parameters = type(self).Parameters
        return own and isinstance(parameters, type) and says(parameters, forward="run")

    def resume(self, inputs: Sequence[Signal], state: Any) -> tuple[Signal, Any]:
        """As `Node.resume`; the state is that of the neurons."""
        (signal,) = inputs
        parameters: Any = self.parameters_on(signal.values)
        spikes, state = parameters.resume(signal.values, state)
        mask = signal.mask()
        return Signal(spikes if mask is None else spikes * mask, signal.lengths), state


def over_time(
    step: Callable[[Tensor, S, P], tuple[Tensor, S]], currents: Tensor, state: S, p: P
) -> tuple[Tensor, S]:
    """Run a neuron's ``step`` over currents (T, ...): spikes (T, ...) and the last state."""
    spikes = []
    for current in currents:
        fired, state = step(current, state, p)
        spikes.append(fired)
    return torch.stack(spikes), state
