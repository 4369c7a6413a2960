"""What the speed benchmarks share: turns of equal variants, rows, and the three result files.

A case is one job (code, steps, length, batch); its variants do that job in different ways in one
process, one after the other in every round, so that a slower minute of the machine hits all of
them. What is timed is CPU time, of all threads together. Before that every variant runs once,
and its output is compared with the first one's.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from torch import Tensor

from snnconvert.formatting import markdown_table

Row = dict[str, Any]
PEER = "spikingjelly"
LONG = 0.5  # a first run of more CPU seconds is not repeated before the rounds


@dataclass(frozen=True)
class Case:
    """What a row is about; ``more`` are further columns (vocabulary, filters, threads ...)."""

    name: str
    code: str
    steps: int
    length: int
    batch: int
    more: Row = field(default_factory=dict)

    def columns(self) -> Row:
        """The columns that name the case."""
        return {"case": self.name, "variant": "", "code": self.code, "steps": self.steps} | {
            "length": self.length,
            "batch": self.batch,
        }


@dataclass(frozen=True)
class Variant:
    """One way to do a case's job.

    name: what the row calls it; run: does the whole job once and returns its output; before: what
    must be done before every run and is not timed, such as forgetting what a cache holds.
    """

    name: str
    run: Callable[[], Any]
    before: Callable[[], object] | None = None


@dataclass(frozen=True)
class Effort:
    """How long to measure: at least ``rounds`` rounds, more until ``seconds`` of CPU are spent.

    A run that is shorter than ``least`` seconds is repeated within its turn.
    """

    rounds: int = 3
    seconds: float = 6.0
    most: int = 25
    least: float = 0.02


USUAL = Effort()
QUICK = Effort(rounds=1, seconds=0.0, least=0.0)


def spent(variant: Variant, repeats: int = 1) -> tuple[float, float]:
    """CPU and wall seconds of one run of ``variant``, the mean of ``repeats``."""
    cpu = wall = 0.0
    for _ in range(repeats):
        if variant.before is not None:
            variant.before()
        begun = time.process_time(), time.perf_counter()
        variant.run()
        cpu += time.process_time() - begun[0]
        wall += time.perf_counter() - begun[1]
    return cpu / repeats, wall / repeats


def same(output: Any, expected: Any) -> bool:
    """Whether two outputs are equal to the bit: tensors, arrays, or sequences of them."""
    if isinstance(expected, Tensor | np.ndarray):
        return np.array_equal(np.asarray(output), np.asarray(expected))
    if isinstance(expected, list | tuple):
        return len(output) == len(expected) and all(map(same, output, expected))
    return bool(output == expected)


def measure(
    case: Case,
    variants: Sequence[Variant],
    effort: Effort = USUAL,
    *,
    equal: Callable[[Any, Any], bool] = same,
    peer: str = PEER,
) -> list[Row]:
    """Check that all variants give the first one's output, then time them in turn.

    Args:
        case: what they do
        variants: ways to do it; the first one's output is the measure of equality
        effort: how long to measure
        equal: compares an output with the first variant's
        peer: the variant that ratios are taken to; where it is not there they are None

    Returns:
        One row a variant: case, variant, code, steps, length, batch, cpu_seconds (the median of
        the rounds), ratio_to_spikingjelly (how many times less CPU than the peer), equal,
        wall_seconds, and the case's further columns.
    """
    agree, repeats, expected = [], [], None
    for number, variant in enumerate(variants):
        if variant.before is not None:
            variant.before()
        begun = time.process_time()
        output = variant.run()  # loads, compiles and fills what is kept
        once = time.process_time() - begun
        expected = output if number == 0 else expected
        agree.append(equal(output, expected))
        if once < LONG:  # it may have been little but compilation
            once = spent(variant)[0]
        repeats.append(max(1, min(200, int(effort.least / max(once, 1e-6)))))
    times: list[list[tuple[float, float]]] = [[] for _ in variants]
    begun = time.process_time()
    for number in range(effort.most):
        if number >= effort.rounds and time.process_time() - begun > effort.seconds:
            break
        for shift in range(len(variants)):  # another one begins every round
            index = (number + shift) % len(variants)
            times[index].append(spent(variants[index], repeats[index]))
    medians = [tuple(map(statistics.median, zip(*runs, strict=True))) for runs in times]
    base = next(
        (cpu for variant, (cpu, _) in zip(variants, medians, strict=True) if variant.name == peer),
        None,
    )
    return [
        case.columns()
        | {
            "variant": variant.name,
            "cpu_seconds": cpu,
            "ratio_to_spikingjelly": base / cpu if base else None,
            "equal": good,
            "wall_seconds": wall,
        }
        | case.more
        for variant, good, (cpu, wall) in zip(variants, agree, medians, strict=True)
    ]


def seconds_text(seconds: float) -> str:
    """A time with three digits, as in 1.23 s, 45.6 ms or 789 us.

    >>> [seconds_text(x) for x in (1.2345, 0.0456, 0.000789)]
    ['1.23 s', '45.6 ms', '789 us']
    """
    for factor, unit in ((1.0, "s"), (1e3, "ms"), (1e6, "us")):
        if seconds * factor >= 1 or unit == "us":
            return f"{seconds * factor:.3g} {unit}"
    raise AssertionError


def ratio_text(ratio: float | None) -> str:
    """How many times faster, with three digits; a dash where there is no peer."""
    if ratio is None:
        return "-"
    return f"{ratio:.0f}" if ratio >= 100 else f"{ratio:.3g}"


def case_table(rows: Sequence[Row], more: Mapping[str, str] | None = None) -> str:
    """All rows of one benchmark as one table in Markdown.

    Args:
        rows: as `measure` gives them
        more: further columns of ratios, by name, and their titles
    """
    head = ["case", "variant", "code", "T", "L", "batch", "CPU", "times spikingjelly"]
    return markdown_table(
        [*head, *(more or {}).values(), "equal"],
        [
            [
                str(row["case"]),
                str(row["variant"]),
                str(row["code"]),
                *(str(row[name]) for name in ("steps", "length", "batch")),
                seconds_text(row["cpu_seconds"]),
                ratio_text(row["ratio_to_spikingjelly"]),
                *(ratio_text(row.get(name)) for name in more or {}),
                "yes" if row["equal"] else "NO",
            ]
            for row in rows
        ],
    )


@dataclass(frozen=True)
class Target:
    """A ratio that a benchmark must show: ``case`` and ``variant`` at least ``least`` times."""

    case: str
    variant: str
    least: float

    def line(self, rows: Sequence[Row]) -> tuple[str, bool] | None:
        """What was measured and whether it is enough; None where the case was not measured."""
        for row in rows:
            if (row["case"], row["variant"]) == (self.case, self.variant):
                ratio = row["ratio_to_spikingjelly"]
                if ratio is not None:
                    text = f"{self.case}, {self.variant}: {ratio_text(ratio)} times"
                    return f"{text}, at least {self.least:g}", ratio >= self.least
        return None


def target_lines(targets: Sequence[Target], rows: Sequence[Row]) -> list[tuple[str, bool]]:
    """The targets that were measured, in words, each with whether it is met."""
    return [line for line in (target.line(rows) for target in targets) if line is not None]
