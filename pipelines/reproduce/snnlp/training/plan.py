"""Which rows the reproduction has, in the order in which they are made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from .....engine.dense.chain import Cuba
from ..data.published import DATASETS, LEVELS, STEPS, WORDS
from ..data.rows import Cell
from .chain import ChainSettings

SEEDS = (0, 1, 2)
OUR_STEPS = (4, 10)
OURS = ("ours-ann", "ours")


@dataclass(frozen=True)
class Measure:
    """One thing that is changed in the published recipe, to see what it is worth.

    words: what is changed; settings: how the chain is trained; upright: spikes at the rate x' in
    place of 1 - x' (of random coding alone); fresh: new draws in every epoch (likewise); scale:
    what vectors are multiplied with; codes: which it is made for
    """

    words: str
    settings: ChainSettings = field(default_factory=ChainSettings)
    upright: bool = False
    fresh: bool = False
    scale: float = 1.0
    codes: tuple[str, ...] = ("saf", "random")


_FAST = ChainSettings(lr=1e-3)
MEASURES = {
    "upright": Measure("rate x' in place of 1 - x'", upright=True, codes=("random",)),
    "fresh-draws": Measure("new draws in every epoch", fresh=True, codes=("random",)),
    "fast-rate": Measure("learning rate 1e-3 in place of 1e-5", _FAST),
    "no-delay": Measure("no step of delay a layer", ChainSettings(p=Cuba(delay=False))),
    "all-of-these": Measure(
        "all of these together", replace(_FAST, p=Cuba(delay=False)), upright=True, fresh=True
    ),
    "larger-vectors": Measure("vectors twice as large", scale=2, codes=("none", "saf", "random")),
}
MEASURED, MEASURED_STEPS = ("emotion", "word"), 50


@dataclass(frozen=True)
class Selection:
    """Which rows are wanted; empty for all of a kind."""

    datasets: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    recipes: tuple[str, ...] = ()
    steps: tuple[int, ...] = ()
    seeds: tuple[int, ...] = ()

    def wants(self, cell: Cell) -> bool:
        """Whether a row is among them; ``measures`` stands for every `MEASURES`."""
        recipe = "measures" if cell.recipe in MEASURES else cell.recipe.partition("-")[0]
        pairs = (
            (self.datasets, cell.dataset),
            (self.levels, cell.level),
            (self.codes, cell.code),
            (self.recipes, recipe),
            (self.steps, cell.steps),
            (self.seeds, cell.seed),
        )
        return all(not wanted or value in wanted for wanted, value in pairs)


Job = tuple[Cell, ...]
"""Rows made one after another, by one process: they differ in the seed alone and share their input
spikes, or they are ours of the same inputs and share their ANNs."""


def jobs(selection: Selection, made: frozenset[str] = frozenset()) -> list[Job]:
    """What is to be made, what is asked for first in the front.

    Args:
        selection: which rows are wanted
        made: names of the rows that are there
    """
    found: dict[Cell, list[Cell]] = {}
    for kind in _kinds():
        seeds = SEEDS[:1] if kind.recipe in MEASURES else SEEDS
        cells = (replace(kind, seed=seed) for seed in seeds)
        ours = kind.recipe in OURS
        shared = replace(kind, code="", recipe="ours", steps=0) if ours else kind
        left = [cell for cell in cells if selection.wants(cell) and cell.name not in made]
        found.setdefault(shared, []).extend(left)
    return [tuple(job) for job in found.values() if job]


def _kinds() -> Iterator[Cell]:
    """Every row but for its seed: the longest job first, so that no process ends long after the
    others, then emotion, which is the smaller."""
    for dataset, words in sorted(WORDS.items(), key=lambda item: -item[1]):
        yield Cell(dataset, "word", "binary", "published", words + 1, 0)
    for level in LEVELS:
        for dataset in sorted(DATASETS, key=len, reverse=True):
            yield Cell(dataset, level, "none", "published", 0, 0)
            yield Cell(dataset, level, "none", "ours-ann", 0, 0)
            for steps in OUR_STEPS:
                yield Cell(dataset, level, "saf", "ours", steps, 0)
            for steps in STEPS:
                for code in ("saf", "random"):
                    yield Cell(dataset, level, code, "published", steps, 0)
            if (dataset, level) == MEASURED:
                yield from _measured()


def _measured() -> Iterator[Cell]:
    """The rows of `MEASURES`."""
    for name, measure in MEASURES.items():
        for code in measure.codes:
            yield Cell(*MEASURED, code, name, MEASURED_STEPS if code != "none" else 0, 0)


def all_names(selection: Selection) -> Sequence[str]:
    """The names of all rows that are wanted."""
    return [cell.name for job in jobs(selection) for cell in job]
