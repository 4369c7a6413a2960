"""Cells and tables of the pages: the mean of the seeds and its deviation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from statistics import mean, stdev


def spread(values: Sequence[float], scale: float = 1.0, digits: int = 2) -> str:
    """The mean and, of two or more, the standard deviation.

    >>> spread([0.5, 0.52], 100), spread([3.0])
    ('51.00 ± 1.41', '3.00')
    """
    shown = f"{scale * mean(values):.{digits}f}"
    return f"{shown} ± {scale * stdev(values):.{digits}f}" if len(values) > 1 else shown


def table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    rows = [head, ["---"] * len(head), *lines]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows) + "\n"


def verdict(met: bool, sentence: str) -> str:
    """A target in words: met or missed, with what was measured."""
    return f"{'met' if met else 'missed'}: {sentence}"


def not_made(rows: int, lacking: Mapping[str, int], unit: str, system: str) -> str:
    """How many rows of the whole table are there, and how many of which kinds are not.

    Args:
        rows: of the whole
        lacking: how many of a kind are not made yet; empty where all are
        unit: what these numbers count
        system: of ``snnconvert reproduce``
    """
    if not lacking:
        return f"All {rows} rows are made.\n"
    named = ", ".join(f"{kind} ({number})" for kind, number in lacking.items())
    return (
        f"{rows - sum(lacking.values())} of {rows} rows are made. **Not made yet** ({unit}): "
        f"{named}. `snnconvert reproduce {system}` with the same folder goes on with them.\n"
    )
