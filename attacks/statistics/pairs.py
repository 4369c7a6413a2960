"""Every paired test that came out significant, in one sentence: none is left to the tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...formatting import listing
from .defence import ALPHA
from .wording import counted, shown_difference

Row = Mapping[str, Any]


def pair_sentences(comparisons: Sequence[Row]) -> list[str]:
    """The significant pairs, attack by attack; nothing where no test is.

    Args:
        comparisons: of `compare` and `correct`, of any outcome.
    """
    tests = [row for row in comparisons if row.get("p_corrected") is not None]
    found = [row for row in tests if row["p_corrected"] < ALPHA]
    if not found:
        return []
    by_attack: dict[str, list[str]] = {}
    for row in found:
        outcome = row.get("outcome", "verified")
        where = row["attack"] if outcome == "verified" else f"{row['attack']}, {outcome} outcome"
        by_attack.setdefault(where, []).append(_said(row))
    under = [f"under {where} {listing(pairs)}" for where, pairs in by_attack.items()]
    kind = "is" if len(found) == 1 else "are"
    return [
        f"Of {counted(len(tests), 'paired test')} {len(found)} {kind} significant after "
        f"correction: {'; '.join(under)}."
    ]


def _said(row: Row) -> str:
    """``snn keeps 12.0 points more than ann``."""
    gap = shown_difference(row)
    better, other = (row["victim_a"], row["victim_b"])[:: 1 if gap >= 0 else -1]
    return f"{better} keeps {100 * abs(gap):.1f} points more than {other}"
