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
from .stages import made_of

Figures = dict[str, Any]
OF_FOLDER = ("fingerprint", "files", "made_from")  # what a stage has besides its figures


def attack_without(figures: Figures, gone: Collection[str], folder: Path, data: str) -> Figures:
    """The stage ``attack`` without victims that are made of the stages in ``gone``.

    Args:
        figures: as results.json has them
        gone: stages
        folder: of the stage, whose tables are written anew
        data: name of the data set, for these

    Returns:
        The figures; none where no row is left.
    """
    kept = only(figures, lambda victim, _: {*gone}.isdisjoint(made_of(victim)), folder, data)
    from_them = kept.get("made_from", {})
    left = {name: made for name, made in from_them.items() if name not in gone}
    return kept | {"made_from": left} if kept else {}


def only(figures: Figures, keeps: Callable[[str, str], bool], folder: Path, data: str) -> Figures:
    """The stage ``attack`` with those rows that ``keeps`` is true of: by victim and attack.

    The other arguments are those of `attack_without`.
    """
    from ...attacks.statistics.summary import summary
    from ...attacks.statistics.tables import write_robustness

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
    own = {name: value for name, value in summed.items() if name not in OF_FOLDER}
    write_robustness(folder, own, data)
    # not what it was made as, so an attack with the same settings has something to do
    return summed | {"files": record(folder, "attack"), "fingerprint": ""}
