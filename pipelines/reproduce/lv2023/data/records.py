"""Rows of several seeds as one record: mean and standard deviation."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from .....typed_json import Count, Share, added
from ....settings.reproduce import MODELS
from .published import DATASETS, published_accuracy
from .rows import Row
from .system import ABLATIONS, SYSTEMS

MEANS = (
    *("dev_mean", "sops_per_sentence", "macs_per_sentence"),
    *("input_spikes_per_value", "joules_per_sentence"),
)
"""What a record holds the means of over its seeds, but for the accuracy on test."""


@dataclass(frozen=True)
class Record:
    """What a system reached on a data set at T steps.

    Attributes:
        dataset, model, setting, steps: what it is of; T is 0 for an ANN
        system: name of the file of its settings
        seeds: how many; mean, std: of their accuracies on test, fractions; std is None of one
        accuracies: each of them by its seed; none in files of before there were any
        teachers: names of those that it learned from, whose logits were averaged; none likewise
        dev_mean: on dev
        sops_per_sentence, macs_per_sentence, input_spikes_per_value, joules_per_sentence: means
        parameters: outside the word table
        published: the accuracy of the published system ``beside`` it, None where there is none
        limit: most texts of a split in one of the rows, None where all have all
        seconds: of the processor, all rows together
    """

    dataset: str
    model: str
    setting: str
    steps: int
    system: str
    seeds: Count
    mean: Share
    std: float | None
    dev_mean: Share
    sops_per_sentence: float | None
    macs_per_sentence: float | None
    input_spikes_per_value: float | None
    joules_per_sentence: float | None
    parameters: int
    beside: str | None
    published: float | None
    limit: int | None
    seconds: float
    accuracies: dict[str, Share] = added(dict)
    teachers: list[str] = added(list)

    @property
    def key(self) -> tuple[str, str, int]:
        """What no two records of a table have alike: data set, system and T."""
        return self.dataset, self.system, self.steps

    @property
    def percent(self) -> float:
        """The mean accuracy in percent."""
        return 100 * self.mean

    def percent_above(self, base: Record) -> float:
        """How many points it is above ``base``: of the seeds that both name, else of the means."""
        shared = self.accuracies.keys() & base.accuracies.keys()
        if not shared:
            return self.percent - base.percent
        return 100 * mean(self.accuracies[seed] - base.accuracies[seed] for seed in shared)

    def to_dict(self) -> dict[str, Any]:
        """A flat record, JSON-able."""
        return asdict(self)

    def adds_to(self, other: Record) -> bool:
        """Whether both are of one row, taught alike, by seeds that they name and do not share."""
        named = all(len(record.accuracies) == record.seeds for record in (self, other))
        mine, its = ((r.key, r.limit, r.teachers) for r in (self, other))
        return named and mine == its and not self.accuracies.keys() & other.accuracies.keys()


def records_of(rows: Iterable[Row]) -> list[Record]:
    """One record for each data set, system and T, in the order of the tables.

    Rows of systems that are no more are left out.
    """
    found: dict[tuple[str, str, int], list[Row]] = {}
    for row in rows:
        cell = row.cell
        if _is_known(cell.system):
            found.setdefault((cell.dataset, cell.system, cell.steps), []).append(row)
    return in_order(map(_record, found.values()))


def pooled(one: Record, other: Record) -> Record:
    """Two records of different seeds (`Record.adds_to`) as if their rows had been made together."""
    accuracies = dict(sorted({**one.accuracies, **other.accuracies}.items(), key=_seed))
    seeds = one.seeds + other.seeds
    means: dict[str, Any] = {}
    for name in MEANS:
        mine, its = getattr(one, name), getattr(other, name)
        known = mine is not None and its is not None
        means[name] = (one.seeds * mine + other.seeds * its) / seeds if known else None
    return replace(
        one,
        seeds=seeds,
        mean=mean(accuracies.values()),
        std=stdev(accuracies.values()),
        parameters=max(one.parameters, other.parameters),
        seconds=round(one.seconds + other.seconds, 1),
        accuracies=accuracies,
        **means,
    )


def _seed(named: tuple[str, float]) -> int:
    return int(named[0])


def in_order(records: Iterable[Record]) -> list[Record]:
    """Records in the order of the tables; those of systems or data sets that are no more go."""
    known = (r for r in records if r.dataset in DATASETS and _is_known(r.system))
    return sorted(known, key=_place)


def _is_known(system: str) -> bool:
    return system in SYSTEMS or system in ABLATIONS


def _place(record: Record) -> tuple[object, ...]:
    dataset, name, steps = record.key
    ablated = name in ABLATIONS
    model = (ABLATIONS if ablated else SYSTEMS)[name].model
    return (DATASETS.index(dataset), ablated, MODELS.index(model), name, steps)


def _record(rows: list[Row]) -> Record:
    cell, system = rows[0].cell, rows[0].cell.by
    known = published_accuracy(system.beside, cell.dataset)
    accuracies = [row.accuracy for row in rows]
    return Record(
        dataset=cell.dataset,
        model=system.model,
        setting=system.setting,
        steps=cell.steps,
        system=system.name,
        seeds=len(rows),
        mean=mean(accuracies),
        std=stdev(accuracies) if len(rows) > 1 else None,
        dev_mean=mean(row.dev_accuracy for row in rows),
        sops_per_sentence=_mean(rows, lambda row: row.sops),
        macs_per_sentence=_mean(rows, lambda row: row.macs),
        input_spikes_per_value=_mean(rows, lambda row: row.input_spikes_per_value),
        joules_per_sentence=_mean(rows, lambda row: row.joules),
        parameters=max(row.parameters for row in rows),
        beside=system.beside,
        published=None if known is None else round(known / 100, 4),
        limit=min((row.notes["limit"] for row in rows if "limit" in row.notes), default=None),
        seconds=round(sum(row.seconds for row in rows), 1),
        accuracies={str(row.cell.seed): row.accuracy for row in rows},
        teachers=[Path(name).name for name in rows[0].notes.get("teacher", ())],
    )


def _mean(rows: list[Row], figure: Callable[[Row], float | None]) -> float | None:
    """The mean of a figure; None where a row has none."""
    values = [value for value in map(figure, rows) if value is not None]
    return mean(values) if len(values) == len(rows) else None
