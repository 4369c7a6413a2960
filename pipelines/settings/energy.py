"""The settings of `snnconvert energy`."""

from __future__ import annotations

from dataclasses import dataclass

from .fields import Settings, option


@dataclass(frozen=True)
class EnergySettings(Settings):
    """Work counted on real texts, and what it costs by tables of published figures."""

    split: str = option("test", "split of the run's data", ("train", "dev", "test"))
    texts: int | None = option(None, "count on this many texts of it, drawn by seed (all)", least=1)
    tables: str | None = option(None, "YAML file of more energy tables")
    exit_tolerance: float = option(
        0.2, "points of dev accuracy that early exits may lose", least=0, most=100
    )
    sampled: int = option(32, "texts that spikingjelly's SpikeSim is given; 0 for none", least=0)
    training_texts: int = option(200, "texts on which an epoch's work is estimated", least=1)
