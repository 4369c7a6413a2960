"""The conversion recipe: every choice of a conversion, checked when it is made."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from ...errors import InputError
from ...models.encoders.encoder import Encoder
from ...models.neurons import NEURONS
from ...models.neurons.spec import NeuronSpec
from ...models.spikes.pooling import POOLING_RULES
from ..thresholds.rule import ThresholdRule

CORRECTIONS = ("none", "bias", "potential", "weights")
NORMALISE = ("thresholds", "weights")


@dataclass(frozen=True)
class ConversionRecipe:
    """Every choice of a conversion.

    steps: T, time steps.
    encoder: code and mapping of the input (`models/encoders/encoder.py`).
    threshold: how thresholds are balanced (`convert/thresholds/rule.py`).
    initial: V(0) as a fraction of the threshold; 1/2 makes a neuron round to the nearest count.
    reset: ``soft`` (the threshold is subtracted) or ``hard`` (the potential is set to 0).
    pooling: what stands for max-over-time pooling, ``auto`` (by encoder), ``spikes``,
        ``currents``, ``counts`` or ``gated``.
    neuron: which neuron stands for an activation; its reset is the recipe's ``reset``.
    bias_shift: add theta/(2T) to every current (`bias_shift.py`), the alternative to ``initial``.
    correction: what is adjusted afterwards on unlabelled texts: ``none``, ``bias``, ``potential``
        or ``weights``.
    srp_steps: steps run before the T that count, to find and silence neurons with a residual
        potential below zero (SRP); 0 for none.
    normalise: where the thresholds go: ``thresholds`` balances them while converting, ``weights``
        rescales the ANN first, so that every threshold is 1 (`normalise.py`); the same spikes.
    insist: build also a combination that is known not to converge (`convert/rules/pooling.py`).
    tau: soft threshold of the words' components before they are encoded
        (`encoders.soft_threshold`): fewer input spikes, and what is small is lost; 0 for none.

    Raises:
        InputError: a choice that does not exist, or two that do not go together.
    """

    steps: int = 4
    encoder: Encoder = field(default_factory=Encoder)
    threshold: ThresholdRule = field(default_factory=ThresholdRule)
    initial: float = 0.5
    reset: str = "soft"
    pooling: str = "auto"
    neuron: NeuronSpec = field(default_factory=NeuronSpec)
    bias_shift: bool = False
    correction: str = "none"
    srp_steps: int = 0
    normalise: str = "thresholds"
    insist: bool = False
    tau: float = 0.0

    def __post_init__(self) -> None:
        self.encoder.check_steps(self.steps)
        if not 0 <= self.initial <= 1:
            raise InputError(
                f"expected V(0) between 0 and 1 threshold, but got {self.initial}: "
                "0.5 rounds to the nearest count"
            )
        if not 0 <= self.tau < 1:
            raise InputError(
                "expected a soft threshold tau of at least 0 and below 1, where no component is "
                f"left, but got {self.tau}"
            )
        choices = {
            "reset": (self.reset, ("soft", "hard")),
            "pooling rule": (self.pooling, ("auto", *POOLING_RULES)),
            "correction": (self.correction, CORRECTIONS),
            "place of the thresholds (normalise)": (self.normalise, NORMALISE),
        }
        for what, (value, known) in choices.items():
            if value not in known:
                raise InputError(
                    f"expected the {what} to be {' or '.join(known)}, but got {value!r}"
                )
        self._check_pairs()
        # the recipe's reset is the one that counts; whoever reads the neuron must find the same
        object.__setattr__(self, "neuron", self.neuron.with_reset(self.reset))

    def _check_pairs(self) -> None:
        """Refuse choices that do not go together."""
        if self.bias_shift and self.initial != 0:
            raise InputError(
                "expected either V(0) or the bias shift theta/(2T), but got both: they are two "
                f"forms of the same correction; set initial to 0 (it is {self.initial:g}) or leave "
                "bias_shift off"
            )
        if self.neuron.reset == "hard" and self.reset == "soft":
            raise InputError(
                "expected one reset, but the neuron's is hard and the recipe's soft: "
                "give the recipe's reset, the neuron follows it"
            )
        self._check_srp()
        self._check_code()
        if self.neuron.layer.windowed:
            self._check_windowed()

    def _check_code(self) -> None:
        """Refuse an input code that these neurons do not read, or that only others read."""
        code = self.neuron.layer.code or self.encoder.code
        owners = [kind for kind in NEURONS if NEURONS[kind].code == code]
        if code != self.encoder.code or (owners and self.neuron.kind not in owners):
            raise InputError(
                f"expected the encoder {code} with the neuron {' or '.join(owners)} and only with "
                f"it, but got the encoder {self.encoder.code} and the neuron {self.neuron.kind}"
            )

    def _check_srp(self) -> None:
        """Refuse pre-steps that are no number, or that the neurons or the code rule out."""
        if isinstance(self.srp_steps, bool) or self.srp_steps < 0:
            raise InputError(f"expected 0 or more steps before SRP, but got {self.srp_steps}")
        if not self.srp_steps:
            return
        if not self.neuron.layer.silenced_by_srp or self.reset == "hard":
            raise InputError(
                "expected IF neurons with soft reset for SRP, whose residual potential keeps the "
                f"account, but got {self.neuron.kind} with {self.reset} reset: set srp_steps to 0"
            )
        try:
            self.encoder.check_steps(self.srp_steps)
        except InputError as error:
            raise InputError(f"the steps before SRP are steps of the input code: {error}") from None

    def _check_windowed(self) -> None:
        """Refuse what a network of one spike a window would ignore."""
        plain = {
            "initial": 0.5,
            "pooling": "auto",
            "bias_shift": False,
            "correction": "none",
            "normalise": "thresholds",
        }
        for name, value in plain.items():
            if getattr(self, name) != value:
                raise InputError(
                    f"expected {name} {str(value).lower()} with the neuron {self.neuron.kind}, "
                    f"which has no other, but got {str(getattr(self, name)).lower()}: leave it "
                    "out or choose the neuron if"
                )

    def pooling_rule(self) -> tuple[str, str]:
        """The rule that fits the encoder, and why; `rules/pooling.py` says where it holds."""
        if self.pooling != "auto":
            return self.pooling, "chosen by the user"
        return self.encoder.coding.pooling

    def to_dict(self) -> dict[str, Any]:
        """All fields, JSON-able."""
        return asdict(self) | {"neuron": self.neuron.to_dict()}
