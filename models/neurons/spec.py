"""Which neuron stands for an activation: a small record that recipes and files carry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...errors import InputError
from . import NEURONS
from .options import RESETS, WRITTEN, all_options, readers

if TYPE_CHECKING:
    from .base import Neurons


@dataclass(frozen=True, init=False)
class NeuronSpec:
    """A neuron model and its parameters (equations in `integrate_and_fire.py`, `lif.py` and so on).

    Each option is an attribute too; one that this neuron does not have has its default.

    Args:
        kind: of `NEURONS`: ``if`` (integrate and fire), ``lif`` (with leak), ``signed`` (also
            negative spikes), ``burst`` (several spikes a step), ``ttfs`` (time to first spike: one
            spike in a window, see `convert/ttfs/network.py`), or one that was added
        reset: ``soft`` (the threshold is subtracted) or ``hard`` (the potential is set to 0)
        options: those of the neuron (`options.py`): ``leak`` of lif, the share of the potential
            lost at each step, where 0 is the IF neuron; ``burst`` of burst, the most spikes of one
            step, where 1 is the IF neuron; ``negative`` of signed: a negative spike needs a
            potential below -negative * theta

    Raises:
        InputError: an unknown kind, reset or option, a number out of its range, or an option set
            for a kind that has no use for it.

    >>> NeuronSpec("lif", leak=0.25).leak, NeuronSpec().burst
    (0.25, 1)
    """

    kind: str = "if"
    reset: str = "soft"
    options: tuple[tuple[str, Any], ...] = ()

    def __init__(self, kind: str = "if", *, reset: str = "soft", **options: Any) -> None:
        object.__setattr__(self, "kind", kind)
        object.__setattr__(self, "reset", reset)
        object.__setattr__(self, "options", ())
        self._check(options)
        own = {item.name: item.default for item in self.layer.options}
        chosen = tuple((name, options.get(name, default)) for name, default in own.items())
        object.__setattr__(self, "options", chosen)

    def __getattr__(self, name: str) -> Any:
        known = {} if name.startswith("_") else all_options()
        if name not in known:
            raise AttributeError(f"a NeuronSpec has no {name!r}")
        return dict(self.options).get(name, known[name].default)

    def _check(self, options: dict[str, Any]) -> None:
        """Refuse what there is not, what is out of range, and what would be ignored in silence."""
        if self.kind not in NEURONS:
            names = ", ".join(NEURONS)
            raise InputError(f"expected the neuron to be {names}, but got {self.kind!r}")
        if self.reset not in RESETS:
            raise InputError(f"expected the reset to be soft or hard, but got {self.reset!r}")
        known = all_options()
        for name, value in options.items():
            if name not in known:
                raise InputError(f"expected options of {', '.join(known)}, but got {name!r}")
            known[name].check(value)
        own = {item.name for item in self.layer.options}
        for name, value in options.items():
            if name not in own and value != known[name].default:
                kinds = " or ".join(readers(name))
                raise InputError(
                    f"expected {name} only with the {kinds} neuron, but the neuron is {self.kind}: "
                    f"choose the neuron {kinds} or leave {name} at {known[name].default}"
                )
        if self.reset not in self.layer.resets:
            others = " or ".join(kind for kind in NEURONS if self.reset in NEURONS[kind].resets)
            raise InputError(
                f"expected a {' or '.join(self.layer.resets)} reset for the {self.kind} neuron, "
                f"but got {self.reset}: what it carries over from step to step is what it exists "
                f"for; choose {self.layer.resets[0]}, or the neuron {others}"
            )

    @property
    def layer(self) -> type[Neurons]:
        """The layer type of these neurons, which answers what differs between neurons."""
        return NEURONS[self.kind]

    @property
    def soft_reset(self) -> bool:
        """Whether a spike subtracts the threshold."""
        return self.reset == "soft"

    def with_reset(self, reset: str) -> NeuronSpec:
        """The same neuron with another reset.

        Raises:
            InputError: an unknown reset, or one that this neuron does not have.
        """
        return NeuronSpec(self.kind, reset=reset, **dict(self.options))

    def to_dict(self) -> dict[str, Any]:
        """Kind, reset and options, JSON-able; with them those of the package's other neurons."""
        plain = {item.name: item.default for item in WRITTEN}
        return {"kind": self.kind, **(plain | dict(self.options)), "reset": self.reset}
