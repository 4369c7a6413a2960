"""The tables of the page: the mean of the seeds and its deviation, beside what was published."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from statistics import mean

from ...shared.tables import spread, table
from ..data.published import SPIKES
from ..data.rows import Cell, Row
from ..training.plan import MEASURES

Grouped = dict[Cell, list[Row]]


def grouped(rows: Iterable[Row]) -> Grouped:
    """Rows by what they are of but for the seed, in order."""
    found: Grouped = {}
    for row in sorted(rows, key=_place):
        found.setdefault(replace(row.cell, seed=-1), []).append(row)
    return found


def _place(row: Row) -> tuple[object, ...]:
    cell = row.cell
    recipes = ("published", "ours-ann", "ours", *MEASURES)
    codes = ("none", "saf", "random", "binary")
    return (
        *(cell.level != "word", cell.dataset, recipes.index(cell.recipe)),
        *(codes.index(cell.code), cell.steps, cell.seed),
    )


def accuracy_table(groups: Grouped) -> str:
    """Accuracy and MRR of the published recipe beside the published figures, and of ours."""
    head = ["data set", "level", "recipe", "code", "T", "seeds", "accuracy %", "published %"]
    head += ["difference", "MRR", "best epoch", "seconds a row"]
    lines = []
    for cell, rows in groups.items():
        if cell.recipe in MEASURES:
            continue
        known = rows[0].published_accuracy
        found = 100 * mean(row.accuracy for row in rows)
        lines.append(
            [
                *(cell.dataset, cell.level, cell.recipe, cell.code, str(cell.steps or "-")),
                str(len(rows)),
                spread([row.accuracy for row in rows], 100),
                "-" if known is None else f"{100 * known:.2f}",
                "-" if known is None else f"{found - 100 * known:+.2f}",
                spread([row.mrr for row in rows], digits=3),
                "-" if not rows[0].best_epoch else spread([r.best_epoch for r in rows], digits=1),
                spread([row.seconds for row in rows], digits=0),
            ]
        )
    return table(head, lines)


def energy_table(groups: Grouped, macs: dict[tuple[str, str], float]) -> str:
    """Work by the published count (spikes) and by ours (SOPs), over the MACs of the ANN.

    Args:
        groups: rows by what they are of
        macs: of the ANN by data set and level
    """
    head = ["data set", "level", "recipe", "code", "T", "spikes: input + layers", "published at 50"]
    head += ["spikes / MACs", "SOPs", "SOPs / MACs"]
    lines = []
    for cell, rows in groups.items():
        spikes = [row.spikes_per_layer or row.spikes_with_first_step for row in rows]
        if not spikes[0] or cell.recipe in MEASURES:
            continue
        layers = [mean(values) for values in zip(*spikes, strict=True)]
        known = SPIKES.get((cell.dataset, cell.level, cell.code), ())
        stands = cell.recipe == "published" and (cell.steps == 50 or cell.code == "binary")
        own = macs.get((cell.dataset, cell.level))
        sops = mean(row.sops for row in rows)
        lines.append(
            [
                *(cell.dataset, cell.level, cell.recipe, cell.code, str(cell.steps)),
                " + ".join(f"{value:.0f}" for value in layers),
                " + ".join(f"{value:.0f}" for value in known) if known and stands else "-",
                f"{sum(layers) / own:.3f}" if own else "-",
                f"{sops:,.0f}",
                f"{sops / own:.2f}" if own else "-",
            ]
        )
    return table(head, lines)


def measures_table(groups: Grouped) -> str:
    """What single changes of the published recipe are worth, at the same T."""
    lines = []
    for cell, rows in groups.items():
        if cell.recipe not in MEASURES:
            continue
        base = groups.get(replace(cell, recipe="published"), [])
        own = [row.accuracy for row in rows]
        seeds = {row.cell.seed for row in rows}
        before = [row.accuracy for row in base if row.cell.seed in seeds]
        difference = f"{100 * (mean(own) - mean(before)):+.2f}" if before else "-"
        lines.append(
            [
                *(cell.code, MEASURES[cell.recipe].words, str(len(rows))),
                *(spread(own, 100), spread(before, 100) if before else "-", difference),
            ]
        )
    return table(["code", "changed", "seeds", "accuracy %", "as published %", "gain"], lines)
