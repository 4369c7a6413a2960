"""Which networks are trained, on what, and in which order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...settings.reproduce import GLUE, NETWORKS, ReproduceSettings
from .rows import Cell

SEEDS = (0, 1, 2)
USUAL = ("sst2",)
"""Data sets that are taken where none are named."""
QUICK = "builtin-en"


@dataclass(frozen=True)
class Sizes:
    """What all networks of a call share."""

    size: int = 128
    layers: int = 2
    epochs: int = 3


SMALL = Sizes(32, 1, 4)
"""Of a quick call."""


@dataclass(frozen=True)
class Model:
    """A network that is trained.

    words: what it is; options: of `snnconvert train`; wider: how many times the hidden size;
    longer: how many times the epochs
    """

    words: str
    options: Mapping[str, Any] = field(default_factory=dict)
    wider: int = 1
    longer: float = 1.0

    def settings(self, sizes: Sizes) -> dict[str, Any]:
        """Its options of `snnconvert train`; no early stop, for equal epochs."""
        epochs = round(sizes.epochs * self.longer)
        own = {"size": sizes.size * self.wider, "layers": sizes.layers, "epochs": epochs}
        usual = {"model": "spiking-bert", "patience": epochs, "tensorboard": False}
        return usual | own | dict(self.options)


LONGER = 3.3
"""Epochs of ``individual-longer``, in those of the others: by so much a training of ``repeat`` took
longer on SST-2; what it comes to where it is run stands among the seconds."""
MODELS: dict[str, Model] = dict(
    zip(
        NETWORKS,
        (
            Model("ANN of the same matrices", {"model": "bert", "input_levels": 0}),
            Model("shown four times, LIF", {"coding": "repeat"}),
            Model("token by token, BPSN"),
            Model("with one pass of reset", {"passes": 1}),
            Model("looks back only", {"direction": "forward"}),
            Model("no cost on spikes", {"spike_cost": 0.0}),
            Model("shown four times, no cost on spikes", {"coding": "repeat", "spike_cost": 0.0}),
            Model("four times the cost on spikes", {"spike_cost": 8.0}),
            Model("more epochs, about the seconds of `repeat`", longer=LONGER),
            Model("twice the size, about the work of `repeat`", wider=2),
        ),
        strict=True,
    )
)
MAIN = NETWORKS[:3]


@dataclass(frozen=True)
class Selection:
    """Which rows are wanted: what the command's settings say, and their defaults."""

    settings: ReproduceSettings

    def timed(self) -> Iterator[str]:
        """Data sets whose training steps are measured: sentences, if all they need is trained."""
        if set(MAIN) <= set(self.settings.networks):
            yield from (dataset for dataset in self.datasets if dataset not in GLUE)

    @property
    def datasets(self) -> tuple[str, ...]:
        """The data sets of the rows."""
        return (QUICK,) if self.settings.quick else self.settings.datasets or USUAL

    def cells(self) -> Iterator[Cell]:
        """Every row that is wanted, in the order in which they are made: what claims need first."""
        for main in (True, False):
            for dataset in self.datasets:
                if not main and dataset in GLUE and self.settings.networks == NETWORKS:
                    continue  # of these there are variants where they are asked for
                for seed in self.seeds:
                    for name in self._models(main):
                        yield Cell(dataset, name, seed)

    @property
    def seeds(self) -> tuple[int, ...]:
        """Of each row."""
        return (0,) if self.settings.quick else self.settings.seeds or SEEDS

    def _models(self, main: bool) -> list[str]:
        return [name for name in self.settings.networks if (name in MAIN) == main]
