"""The conversion recipe: every choice of a conversion, checked when it is made."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from ..errors import InputError
from ..models.spiking import POOLING_RULES
from .encoders import Encoder
from .thresholds import ThresholdRule


@dataclass(frozen=True)
class ConversionRecipe:
    """Every choice of a conversion.

    steps: T; encoder: code and mapping of the input; threshold: how thresholds are balanced;
    initial: V(0) as a fraction of the threshold; reset: ``soft`` or ``hard``; pooling: what stands
    for max-over-time pooling, ``auto`` (by encoder), ``spikes``, ``currents`` or ``counts``.
    """

    steps: int = 4
    encoder: Encoder = field(default_factory=Encoder)
    threshold: ThresholdRule = field(default_factory=ThresholdRule)
    initial: float = 0.5
    reset: str = "soft"
    pooling: str = "auto"

    def __post_init__(self) -> None:
        self.encoder.check_steps(self.steps)
        if not 0 <= self.initial <= 1:
            raise InputError(
                f"expected V(0) between 0 and 1 threshold, but got {self.initial}: "
                "0.5 rounds to the nearest count"
            )
        if self.reset not in ("soft", "hard"):
            raise InputError(f"expected the reset to be soft or hard, but got {self.reset!r}")
        if self.pooling != "auto" and self.pooling not in POOLING_RULES:
            raise InputError(
                f"expected the pooling rule to be auto, {', '.join(POOLING_RULES)}, "
                f"but got {self.pooling!r}"
            )

    def pooling_rule(self) -> tuple[str, str]:
        """The pooling rule that holds, and why."""
        if self.pooling != "auto":
            return self.pooling, "chosen by the user"
        if not self.encoder.spiking:
            return "currents", "exact for constant input: the largest current stays the largest"
        if self.encoder.stochastic:
            return "counts", "random spikes: a maximum of spikes would grow with the positions"
        return "spikes", "evenly spaced spikes: spikes of the strongest positions coincide"

    def to_dict(self) -> dict[str, Any]:
        """All fields, JSON-able."""
        return asdict(self)
