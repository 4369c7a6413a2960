"""The options of neurons: light, so that the command line can show those of every neuron."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ...errors import InputError
from ...options import bounds_text
from . import BUILT_IN, NEURONS

RESETS = ("soft", "hard")


@dataclass(frozen=True)
class NeuronOption:
    """A number that a neuron model can be asked for.

    name: also that of the layer's argument and of the neuron's parameter.
    default: whole numbers alone are taken where it is one.
    text: what it is, for the help of the command line.
    least, most, above, below: its bounds; ``least`` and ``most`` are allowed themselves.
    expected: the bounds in the words of an error; by default "a NAME of at least ..."
    """

    name: str
    default: float
    text: str
    least: float = -math.inf
    most: float = math.inf
    above: float = -math.inf
    below: float = math.inf
    expected: str = ""

    @property
    def bounds(self) -> dict[str, float]:
        """The bounds that there are, by their names."""
        all_bounds = {name: getattr(self, name) for name in ("least", "above", "most", "below")}
        return {name: bound for name, bound in all_bounds.items() if math.isfinite(bound)}

    def check(self, value: float) -> None:
        """Refuse what is out of bounds.

        Raises:
            InputError: says what was expected and what came.
        """
        number = isinstance(value, int | float) and not isinstance(value, bool)
        whole = number and (isinstance(self.default, float) or float(value).is_integer())
        inside = whole and self.least <= value <= self.most and self.above < value < self.below
        if not inside or not math.isfinite(value):
            expected = self.expected or f"a {self.name} {bounds_text(self.bounds) or 'as a number'}"
            raise InputError(f"expected {expected}, but got {value}")


LEAK = NeuronOption(
    *("leak", 0.0, "share of its potential an lif loses"),
    least=0,
    below=1,
    expected="a leak in [0, 1) of the potential",
)
BURST = NeuronOption(
    *("burst", 1, "most spikes of a burst neuron a step"),
    least=1,
    expected="a burst of at least 1 spike a step",
)
NEGATIVE = NeuronOption(
    *("negative", 0.0, "how far below zero a signed neuron spikes, in thresholds"),
    least=0,
    expected="the negative threshold to be 0 or more thresholds",
)
CURRENT_DECAY = NeuronOption(
    *("current_decay", 0.25, "share of its synaptic current a cuba neuron loses"),
    above=0,
    most=1,
    expected="a current decay in (0, 1]",
)
VOLTAGE_DECAY = NeuronOption(
    *("voltage_decay", 0.03, "share of its potential a cuba neuron loses"),
    least=0,
    below=1,
    expected="a voltage decay in [0, 1)",
)
OPTIONS = (LEAK, BURST, NEGATIVE, CURRENT_DECAY, VOLTAGE_DECAY)
"""Those of the package's own neurons; each of them names its own in its file too."""
WRITTEN = (LEAK, BURST, NEGATIVE)
"""Those that are written down with every neuron, as they always were."""


def added_options() -> dict[str, NeuronOption]:
    """The options that neurons have which a user has added, by name; nothing is loaded."""
    known = {item.name for item in OPTIONS}
    options: Iterable[Any] = (o for kind in NEURONS if kind not in BUILT_IN for o in _options(kind))
    return {item.name: item for item in options if item.name not in known}


def all_options() -> dict[str, NeuronOption]:
    """The options of all neurons, by name."""
    return {item.name: item for item in OPTIONS} | added_options()


def _options(kind: str) -> tuple[NeuronOption, ...]:
    return NEURONS[kind].options


def readers(option: str) -> tuple[str, ...]:
    """The neurons that have the option of that name."""
    return tuple(k for k in NEURONS if any(item.name == option for item in _options(k)))
