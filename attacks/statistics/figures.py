"""The figures that conclusions are drawn from, by victim and attack."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .defence import is_defended

Row = Mapping[str, Any]

ALPHA = 0.05
"""A corrected p below it is called significant."""
NEAR_ZERO = 0.05
"""Accuracy that an attack without budget may leave where nothing hides the way from it."""
NOISE = "noise"
"""The pseudo-attack of fresh noise on unchanged texts."""
UNLIMITED = ("unlimited", "zh-unlimited")
"""The attacks without budget."""


class _Figures:
    """Rows by victim and attack, and verified comparisons by pair and attack."""

    def __init__(self, rows: Iterable[Row], comparisons: Iterable[Row]) -> None:
        self.rows = {(row["victim"], row["attack"]): row for row in rows}
        self.tests = [
            row
            for row in comparisons
            if row.get("outcome", "verified") == "verified" and row.get("p_corrected") is not None
        ]
        self.by_name = {
            row["victim"]: (row.get("base") or row["victim"], row.get("control") or "")
            for row in self.rows.values()
        }
        self.attacks = [
            a for a in dict.fromkeys(a for _, a in self.rows) if a not in (NOISE, *UNLIMITED)
        ]
        self.spiking = [
            name
            for name, (base, control) in self.by_name.items()
            if not control and not base.startswith("ann") and not is_defended(base)
        ]

    def accuracy(self, victim: str, attack: str) -> float | None:
        """Accuracy after verified successes; after claimed ones where that is all there is."""
        row = self.rows.get((victim, attack), {})
        found = row.get("verified_accuracy")
        return row.get("accuracy_under_attack") if found is None else found

    def tested(self, first: str, second: str) -> dict[str, float | None]:
        """By attack: by how much ``second`` is better if that is significant, else None."""
        found: dict[str, float | None] = {}
        for row in self.tests:
            if row["attack"] not in self.attacks:
                continue
            pair = row["victim_a"], row["victim_b"]
            if pair in ((first, second), (second, first)):
                better = -row["difference"] if pair[0] == first else row["difference"]
                found[row["attack"]] = better if row["p_corrected"] < ALPHA else None
        return found

    def masked(self, victim: str) -> bool:
        """Whether an attack without budget left too much."""
        return any((self.accuracy(victim, a) or 0.0) > NEAR_ZERO for a in UNLIMITED)
