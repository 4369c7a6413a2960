"""Whether a difference between two converters is more than chance: paired over networks.

Both convert the same trained networks, so each seed gives one difference of losses. Whatever a seed
or the test texts do to both converters alike is not in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from snnconvert.formatting import markdown_table

Row = dict[str, Any]
Place = tuple[str, str, str]  # dataset, pooling, activation
Choice = dict[tuple[Place, str, int], tuple[str, str]]  # place, converter, steps -> recipe, encoder
CRITICAL = {2: 12.71, 3: 4.30, 4: 3.18, 5: 2.78}  # of Student's t, two-sided, 5 %; by seeds
TEXTS = {"sst2": 1821, "waimai": 1198}  # of the test splits
EQUAL = 1e-9  # points; accuracies are counts, so equal ones are equal


def differences(
    rows: Sequence[Row], best: Choice, first: str, second: str
) -> dict[tuple[Place, int], np.ndarray]:
    """Loss of ``first`` less that of ``second`` in points, (seeds,), for every network and T.

    Each with its recipe in ``best``; only seeds that both have. Below zero ``first`` is the better.
    """
    known: dict[tuple[Place, str, str, str, int], dict[int, float]] = {}
    for row in rows:
        where = (row["dataset"], row["pooling"], row["activation"])
        key = (where, row["converter"], row["recipe"], row["encoder"], row["steps"])
        known.setdefault(key, {})[row["seed"]] = 100 * row["snn_accuracy"]
    found = {}
    for (where, converter, t), recipe in best.items():
        other = best.get((where, second, t))
        if converter != first or other is None:
            continue
        own = known[(where, first, *recipe, t)]
        theirs = known[(where, second, *other, t)]
        seeds = sorted(own.keys() & theirs.keys())
        if seeds:
            found[(where, t)] = np.array([theirs[seed] - own[seed] for seed in seeds])
    return found


def standard_error(values: np.ndarray) -> float:
    """Of the mean of ``values``, from their own spread; nan of one value."""
    return float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else float("nan")


def tally(cells: Sequence[np.ndarray]) -> Row:
    """How many of ``cells`` are better, equal and worse, and which of them stand out.

    Returns:
        ``cells``; ``better``, ``equal``, ``worse`` by the mean over seeds; ``better_beyond`` and
        ``worse_beyond``, those beyond one standard error over seeds; ``better_sure`` and
        ``worse_sure``, those that Student's t tells from zero at 5 % (one in 20 does by chance, so
        of many cells a few); ``mean`` of all cells in points, and ``error``, the standard error of
        that mean over seeds, (nan where cells have not the same seeds).
    """
    found: Row = dict.fromkeys(
        ("better", "equal", "worse", "better_beyond", "worse_beyond", "better_sure", "worse_sure"),
        0,
    )
    for values in cells:
        mean, error = float(values.mean()), standard_error(values)
        if abs(mean) <= EQUAL:
            found["equal"] += 1
            continue
        side = "better" if mean < 0 else "worse"
        found[side] += 1
        found[f"{side}_beyond"] += abs(mean) > error
        found[f"{side}_sure"] += abs(mean) > CRITICAL.get(len(values), np.inf) * error
    sizes = {len(values) for values in cells}
    by_seed = np.mean(np.stack(cells), axis=0) if len(sizes) == 1 else np.array([np.nan])
    overall = float(np.mean([values.mean() for values in cells])) if cells else float("nan")
    return found | {"cells": len(cells), "mean": overall, "error": standard_error(by_seed)}


HEADS = ("networks", "cells", "better", "equal", "worse", "better (t)", "worse (t)")


def _line(name: str, cells: Sequence[np.ndarray]) -> list[str]:
    t = tally(cells)
    return [
        name,
        str(t["cells"]),
        f"{t['better']} ({t['better_beyond']})",
        str(t["equal"]),
        f"{t['worse']} ({t['worse_beyond']})",
        str(t["better_sure"]),
        str(t["worse_sure"]),
        f"{t['mean']:+.3f}",
        f"{t['error']:.3f}",
    ]


def _texts_note(rows: Sequence[Row], texts: Mapping[str, int]) -> str:
    """What one test text is worth, and how far one accuracy is known."""
    parts = []
    for name in dict.fromkeys(row["dataset"] for row in rows):
        if name in texts:
            p = float(np.mean([row["ann_accuracy"] for row in rows if row["dataset"] == name]))
            error = 100 * np.sqrt(p * (1 - p) / texts[name])
            parts.append(
                f"{name} has {texts[name]:,} test texts: one is {100 / texts[name]:.3f} points of "
                f"one seed, and one accuracy has a standard error over texts of {error:.2f} points"
            )
    kept = "that of a paired difference is smaller, and not known here: predictions are not kept"
    return f"{'; '.join(parts)} ({kept})." if parts else ""


def comparison(
    rows: Sequence[Row],
    best: Choice,
    texts: Mapping[str, int] | None = None,
    second: str = "spikingjelly",
) -> str:
    """A section of the page: ours against ``second``, by network, by T and in all; "" for none.

    Args:
        rows: of all converters
        best: recipe and encoder that each converter is given at each place and T
        texts: how many test texts each data set has, where all of them were measured
        second: the converter that ours stands beside
    """
    found = differences(rows, best, "ours", second)
    if not found:
        return ""
    lines = [_line("all", list(found.values()))]
    for where in dict.fromkeys(where for where, _ in found):
        lines.append(_line(" ".join(where), [d for (w, _), d in found.items() if w == where]))
    for t in sorted({t for _, t in found}):
        lines.append(_line(f"T = {t}", [d for (_, u), d in found.items() if u == t]))
    whole = tally(list(found.values()))
    largest = max(found.items(), key=lambda item: abs(item[1].mean()))
    (where, t), values = largest
    summary = (
        f"Ours against {second}, each with its recipe chosen on dev: better in {whole['better']} "
        f"of {whole['cells']} cells (network and T), equal in {whole['equal']}, worse in "
        f"{whole['worse']}; mean difference of the losses {whole['mean']:+.3f} points (below zero "
        f"ours loses less), standard error over the seeds {whole['error']:.3f}. The largest is "
        f"{values.mean():+.2f} points, {' '.join(where)} at T = {t}.\n\n"
        "A difference is one of losses of the same trained networks, one a seed. In brackets the "
        "cells whose mean difference is beyond its own standard error over the seeds; (t) those "
        "that Student's t tells from zero at 5 %, as about one cell in 20 does by chance. Cells "
        "are not independent: seeds and test texts are shared by all T and recipes.\n\n"
        f"{_texts_note(rows, texts or {})}"
    )
    return f"{summary}\n\n{markdown_table([*HEADS, 'mean difference', 'standard error'], lines)}"
