"""What runs a spiking network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict

from ...engine.kinds import ENGINES, PRECISIONS
from ...models.devices import DEVICES
from .fields import Settings, option


class Choice(TypedDict):
    """An engine by name, and its precision."""

    engine: str
    precision: str


@dataclass(frozen=True)
class DeviceSettings(Settings):
    """Where networks run."""

    device: str = option(
        "cpu", "where networks run; cuda: a GPU, auto: a GPU where there is one", DEVICES
    )


@dataclass(frozen=True)
class EngineSettings(DeviceSettings):
    """What runs spiking networks, and where; all engines give the same spikes.

    The CPU is the default because its figures are the ones that all others are compared with.
    """

    engine: str = option(
        "auto", "tables of words (fast, torch), Triton (gpu), or step by step", ENGINES
    )
    precision: str = option(
        "exact", "exact: weights on a grid where sums do not round; fast: as they are", PRECISIONS
    )

    def choice(self) -> Choice:
        """What `engine.engines.make_engine` takes of them."""
        return {"engine": self.engine, "precision": self.precision}


DEVICE = DeviceSettings()
ENGINE = EngineSettings()
