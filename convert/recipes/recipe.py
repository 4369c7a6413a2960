"""The conversion recipe: every choice of a conversion, checked when it is made."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

from ...errors import InputError
from ...models.neurons import NEURONS
from ...models.neurons.options import RESETS
from ...models.neurons.spec import NeuronSpec
from ...models.spikes import POOLING_RULES
from ...options import Choices, check_value, option
from ..thresholds.spec import ThresholdRule

if TYPE_CHECKING:
    from torch import Tensor

    from ...models.encoders.encoder import Encoder

CORRECTIONS = ("none", "bias", "potential", "weights")
NORMALISE = ("thresholds", "weights")


def _encoder() -> Encoder:
    """The package's own choice of an encoder, which is heavy to load."""

    from ...models.encoders.encoder import Encoder

    return Encoder()


@dataclass(frozen=True)
class ConversionRecipe:
    """Every choice of a conversion.

    steps: T, time steps.
    encoder: code and mapping of the input (`models/encoders/encoder.py`).
    threshold: how thresholds are balanced (`convert/thresholds/spec.py`).
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
    allow_inexact: build also a combination that is known not to converge (`rules/pooling.py`).
    gain: what the words' components are multiplied by before the code rounds them; None for what
        loses least on the calibration texts (`models/encoders/gain.py`).
    soft_threshold: soft threshold of the words' components before they are encoded
        (`encoders.soft_threshold`): fewer input spikes, and what is small is lost; 0 for none.

    Raises:
        InputError: a choice that does not exist, or two that do not go together.
    """

    steps: int = option(4, "time steps T", least=1)
    encoder: Encoder = field(default_factory=_encoder)
    threshold: ThresholdRule = field(default_factory=ThresholdRule)
    initial: float = option(0.5, "V(0) as a fraction of the threshold", least=0, most=1)
    reset: str = option("soft", "reset after a spike", RESETS)
    pooling: str = option(
        "auto", "max pooling of spikes (auto: by encoder)", Choices("auto", POOLING_RULES)
    )
    neuron: NeuronSpec = field(default_factory=NeuronSpec)
    bias_shift: bool = option(False, "add theta/(2T) to the currents instead of V(0)")
    correction: str = option("none", "adjust on unlabelled texts", CORRECTIONS)
    srp_steps: int = option(0, "steps run before to silence neurons (SRP)", least=0)
    normalise: str = option("thresholds", "balance thresholds, or scale the weights", NORMALISE)
    allow_inexact: bool = option(
        False, "build also what is known not to converge", old_names=("insist",)
    )
    gain: float | None = option(
        None,
        "gain of the word vectors before they are coded",
        shown="that of the least error of the code",
        above=0,
    )
    soft_threshold: float = option(
        0.0,
        "soft threshold of the words' components, for fewer spikes",
        old_names=("tau",),
        least=0,
        below=1,
    )

    def __post_init__(self) -> None:
        for item in fields(self):
            if item.metadata:
                check_value(item.name, getattr(self, item.name), item.metadata)
        self.encoder.check_steps(self.steps)
        self._settle_gain()
        self._check_pairs()
        # the recipe's reset is the one that counts; whoever reads the neuron must find the same
        object.__setattr__(self, "neuron", self.neuron.with_reset(self.reset))

    def _settle_gain(self) -> None:
        """One gain, which the encoder has and which it may have been given with."""
        if self.gain is None and self.encoder.gain != 1:
            object.__setattr__(self, "gain", self.encoder.gain)
        elif self.gain is not None and self.gain != self.encoder.gain:
            object.__setattr__(self, "encoder", replace(self.encoder, gain=self.gain))

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
        """Refuse pre-steps that the neurons or the code rule out."""
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
        before, after = (self.encoder.worth(steps) for steps in (self.srp_steps, self.steps))
        if before != after:
            raise InputError(
                "expected a code whose spikes are worth as much in the steps before SRP as after, "
                f"but of {self.encoder.code} they are worth {before:g} in {self.srp_steps} steps "
                f"and worth {after:g} in {self.steps}: give srp_steps the steps, or choose saf"
            )

    def _check_windowed(self) -> None:
        """Refuse what a network of one spike a window would ignore."""
        usual = {item.name: item.default for item in fields(self)}
        for name in ("initial", "pooling", "bias_shift", "correction", "normalise"):
            plain, chosen = str(usual[name]).lower(), str(getattr(self, name)).lower()
            if chosen != plain:
                raise InputError(
                    f"expected {name} {plain} with the neuron {self.neuron.kind}, which has no "
                    f"other, but got {chosen}: leave it out or choose the neuron if"
                )

    @property
    def fits_gain(self) -> bool:
        """Whether the gain of the input is chosen by the calibration texts and T."""
        return self.gain is None and self.encoder.coding.rounds

    def with_gain(self, vectors: Tensor, counts: Tensor) -> ConversionRecipe:
        """The recipe with its gain settled for vectors (N, D) that occur ``counts`` (N,) times."""
        if not self.fits_gain:
            return self
        from ...models.encoders.gain import best_gain

        return replace(self, gain=best_gain(self.encoder, vectors, counts, self.steps))

    def pooling_rule(self) -> tuple[str, str]:
        """The rule that fits the encoder, and why; `rules/pooling.py` says where it holds."""
        if self.pooling != "auto":
            return self.pooling, "chosen by the user"
        return self.encoder.coding.pooling

    def to_dict(self) -> dict[str, Any]:
        """All fields, JSON-able."""
        own = {item.name: getattr(self, item.name) for item in fields(self)}
        return own | {part: own[part].to_dict() for part in ("encoder", "threshold", "neuron")}
