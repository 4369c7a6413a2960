"""What the reproduction was to show, and whether the rows that are there show it."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import mean

from ...shared.tables import verdict
from ..data.published import DATASETS, LEVELS, STEPS, published_accuracy
from ..data.rows import Cell, Row
from .tables import Grouped

NEAR = 3.0
ABOVE = 8.0
SHARE = 0.1
LOST = 1.0


def targets(groups: Grouped) -> list[str]:
    """One sentence a target and data set, each with what was measured."""
    found = []
    for dataset in DATASETS:
        for level in LEVELS:
            found += [*_published(groups, dataset, level), *_ours(groups, dataset, level)]
    return found


def _accuracy(rows: list[Row] | None) -> float | None:
    """The mean of the seeds in percent; None without rows."""
    return 100 * mean(row.accuracy for row in rows) if rows else None


def _of(groups: Grouped, *cell: str | int) -> list[Row] | None:
    dataset, level, code, recipe, steps = cell
    return groups.get(Cell(str(dataset), str(level), str(code), str(recipe), int(steps), -1))


def _published(groups: Grouped, dataset: str, level: str) -> Iterator[str]:
    """SAF above random, and both near what was published."""
    for steps in STEPS:
        saf = _accuracy(_of(groups, dataset, level, "saf", "published", steps))
        random = _accuracy(_of(groups, dataset, level, "random", "published", steps))
        if saf is not None and random is not None:
            least = ABOVE if steps == 50 else 0.0
            yield verdict(
                saf - random > 0 and saf - random >= least,
                f"{dataset}, {level}, T = {steps}: SAF is {saf - random:.2f} points above random "
                + (f"(at least {least:g})" if least else "(above it)"),
            )
        for code, found in (("saf", saf), ("random", random)):
            known = published_accuracy(dataset, level, code, steps)
            if found is None or known is None:
                continue
            yield verdict(
                abs(found - 100 * known) <= NEAR,
                f"{dataset}, {level}, {code}, T = {steps}: {found:.2f} % against {100 * known:.2f} "
                f"published (within {NEAR:g})",
            )


def _ours(groups: Grouped, dataset: str, level: str) -> Iterator[str]:
    """Ours at few steps beside the published one at many, and beside our ANN."""
    ann = _accuracy(_of(groups, dataset, level, "none", "ours-ann", 0))
    few = _of(groups, dataset, level, "saf", "ours", 10)
    many = _of(groups, dataset, level, "saf", "published", 100)
    known = published_accuracy(dataset, level, "saf", 100)
    if few and known:
        own = _accuracy(few) or 0.0
        yield verdict(
            own >= 100 * known,
            f"{dataset}, {level}: ours at 10 steps has {own:.2f} %, the published SAF at 100 "
            f"{100 * known:.2f}",
        )
    if few and many:
        share = mean(row.sops for row in few) / mean(row.sops for row in many)
        yield verdict(
            share <= SHARE,
            f"{dataset}, {level}: ours at 10 steps takes {100 * share:.1f} % of the SOPs of the "
            f"published recipe at 100 (at most {100 * SHARE:g})",
        )
    four = _accuracy(_of(groups, dataset, level, "saf", "ours", 4))
    if four is not None and ann is not None:
        yield verdict(
            ann - four <= LOST,
            f"{dataset}, {level}: ours at 4 steps loses {ann - four:.2f} points of our ANN "
            f"(at most {LOST:g})",
        )
    published = published_accuracy(dataset, level, "none", 0)
    if ann is not None and published is not None:
        yield verdict(
            ann >= 100 * published,
            f"{dataset}, {level}: our ANN has {ann:.2f} %, the published one {100 * published:.2f}",
        )
