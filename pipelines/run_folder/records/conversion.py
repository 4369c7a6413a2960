"""The file conversion.json: what a conversion did with every layer, and where it errs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ....checked_json import Value
from ....typed_json import added, others, rare
from .spikes import Activity


@dataclass(frozen=True, kw_only=True)
class Layer:
    """What the conversion did with one node of the ANN.

    verify_error: the largest difference of currents, relative to the ANN's largest value;
    threshold_*: over channels, in the ANN's unit; more: what a rule adds.
    """

    name: str
    type: str
    action: str
    why: str
    verify_error: float | None = rare()
    threshold_rule: str | None = rare()
    threshold_min: float | None = rare()
    threshold_mean: float | None = rare()
    threshold_max: float | None = rare()
    more: dict[str, Any] = others()

    def check(self, value: Value) -> None:
        """Refuse a rule without thresholds."""
        if self.threshold_rule is not None:
            for name in ("min", "mean", "max"):
                value[f"threshold_{name}"].number()


@dataclass(frozen=True, kw_only=True)
class BudgetRow:
    """The error of one layer; ``kind`` is neurons, pooling or output.

    clipped: share of the activation that clipping takes away. For each part of the error its mean
    absolute value, ``total_mean`` with its sign; in thresholds, those of the output in the ANN's
    unit. more: the other moments, see `convert.diagnosis.budget`.
    """

    name: str
    kind: str
    clipped: float
    carried_in_mean_abs: float
    clipping_mean_abs: float
    quantisation_mean_abs: float
    encoder_mean_abs: float
    unevenness_mean_abs: float
    pooling_mean_abs: float
    total_mean_abs: float
    total_mean: float
    more: dict[str, Any] = others()

    def sizes(self, parts: Sequence[str]) -> dict[str, float]:
        """The mean absolute values of these parts."""
        return {part: getattr(self, f"{part}_mean_abs") for part in parts}


@dataclass(frozen=True, kw_only=True)
class Advice:
    """What to change, in words; ``value`` is the figure that it comes from."""

    kind: str = added("")
    layer: str = added("")
    value: float | None = added()
    text: str


@dataclass(frozen=True, kw_only=True)
class StoredWords:
    """The bits in place of word vectors: T ``steps`` of so many ``channels``.

    error: what they lose of the vectors, as a share of their variance
    """

    book: str
    steps: int
    channels: int
    bytes_per_word: int
    error: float


@dataclass(frozen=True, kw_only=True)
class ConversionReport:
    """The whole file; ``pooling_rule`` are the rule and why it was taken.

    stored: where a book wrote the words down; None where the model has vectors
    """

    recipe: dict[str, Any]
    pooling_rule: list[str]
    layers: list[Layer]
    corrections: list[dict[str, Any]] = added(list)
    activity: list[Activity]
    budget: list[BudgetRow] = added(list)
    advice: list[Advice] = added(list)
    accuracy_by_step: list[float] = added(list)
    stored: StoredWords | None = rare()

    def check(self, value: Value) -> None:
        """Refuse a recipe without an input code."""
        value["recipe"]["encoder"]["code"].text()

    @property
    def code(self) -> str:
        """The name of the input code."""
        return str(self.recipe["encoder"]["code"])
