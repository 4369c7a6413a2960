"""The settings of `snnconvert run`."""

from __future__ import annotations

from dataclasses import dataclass, field

from .attack import AttackSettings
from .convert import ConvertSettings
from .data import DataSettings
from .fields import Settings, option
from .finetune import FinetuneSettings
from .train import TrainSettings


@dataclass(frozen=True)
class RunSettings(Settings):
    """Everything: train, convert, fine-tune, attack, report."""

    data: DataSettings = field(default_factory=DataSettings)
    train: TrainSettings = field(default_factory=TrainSettings)
    convert: ConvertSettings = field(default_factory=ConvertSettings)
    finetune: FinetuneSettings = field(default_factory=FinetuneSettings)
    attack: AttackSettings = field(default_factory=AttackSettings)
    seed: int = option(0, "seed of every random draw")
