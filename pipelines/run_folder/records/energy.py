"""The stage ``energy`` and the file energy.json: work that was counted and priced."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from ....checked_json import Value
from ....typed_json import Amount, Count, Share, added, rare

SHOWN = ["compute-fp32", "compute-int8", "lemaire2022"]
"""The tables that the main table and the plots show where a run does not say."""


@dataclass(frozen=True, kw_only=True)
class EnergyRow:
    """What a sentence costs a victim by one model; None where the model has no price for it.

    Attributes:
        dataset, seed: of the run
        victim, setting: what was counted
        steps: mean steps a text, 1 for an ANN
        model: the energy table that prices
        joules_per_sentence: its mean, and ``joules_std`` over texts
        ratio_to_sparse_ann: times the sparse ANN's energy
        accuracy: on the same texts
        projection: true, since nothing was measured on a chip
    """

    dataset: str = rare("")
    seed: int | None = rare()
    victim: str
    setting: str
    steps: Amount
    model: str
    joules_per_sentence: Amount | None
    joules_std: Amount | None
    ratio_to_sparse_ann: Amount | None
    accuracy: Share | None
    projection: bool = added(True)
    compute_joules: Amount | None
    memory_joules: Amount | None
    addressing_joules: Amount | None

    def check(self, value: Value) -> None:
        """Refuse energy below zero."""
        if (self.joules or 0.0) < 0:
            raise value["joules_per_sentence"].wrong("joules of 0 or more")

    @property
    def joules(self) -> float | None:
        """Those of a sentence."""
        return self.joules_per_sentence

    @property
    def ratio(self) -> float | None:
        """Times the sparse ANN's energy."""
        return self.ratio_to_sparse_ann


@dataclass(frozen=True, kw_only=True)
class BreakEven:
    """Spikes that a synapse carries, and below how many the layer pays by one model."""

    victim: str
    layer: str
    model: str
    spikes_per_synapse: float
    break_even: float | None
    pays: bool | None


@dataclass(frozen=True, kw_only=True)
class CurvePoint:
    """Energy and accuracy of a victim that is read after so many steps."""

    victim: str
    steps: Count
    latency_steps: Count | None
    model: str
    joules_per_sentence: Amount
    accuracy: Share
    projection: bool = added(True)

    @property
    def joules(self) -> float:
        """Those of a sentence."""
        return self.joules_per_sentence


@dataclass(frozen=True, kw_only=True)
class Exit:
    """Early exits: the margin that was chosen on dev, and the share of texts that stop at a step.

    steps before the first one of the answer are in ``mean_steps``.
    """

    victim: str
    margin: float
    mean_steps: Amount
    share_by_step: list[Share]


@dataclass(frozen=True, kw_only=True)
class TrainingRow:
    """Operations and energy of one epoch of training, by one definition and model."""

    victim: str
    definition: str
    model: str
    texts: Count | None
    ann_operations: Amount
    snn_operations: Amount
    ann_joules: Amount | None
    snn_joules: Amount | None
    ratio: Amount | None


@dataclass(frozen=True, kw_only=True)
class Source:
    """An energy model: what it counts, and where its figures come from."""

    model: str
    title: str
    source: str


@dataclass(frozen=True, kw_only=True)
class EnergyStage:
    """The whole stage; ``shown`` are the models of the main table and the plots."""

    label: str
    dataset: str = rare("")
    seed: int | None = rare()
    split: str
    sentences: Count
    rows: list[EnergyRow]
    break_even: list[BreakEven]
    curves: list[CurvePoint]
    exits: list[Exit] = added(list)
    training: list[TrainingRow]
    notes: list[str]
    shown: list[str] = rare(SHOWN.copy)
    seconds: Amount | None = rare()

    def of(self, victim: str, setting: str, model: str) -> EnergyRow | None:
        """The row of a victim in a setting by a model."""
        key = (victim, setting, model)
        return next((r for r in self.rows if (r.victim, r.setting, r.model) == key), None)


@dataclass(frozen=True, kw_only=True)
class EnergyFile(EnergyStage):
    """The file energy.json: the stage, the work of every layer, and where prices come from.

    layers: mean counts a text, by victim and setting; their fields are `energy.layers.FIELDS`.
    """

    layers: list[dict[str, Any]]
    tables: list[Source]

    def stage(self, seconds: float) -> EnergyStage:
        """What results.json holds of it; ``seconds`` that it took."""
        names = {item.name for item in fields(EnergyStage)} - {"seconds"}
        return EnergyStage(**{name: getattr(self, name) for name in names}, seconds=seconds)


@dataclass(frozen=True, kw_only=True)
class Tables:
    """Of the file energy.json, what the energy models are."""

    tables: list[Source]
