"""What runs a spiking network."""

from __future__ import annotations

from dataclasses import dataclass

from .choices import ENGINES, PRECISIONS
from .fields import Settings, option


@dataclass(frozen=True)
class EngineSettings(Settings):
    """What runs spiking networks; all engines give the same spikes."""

    engine: str = option("auto", "tables of words (fast, torch) or step by step", ENGINES)
    precision: str = option(
        "exact", "exact: weights on a grid where sums do not round; fast: as they are", PRECISIONS
    )


ENGINE = EngineSettings()
