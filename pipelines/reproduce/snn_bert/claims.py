"""What was published, and what was measured here, claim by claim."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from statistics import mean
from typing import Any

import numpy as np

from ....engine.scores import USUAL
from ...settings.reproduce import GLUE
from . import published
from .intervals import between_seeds, of_seeds, paired, points, times
from .rows import Row
from .steps import Step

Claim = dict[str, Any]
"""claim: in words; dataset; seeds: how many both have; unit: ``times`` or ``points``; published:
None where there is nothing; synapses, everything: ``value``, ``low`` and ``high`` each or None, the
second also where there is one figure alone; met: by that of ``everything``; met_synapses: likewise,
None without either."""
REPEAT, OURS, ANN, AS_LONG = "repeat", "individual", "ann", "individual-longer"
STEPPED = {REPEAT: "", "repeat-spikingjelly": ", against spikingjelly's neurons and autograd"}
"""Ways to take a training step that ours is held against, and how claims name them."""


def claims(rows: Sequence[Row], steps: Sequence[Step]) -> list[Claim]:
    """Every claim that the rows can speak to, data set by data set."""
    found: list[Claim] = []
    for dataset in dict.fromkeys(row.cell.dataset for row in rows):
        own = [row for row in rows if row.cell.dataset == dataset]
        for part in (_energy, _training, _scores):
            found += [{"dataset": dataset, **claim} for claim in part(own)]
        found += [
            {"dataset": dataset, **claim}
            for claim in _step([step for step in steps if step["dataset"] == dataset])
        ]
    return [*found, *_tasks(rows)]


def _pairs(rows: Sequence[Row], left: str, right: str) -> list[tuple[Row, Row]]:
    """Rows of two networks, of the seeds that both have."""
    by_seed = {row.cell.seed: row for row in rows if row.cell.model == left}
    own = [row for row in rows if row.cell.model == right]
    return [(by_seed[row.cell.seed], row) for row in own if row.cell.seed in by_seed]


def _stacked(
    pairs: Sequence[tuple[Row, Row]], figures: Callable[[Row], Sequence[float]]
) -> tuple[np.ndarray, np.ndarray]:
    """Both networks' figures, (S, N) each."""
    left, right = zip(*pairs, strict=True)
    return np.array([figures(row) for row in left]), np.array([figures(row) for row in right])


def _synapses(row: Row) -> list[float]:
    return row.text_joules["synapses"]


def _everything(row: Row) -> list[float]:
    return row.text_joules["everything"]


def _energy(rows: Sequence[Row]) -> Iterator[Claim]:
    """Joules a text by the first table."""
    known, of_ann, free = published.ENERGY, published.ANN_ENERGY, "repeat-free"
    compared = (
        ("energy, both with the same cost on spikes", REPEAT, OURS, known),
        ("energy, only ours with a cost on spikes", free, OURS, known),
        ("energy, neither with a cost on spikes", free, "individual-free", known),
        ("energy, ours with four times the cost", REPEAT, "individual-sparse", known),
        ("energy, ours at about equal seconds of training", REPEAT, AS_LONG, known),
        ("energy, likewise, only ours with a cost on spikes", free, AS_LONG, known),
        ("energy against the ANN", ANN, OURS, of_ann),
        ("energy against the ANN, four times the cost", ANN, "individual-sparse", of_ann),
        ("energy against the ANN, seconds of `repeat`", ANN, AS_LONG, of_ann),
    )
    for words, left, right, known in compared:
        pairs = _pairs(rows, left, right)
        if pairs:
            alone, everything = (_ratio(pairs, of) for of in (_synapses, _everything))
            yield _claim(words, len(pairs), "times", known, everything, alone)


def _ratio(
    pairs: Sequence[tuple[Row, Row]], figures: Callable[[Row], Sequence[float]]
) -> dict[str, float] | None:
    """How many times the right one's is in the left one's."""
    return paired(*_stacked(pairs, figures), times)


