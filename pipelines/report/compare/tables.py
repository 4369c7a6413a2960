"""The table that compares runs: the data, and the rows of every section."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..cells import ABSENT, Cell, Groups
from ..format import count
from ..read import Run
from ..sections import SECTIONS

Row = dict[str, Any]
Table = dict[str, list[tuple[str, list[Cell]]]]


def tables(runs: Mapping[str, Run]) -> Table:
    """Rows by heading; each has a name and one cell a run, and is there if any run has it.

    Raises:
        InputError: a file of a run is missing or damaged.
    """
    found = _side_by_side([data_row(run) for run in runs.values()])
    for name in SECTIONS:
        section = SECTIONS[name]
        figures = [section.read(run) for run in runs.values()]
        own = _side_by_side([{} if f is None else section.row(f) for f in figures])
        found |= {heading: found.get(heading, []) + rows for heading, rows in own.items()}
    return found


def _side_by_side(groups: list[Groups]) -> Table:
    """The cells of all runs by heading and row, in the order in which the runs name them."""
    table: Table = {}
    for heading in dict.fromkeys(heading for own in groups for heading in own):
        labels = dict.fromkeys(label for own in groups for label in own.get(heading, {}))
        rows = [
            (label, [own.get(heading, {}).get(label, ABSENT) for own in groups]) for label in labels
        ]
        table[heading] = [(label, cells) for label, cells in rows if set(cells) != {ABSENT}]
    return table


def data_row(run: Run) -> Groups:
    """What a run was tested on."""
    name, digest = run.name, run.data.sha256 if run.data else None
    return {
        "Data": {
            "Data set": Cell(name, "", name) if run.data else ABSENT,
            "Texts in test": Cell(count(run.tested), "", run.tested) if run.tested else ABSENT,
            "Data hash": Cell(digest[:12], "", digest) if digest else ABSENT,
        }
    }
