"""The stages that make a model: trained, converted, tuned."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ....checked_json import Value
from ....typed_json import Amount, Count, Share, Steps, added, inline, rare
from .classes import ClassFigures
from .latency import Latency
from .tuning import Operations, Tuning


@dataclass(frozen=True, kw_only=True)
class Judged:
    """Accuracy of a model, and whether it is at chance.

    dev, test: figures by class, None of runs from before there were any; at_chance: None where the
    texts cannot tell; chance_p: see `engine.chance`.
    """

    dev_accuracy: Share | None
    test_accuracy: Share
    dev: ClassFigures | None = inline("dev_")
    test: ClassFigures | None = inline("test_")
    at_chance: bool | None = added()
    chance_p: Share | None = added()


@dataclass(frozen=True, kw_only=True)
class Baseline(Judged):
    """The linear model on word counts beside a trained network.

    reads: what it reads where that is not the counts of words.
    """

    model: str
    dev_accuracy: Share
    seconds: Amount | None = rare()
    reads: str | None = rare()


@dataclass(frozen=True, kw_only=True)
class Imported:
    """A module of the user's own beside the network that was made of it.

    largest_difference: of their logits, on ``compared_texts``; unread_texts: those that the module
    cannot read; largest_class: share of the dev texts.
    """

    imported: bool
    module: str | None
    module_dev_accuracy: Share | None
    module_test_accuracy: Share | None
    largest_difference: float | None
    compared_texts: Count | None
    unread_texts: Count | None
    largest_class: Share | None


@dataclass(frozen=True, kw_only=True)
class ModelStage(Judged):
    """What is recorded of any model; what was not measured is None or empty.

    latency: wall-clock time of a text. cpu: ``seconds`` of its training. processors: where training
    went on on another processor, all of them.
    """

    steps: Steps | None = rare()
    dev_accuracy_by_step: list[Share] = rare(list)
    accuracy_by_step: list[Share] = rare(list)
    latency_steps: Steps | None = rare()
    input_spikes_per_sample: float | None = rare()
    sops_per_sample: float | None = rare()
    sops_by_layer: dict[str, float] = rare(dict)
    input_macs_per_sample: float | None = rare()
    baseline: Baseline | None = rare()
    class_weights: bool | None = rare()
    train_vectors: bool | None = rare()
    best_epoch: Count | None = rare()
    epochs: Count | None = rare()
    cpu: dict[str, float] = rare(dict)
    parameters: Count | None = rare()
    recipe: dict[str, Any] | None = rare()
    imported: Imported | None = inline()
    adversarial: Tuning | None = rare()
    operations_target: Operations | None = rare()
    latency: Latency | None = rare()
    seconds: Amount | None = rare()
    processors: list[str] = rare(list)

    @property
    def has_exact_input(self) -> bool:
        """Whether an SNN reads exact values, which it multiplies, and no spikes."""
        return self.input_spikes_per_sample == 0 and bool(self.input_macs_per_sample)


@dataclass(frozen=True, kw_only=True)
class SpikingStage(ModelStage):
    """What is recorded of an SNN: accuracies after every step, the first first."""

    steps: Steps = field()
    accuracy_by_step: list[Share] = field()

    def check(self, value: Value) -> None:
        """Refuse a run of no steps."""
        value["accuracy_by_step"].each(Value.number, least=1)
