"""The record of every stage of a run."""

from __future__ import annotations

from typing import Any

from .attack import AttackStage
from .data import DataStage
from .energy import EnergyStage
from .models import ModelStage, SpikingStage

RECORDS: dict[str, type[Any]] = {
    "data": DataStage,
    "ann": ModelStage,
    "snn": SpikingStage,
    "finetuned": SpikingStage,
    "ann-adversarial": ModelStage,
    "snn-adversarial": SpikingStage,
    "attack": AttackStage,
    "energy": EnergyStage,
}
