"""Mean and standard deviation of every figure over seeds; the file OUT/summary.json."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from ...checked_json import Value, read_value
from ...files import write_json, write_text
from ...formatting import csv_text
from ...typed_json import from_json, to_json
from ..run_folder.seed_folders import SUMMARY
from .figures import Key, figures_of

WHAT_CHANGES = (
    "Only the seed of the training changes: the first weights, the order of the texts, dropout, "
    "word vectors that are trained or random, spikes that are drawn, and the texts that thresholds "
    "are balanced on. Train, dev and test are the same texts for all, {attacked}."
)
SAME = "and so are the attacked ones"
OTHER = "but each run was attacked on texts that its own seed drew"


@dataclass(frozen=True, kw_only=True)
class SeedFigure:
    """One figure over the seeds.

    Attributes:
        group, model, detail, figure, unit: what it is of, see `figures.Key`
        n: seeds that have it
        mean: over them
        std: standard deviation of a sample (n - 1); None of fewer than two
        values: one a seed, in the order of the seeds; None where it was not measured
    """

    group: str
    model: str
    detail: str
    figure: str
    unit: str
    n: int
    mean: float
    std: float | None
    values: list[float | None]

    @property
    def key(self) -> Key:
        """What it is of."""
        return Key(self.group, self.model, self.detail, self.figure, self.unit)

    @property
    def shown_std(self) -> float | None:
        """The deviation for people: 0 where three digits of the mean would not show it."""
        if self.std is None or self.unit == "share":
            return self.std
        return self.std if self.std >= 5e-4 * abs(self.mean) else 0.0


@dataclass(frozen=True, kw_only=True)
class SeedSummary:
    """The runs of several seeds.

    Attributes:
        dataset: its name
        seeds: those whose runs have ended well, in the order in which they were asked for
        failed: what went wrong with others, by seed
        what_changes: between the runs, in words
        std: what is meant by that word
        figures: of all seeds, in the order of the stages
    """

    dataset: str
    seeds: list[int]
    failed: dict[str, str]
    what_changes: str
    std: str
    figures: list[SeedFigure]

    def of(self, group: str, model: str, figure: str, detail: str = "") -> SeedFigure | None:
        """One figure; None where no seed has it."""
        wanted = (group, model, figure, detail)
        return next(
            (f for f in self.figures if (f.group, f.model, f.figure, f.detail) == wanted), None
        )

    def check(self, value: Value) -> None:
        """Refuse figures that do not have a value a seed."""
        for own, entry in zip(self.figures, value["figures"].each(lambda v: v), strict=True):
            if len(own.values) != len(self.seeds):
                raise entry["values"].wrong(f"{len(self.seeds)} values, one a seed")


def summarise(
    runs: Mapping[int, Mapping[str, Any]],
    failed: Mapping[int, str] | None = None,
) -> SeedSummary:
    """Mean and standard deviation of every figure that a run has.

    Args:
        runs: figures by stage, as results.json has them, by seed
        failed: what went wrong with other seeds

    Raises:
        InputError: an entry of a run is missing or of another kind.
    """
    attacked = {results["attack"].get("seed") for results in runs.values() if "attack" in results}
    by_seed = [figures_of(results) for results in runs.values()]
    keys = dict.fromkeys(key for own in by_seed for key in own)
    names = [str(results.get("data", {}).get("name", "")) for results in runs.values()]
    return SeedSummary(
        dataset=next(iter(names), ""),
        seeds=list(runs),
        failed={str(seed): why for seed, why in (failed or {}).items()},
        what_changes=WHAT_CHANGES.format(attacked=SAME if len(attacked) < 2 else OTHER),
        std="standard deviation of a sample, with n - 1",
        figures=[_over(key, [own.get(key) for own in by_seed]) for key in keys],
    )


def _over(key: Key, values: list[float | None]) -> SeedFigure:
    """One figure that at least one seed has."""
    there = [value for value in values if value is not None]
    spread = stdev(there) if len(there) > 1 else None
    return SeedFigure(**key._asdict(), n=len(there), mean=fmean(there), std=spread, values=values)


def write_summary(out: Path, summary: SeedSummary) -> None:
    """Write OUT/summary.json and OUT/summary.csv, one row a figure."""
    write_json(out / SUMMARY, to_json(summary))
    rows = []
    for own in summary.figures:
        row = to_json(own)
        values = zip(summary.seeds, row.pop("values"), strict=True)
        rows.append(row | {f"seed {seed}": value for seed, value in values})
    columns = [*Key._fields, "n", "mean", "std", *(f"seed {seed}" for seed in summary.seeds)]
    write_text(out / "summary.csv", csv_text(rows, columns))


def read_summary(out: Path) -> SeedSummary:
    """Read what `write_summary` wrote.

    Raises:
        InputError: the file is missing, damaged, or holds something else.
    """
    remedy = "give the run command with --seeds again, which writes it"
    return from_json(SeedSummary, read_value(out / SUMMARY, "a summary of seeds", remedy))