def _training(rows: Sequence[Row]) -> Iterator[Claim]:
    """CPU seconds of whole trainings at equal epochs."""
    pairs = _pairs(rows, REPEAT, OURS)
    if pairs:
        found = of_seeds(*_stacked(pairs, lambda row: [row.train_seconds]))
        yield _claim("time of a whole training", len(pairs), "times", published.TIME, found)


def _step(steps: Sequence[Step]) -> Iterator[Claim]:
    """Time and memory of a step."""
    for step in steps:
        if step["way"] in STEPPED:
            by = STEPPED[step["way"]]
            timed = {"value": step["times"], "low": step["low"], "high": step["high"]}
            yield _claim(f"time of a training step{by}", 1, "times", published.TIME, timed)
            bytes_kept = float(step["kept_times"])
            kept = {"value": bytes_kept, "low": bytes_kept, "high": bytes_kept}
            words = f"memory kept for the backward pass{by}"
            yield _claim(words, 1, "times", published.MEMORY, kept)


def _scores(rows: Sequence[Row]) -> Iterator[Claim]:
    """Scores on test, in points."""
    compared = (
        ("score, equal epochs", REPEAT, OURS, published.POINTS),
        ("score, ours with four times the cost on spikes", REPEAT, "individual-sparse", None),
        ("score, about equal seconds of training", REPEAT, AS_LONG, None),
        ("score, likewise, only ours with a cost on spikes", "repeat-free", AS_LONG, None),
        ("score, twice the size", REPEAT, "individual-wider", None),
        ("score against the ANN", ANN, OURS, None),
        ("score against the ANN, seconds of `repeat`", ANN, AS_LONG, None),
    )
    for words, left, right, known in compared:
        pairs = _pairs(rows, left, right)
        if pairs:
            yield _claim(words, len(pairs), "points", known, _points(pairs))


def _points(pairs: Sequence[tuple[Row, Row]]) -> dict[str, float] | None:
    """Points between scores; those that are no mean over texts have the interval of the seeds."""
    if pairs[0][0].metric in USUAL:
        return paired(*_stacked(pairs, lambda row: list(map(int, row.right))), points)
    return between_seeds(*zip(*((left.score, right.score) for left, right in pairs), strict=True))


def _tasks(rows: Sequence[Row]) -> Iterator[Claim]:
    """The mean of several tasks of GLUE, by the seeds that all of them have of both networks."""
    tasks = dict.fromkeys(row.cell.dataset for row in rows if row.cell.dataset in GLUE)
    own = [[row for row in rows if row.cell.dataset == task] for task in tasks]
    compared = (("mean score", OURS), ("mean score, about equal seconds of training", AS_LONG))
    for words, model in compared:
        by_seed = [{pair[0].cell.seed: pair for pair in _pairs(of, REPEAT, model)} for of in own]
        seeds = set.intersection(*map(set, by_seed)) if len(by_seed) > 1 else set()
        if seeds:
            means = [
                [mean(pairs[seed][side].score for pairs in by_seed) for seed in sorted(seeds)]
                for side in (0, 1)
            ]
            claim = _claim(words, len(seeds), "points", None, between_seeds(*means))
            yield {"dataset": " ".join(tasks), **claim}


def _claim(
    words: str,
    seeds: int,
    unit: str,
    known: float | None,
    everything: dict[str, float] | None,
    synapses: dict[str, float] | None = None,
) -> Claim:
    return {
        "claim": words,
        "seeds": seeds,
        "unit": unit,
        "published": known,
        "synapses": synapses,
        "everything": everything,
        "met_synapses": _met(synapses, known),
        "met": _met(everything, known),
    }


def _met(found: dict[str, float] | None, known: float | None) -> bool | None:
    """Whether the whole interval reaches what was published."""
    return None if found is None or known is None else found["low"] >= known
