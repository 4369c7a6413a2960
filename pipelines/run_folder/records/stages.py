"""The record of every stage of a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from ....checked_json import Value
from ....typed_json import from_json
from ..stages import kind_of, models_among
from .attack import AttackStage
from .data import DataStage
from .energy import EnergyStage
from .models import ModelStage, SpikingStage
from .teacher import TeacherStage

T = TypeVar("T")
RECORDS: dict[str, type[Any]] = {
    "data": DataStage,
    "ann": ModelStage,
    "snn": SpikingStage,
    "finetuned": SpikingStage,
    "spiking": ModelStage,
    "ann-adversarial": ModelStage,
    "snn-adversarial": SpikingStage,
    "attack": AttackStage,
    "energy": EnergyStage,
    "teacher": TeacherStage,
}


def record_kind(stage: str) -> type[Any]:
    """The class of a stage's record; every conversion's are those of the first one."""
    return RECORDS[kind_of(stage)]


def record_of(figures: Mapping[str, Any], stage: str, kind: type[T]) -> T:
    """The record of a stage's figures, as they stand in results.json.

    Args:
        figures: of the stage
        stage: its name, for errors
        kind: its class, see `RECORDS`

    Raises:
        InputError: an entry is missing or of another kind; the message names its place.
    """
    where = Value(dict(figures), f"results.json: {stage}", f"make the stage {stage} again")
    return from_json(kind, where)


def models_of(results: Mapping[str, Any]) -> dict[str, ModelStage]:
    """The records of the models in a run's figures by stage, in the order of the stages.

    Raises:
        InputError: as `record_of`.
    """
    return {
        name: record_of(results[name], name, record_kind(name)) for name in models_among(results)
    }
