"""The stage ``energy`` of results.json as a report reads it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .checked_json import Value, read_value


@dataclass(frozen=True)
class EnergyRow:
    """What a sentence costs a victim by one model; None where the model has no price for it."""

    victim: str
    setting: str
    steps: float
    model: str
    joules: float | None
    ratio: float | None
    accuracy: float | None


@dataclass(frozen=True)
class BreakEven:
    """Spikes that a synapse carries, and below how many the layer pays by one model."""

    victim: str
    layer: str
    model: str
    carried: float
    limit: float | None
    pays: bool | None


@dataclass(frozen=True)
class CurvePoint:
    """Energy and accuracy of a victim that is read after so many steps."""

    victim: str
    steps: int
    model: str
    joules: float
    accuracy: float


@dataclass(frozen=True)
class TrainingRow:
    """Operations and energy of one epoch of training, by one definition and model."""

    victim: str
    definition: str
    model: str
    ann_operations: float
    snn_operations: float
    ratio: float | None


@dataclass(frozen=True)
class Source:
    """An energy model: what it counts, and where its figures come from."""

    model: str
    title: str
    source: str


@dataclass(frozen=True)
class Energy:
    """The whole stage."""

    label: str
    sentences: int
    split: str
    rows: list[EnergyRow]
    break_even: list[BreakEven]
    curves: list[CurvePoint]
    training: list[TrainingRow]
    sources: list[Source]
    notes: list[str]

    def of(self, victim: str, setting: str, model: str) -> EnergyRow | None:
        """The row of a victim in a setting by a model."""
        return next(
            (r for r in self.rows if (r.victim, r.setting, r.model) == (victim, setting, model)),
            None,
        )


def read_energy(value: Value, folder: Path) -> Energy:
    """The stage ``energy`` of results.json; what its models are, from energy.json in ``folder``.

    Raises:
        InputError: an entry is missing or of another kind; the message names it.
    """
    whole = read_value(folder / "energy.json", "energy of a run", value.remedy)
    return Energy(
        label=value["label"].text(),
        sentences=value["sentences"].whole(),
        split=value["split"].text(),
        rows=value["rows"].each(_row),
        break_even=value["break_even"].each(_break_even),
        curves=value["curves"].each(_point),
        training=value["training"].each(_training),
        sources=whole["tables"].each(_source),
        notes=value["notes"].each(Value.text),
    )


def _row(value: Value) -> EnergyRow:
    return EnergyRow(
        victim=value["victim"].text(),
        setting=value["setting"].text(),
        steps=value["steps"].number(),
        model=value["model"].text(),
        joules=value.optional("joules_per_sentence", Value.number),
        ratio=value.optional("ratio_to_sparse_ann", Value.number),
        accuracy=value.optional("accuracy", Value.number),
    )


def _break_even(value: Value) -> BreakEven:
    return BreakEven(
        victim=value["victim"].text(),
        layer=value["layer"].text(),
        model=value["model"].text(),
        carried=value["spikes_per_synapse"].number(),
        limit=value.optional("break_even", Value.number),
        pays=value.optional("pays", Value.flag),
    )


def _point(value: Value) -> CurvePoint:
    return CurvePoint(
        victim=value["victim"].text(),
        steps=value["steps"].whole(),
        model=value["model"].text(),
        joules=value["joules_per_sentence"].number(),
        accuracy=value["accuracy"].number(),
    )


def _training(value: Value) -> TrainingRow:
    return TrainingRow(
        victim=value["victim"].text(),
        definition=value["definition"].text(),
        model=value["model"].text(),
        ann_operations=value["ann_operations"].number(),
        snn_operations=value["snn_operations"].number(),
        ratio=value.optional("ratio", Value.number),
    )


def _source(value: Value) -> Source:
    return Source(value["model"].text(), value["title"].text(), value["source"].text())
