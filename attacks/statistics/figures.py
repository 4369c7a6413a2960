"""The figures that conclusions are drawn from, by victim and attack."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..preset import Role
from ..presets.catalogue import role_of
from ..victim_name import VictimName
from .defence import ALPHA, is_defended
from .wording import shown_difference

Row = Mapping[str, Any]

NEAR_ZERO = 0.05
"""Accuracy that an attack without budget may leave where nothing hides the way from it."""


class Figures:
    """Rows by victim and attack, and verified comparisons by pair and attack.

    Attributes:
        rows: by victim and attack.
        tests: the paired tests of verified outcome that have a corrected p.
        by_name: base and control of every victim.
        attacks: the attacks that say something of robustness, without the controls.
        spiking: the SNNs that are no controls, and not tuned against attacks.
    """

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
        self._roles = {attack: role_of(attack) for _, attack in self.rows}
        self.attacks = [attack for attack in self._roles if self.has_role(attack, Role.ATTACK)]
        self.spiking = [
            name
            for name, (base, control) in self.by_name.items()
            if not control and not VictimName.of(base).is_ann and not is_defended(base)
        ]

    def has_role(self, attack: str, role: Role) -> bool:
        """Whether the figures of ``attack`` are read for that."""
        return self._roles[attack] is role

    def under(self, role: Role) -> list[tuple[str, str, Row]]:
        """Victim, attack and row of every attack of that role."""
        return [
            (victim, attack, row)
            for (victim, attack), row in self.rows.items()
            if self.has_role(attack, role)
        ]

    def searches(self) -> list[tuple[str, str, Row]]:
        """Victim, attack and row of every attack that looks for texts: all but noise alone."""
        return [
            (victim, attack, row)
            for (victim, attack), row in self.rows.items()
            if not self.has_role(attack, Role.NOISE)
        ]

    def accuracy(self, victim: str, attack: str) -> float | None:
        """Accuracy after verified successes; after claimed ones where that is all there is."""
        row = self.rows.get((victim, attack), {})
        verified = row.get("verified_accuracy")
        return row.get("accuracy_under_attack") if verified is None else verified

    def tested(self, first: str, second: str) -> dict[str, float | None]:
        """By attack: by how much ``second`` is better if that is significant, else None."""
        gains: dict[str, float | None] = {}
        for row in self.tests:
            if row["attack"] not in self.attacks:
                continue
            pair = row["victim_a"], row["victim_b"]
            if pair in ((first, second), (second, first)):
                gap = shown_difference(row)
                better = -gap if pair[0] == first else gap
                gains[row["attack"]] = better if row["p_corrected"] < ALPHA else None
        return gains

    def masked(self, victim: str) -> bool:
        """Whether an attack without budget left too much."""
        unlimited = [attack for name, attack, _ in self.under(Role.UNLIMITED) if name == victim]
        return any((self.accuracy(victim, a) or 0.0) > NEAR_ZERO for a in unlimited)
