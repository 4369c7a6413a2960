"""What stays of the stage ``attack`` when a model that was attacked goes.

The figures of an attack on the ANN say nothing of an SNN, so they stay when that is made anew: only
rows, tests and transfers of victims that are made of what goes are taken out. Records stay in their
files, which name the weights that they are of: the next attack takes them over where the new model
is the same, and replaces them where it is another.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from .stage_files import record
from .stages import made_from, made_of

Figures = dict[str, Any]
TABLES = "robustness."  # what their names begin with
OF_FOLDER = ("fingerprint", "files", "made_from")  # what a stage has besides its figures


def attack_without(figures: Figures, gone: Collection[str]) -> Figures:
    """The stage ``attack`` without victims that are made of the stages in ``gone``.

    Args:
        figures: as results.json has them
        gone: stages

    Returns:
        The figures, which may have no tables yet (`lacks_tables`); none where no row is left.
    """
    kept = only(figures, lambda victim, _: {*gone}.isdisjoint(made_of(victim)))
    left = {name: made for name, made in made_from(kept).items() if name not in gone}
    return kept | {"made_from": left} if kept else {}


def only(figures: Figures, keeps: Callable[[str, str], bool]) -> Figures:
    """The stage ``attack`` with those rows that ``keeps`` is true of: by victim and attack.

    Returns:
        As `attack_without`.
    """
    from ...attacks.statistics.summary import summary

    rows = figures.get("rows", [])
    kept = [row for row in rows if keeps(row["victim"], row["attack"])]
    if len(kept) == len(rows) or not kept:
        return figures if kept else {}
    there = {(row["victim"], row["attack"]) for row in kept}

    def both(row: Figures, first: str, second: str) -> bool:
        return {(row[first], row["attack"]), (row[second], row["attack"])} <= there

    tests = [r for r in figures.get("comparisons", []) if both(r, "victim_a", "victim_b")]
    transfer = [r for r in figures.get("transfer", []) if both(r, "source", "target")]
    summed = figures | summary(kept, tests, transfer)
    # the tables are none of its files until `write_tables`: killed before, it is whole without them
    files = {k: v for k, v in summed.get("files", {}).items() if not k.startswith(TABLES)}
    # not what it was made as, so an attack with the same settings has something to do
    return summed | {"files": files, "fingerprint": ""}


def lacks_tables(figures: Figures) -> bool:
    """Whether the tables of the stage ``attack`` are still those of before."""
    files = figures.get("files")
    return isinstance(files, dict) and not any(name.startswith(TABLES) for name in files)


def write_tables(figures: Figures, folder: Path, data: str) -> Figures:
    """Write the tables of the stage ``attack`` anew.

    Args:
        figures: as results.json has them
        folder: of the stage
        data: name of the data set

    Returns:
        The figures, with the tables among their files.
    """
    from ...attacks.statistics.tables import write_robustness

    own = {name: value for name, value in figures.items() if name not in OF_FOLDER}
    write_robustness(folder, own, data)
    return figures | {"files": record(folder, "attack")}
