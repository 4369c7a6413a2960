"""Which rows the reproduction has, and in which order they are made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ....errors import InputError
from ....formatting import meant
from ...settings.reproduce import MODELS, ReproduceSettings
from .data.published import DATASETS
from .data.rows import Cell
from .data.system import ABLATIONS, SYSTEMS, System

SEEDS = (0, 1, 2, 3, 4)
ABLATED, ABLATION_SEEDS = ("sst2", "waimai"), (0, 1, 2)
WORDS = {"mr": 180, "sst2": 130, "subj": 200, "sst5": 160, "chnsenti": 500, "waimai": 150}
"""Words of the training texts, in thousands: how much longer one data set takes than another."""
TUNED = 8.0
"""How much longer an epoch of fine-tuning takes a step than the measuring of a text."""

Job = tuple[Cell, ...]
"""Rows of one run folder, made one after another by one process."""


@dataclass(frozen=True)
class Selection:
    """Which rows are wanted: what the command's settings say, and their defaults.

    taught: data sets that have a teacher
    """

    settings: ReproduceSettings
    taught: tuple[str, ...] = ()

    def cells(self) -> Iterator[Cell]:
        """Every row that is wanted."""
        for system in self.systems():
            ablated = system.name in ABLATIONS
            datasets = self.settings.datasets or (ABLATED if ablated else DATASETS)
            seeds = self.settings.seeds or (ABLATION_SEEDS if ablated else SEEDS)
            for dataset in datasets:
                if system.taught and dataset not in self.taught:
                    continue
                for steps in self._steps(system):
                    yield from (Cell(dataset, system.name, steps, seed) for seed in seeds)

    def systems(self) -> list[System]:
        """The systems that are wanted, in the order of the tables."""
        wanted = self.settings.models
        found = [system for system in SYSTEMS.values() if system.model in wanted]
        found.sort(key=lambda system: (MODELS.index(system.model), system.name))
        return found + (self._ablations() if "ablations" in wanted else [])

    def _ablations(self) -> list[System]:
        """The ablations that are wanted.

        Raises:
            InputError: there is none of such a name.
        """
        names = self.settings.ablations or tuple(ABLATIONS)
        unknown = [name for name in names if name not in ABLATIONS]
        if unknown:
            raise InputError(
                f"expected ablations of {', '.join(ABLATIONS)}, but got {unknown[0]!r}"
                f"{meant(unknown[0], ABLATIONS)}"
            )
        return [ABLATIONS[name] for name in names]

    def _steps(self, system: System) -> tuple[int, ...]:
        asked = self.settings.steps
        return tuple(steps for steps in system.steps if asked is None or steps in asked)


def jobs(cells: Iterable[Cell], folder: Callable[[Cell], Path]) -> list[Job]:
    """Rows by the run folder that they are made in, the longest job first.

    Args:
        cells: what is to be made
        folder: the run folder of each
    """
    found: dict[Path, list[Cell]] = {}
    for cell in cells:
        found.setdefault(folder(cell), []).append(cell)
    # the ANN before what is made of it, and few steps before many
    ordered = [tuple(sorted(job, key=lambda cell: cell.steps)) for job in found.values()]
    return sorted(ordered, key=lambda job: -sum(map(work_of, job)))


def work_of(cell: Cell) -> float:
    """About how long a row takes, in no unit."""
    system = cell.by
    steps = cell.steps * (TUNED if system.finetune is not None else 1.0)
    return WORDS[cell.dataset] * (1.0 + steps)
