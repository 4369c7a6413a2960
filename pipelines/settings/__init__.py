"""The settings of every command, as small dataclasses; the command line is made from them."""

from __future__ import annotations

from .attack import AttackSettings, AttackSweepSettings
from .convert import ConvertSettings, SweepSettings
from .data import DataSettings
from .energy import EnergySettings
from .engine import EngineSettings
from .export import ExportSettings
from .finetune import AdversarialSettings, FinetuneSettings
from .run import RunSettings
from .teach import TeachSettings
from .train import TrainSettings

__all__ = [
    "AdversarialSettings",
    "AttackSettings",
    "AttackSweepSettings",
    "ConvertSettings",
    "DataSettings",
    "EnergySettings",
    "EngineSettings",
    "ExportSettings",
    "FinetuneSettings",
    "RunSettings",
    "SweepSettings",
    "TeachSettings",
    "TrainSettings",
]
