"""Which neuron stands for an activation: a small record that recipes and files carry."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from ...errors import InputError

KINDS = ("if", "lif", "signed", "burst", "ttfs")
RESETS = ("soft", "hard")


@dataclass(frozen=True)
class NeuronSpec:
    """A neuron model and its parameters (equations in `integrate_and_fire.py`, `lif.py` and so on).

    kind: ``if`` (integrate and fire), ``lif`` (with leak), ``signed`` (also negative spikes),
    ``burst`` (several spikes a step) or ``ttfs`` (time to first spike: one spike in a window, see
    `convert/ttfs/network.py`).
    leak: lif only, the share of the potential lost at each step, in [0, 1); 0 is the IF neuron.
    burst: burst only, the most spikes a neuron fires at one step; 1 is the IF neuron.
    reset: ``soft`` (the threshold is subtracted) or ``hard`` (the potential is set to 0).
    negative: signed only, a negative spike needs a potential below -negative * theta.

    Raises:
        InputError: an unknown kind or reset, a number out of its range, or a parameter set for a
            kind that has no use for it.
    """

    kind: str = "if"
    leak: float = 0.0
    burst: int = 1
    reset: str = "soft"
    negative: float = 0.0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise InputError(f"expected the neuron to be {', '.join(KINDS)}, but got {self.kind!r}")
        if self.reset not in RESETS:
            raise InputError(f"expected the reset to be soft or hard, but got {self.reset!r}")
        if not 0 <= self.leak < 1:
            raise InputError(f"expected a leak in [0, 1) of the potential, but got {self.leak}")
        if isinstance(self.burst, bool) or int(self.burst) != self.burst or self.burst < 1:
            raise InputError(f"expected a burst of at least 1 spike a step, but got {self.burst}")
        if not 0 <= self.negative < math.inf:
            raise InputError(
                f"expected the negative threshold to be 0 or more thresholds, "
                f"but got {self.negative}"
            )
        self._check_use()

    def _check_use(self) -> None:
        """Refuse a parameter that this kind would ignore in silence."""
        for name, kind, plain in (("leak", "lif", 0.0), ("burst", "burst", 1)):
            if self.kind != kind and getattr(self, name) != plain:
                raise InputError(
                    f"expected {name} only with the {kind} neuron, but the neuron is {self.kind}: "
                    f"choose the neuron {kind} or leave {name} at {plain}"
                )
        if self.kind != "signed" and self.negative != 0:
            raise InputError(
                "expected negative only with the signed neuron, but the neuron is "
                f"{self.kind}: choose the neuron signed or leave negative at 0"
            )
        if self.kind not in ("if", "lif") and self.reset == "hard":
            raise InputError(
                f"expected a soft reset for the {self.kind} neuron, but got hard: what it carries "
                "over from step to step is what it exists for; choose soft, or the neuron if or lif"
            )

    @property
    def soft_reset(self) -> bool:
        """Whether a spike subtracts the threshold."""
        return self.reset == "soft"

    def to_dict(self) -> dict[str, Any]:
        """The fields, JSON-able."""
        return asdict(self)
