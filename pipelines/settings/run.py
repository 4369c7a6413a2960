"""The settings of `snnconvert run`."""

from __future__ import annotations

from dataclasses import dataclass, field

from .attack import AttackSettings
from .convert import ConvertSettings
from .data import DataSettings
from .energy import EnergySettings
from .fields import Settings, option
from .finetune import AdversarialSettings, FinetuneSettings
from .train import TrainSettings


@dataclass(frozen=True)
class RunSettings(Settings):
    """Everything: train, convert, fine-tune, count energy, attack, report."""

    data: DataSettings = field(default_factory=DataSettings, metadata={"prefix": ""})
    train: TrainSettings = field(default_factory=TrainSettings)
    convert: ConvertSettings = field(default_factory=ConvertSettings)
    finetune: FinetuneSettings = field(default_factory=FinetuneSettings)
    adversarial: AdversarialSettings = field(
        default_factory=AdversarialSettings, metadata={"prefix": "finetune."}
    )
    energy: EnergySettings = field(default_factory=EnergySettings)
    attack: AttackSettings = field(default_factory=AttackSettings)
    seed: int = option(0, "seed of every random draw; with --seeds, of the attacks alone")
    seeds: tuple[int, ...] | None = option(
        None,
        "seeds to train with: one run folder each, RUN/seed-0 and so on, and a summary",
        shown="the one of --seed",
        least=0,
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        self.adversarial.check_training(self.finetune)
