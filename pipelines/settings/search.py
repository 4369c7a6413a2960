"""The settings of `snnconvert search`."""

from __future__ import annotations

from dataclasses import dataclass, field

from .convert import ConvertSettings
from .data import DataSettings
from .fields import Settings, option
from .finetune import FinetuneSettings
from .train import TrainSettings


@dataclass(frozen=True)
class SearchSettings(Settings):
    """What is searched, from where, and for how long."""

    data: DataSettings = field(default_factory=DataSettings, metadata={"prefix": ""})
    train: TrainSettings = field(default_factory=TrainSettings)
    convert: ConvertSettings = field(default_factory=ConvertSettings)
    finetune: FinetuneSettings = field(default_factory=FinetuneSettings)
    space: str | None = option(
        None,
        "YAML file of the options that are searched and their values, see docs/search.md",
        shown="learning rates, dropout, filters",
    )
    trials: int = option(20, "trials, with those that are there; the first is as given", least=2)
    spare: bool = option(
        False, "search for few synaptic operations too: the front of both is written down"
    )
    workers: int = option(1, "trials at the same time, a process each", least=1)
    ray: str | None = option(None, "address of a Ray cluster whose CPUs they take", shown="none")
    keep: bool = option(False, "keep the run folders of all trials, not of the best alone")
