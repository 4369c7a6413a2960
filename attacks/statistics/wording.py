"""What the conclusions call figures and victims."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...formatting import listing, points_between
from ...formatting import percent as number


def percent(share: float) -> str:
    """A fraction as ``12.3 %``."""
    return f"{number(share)} %"


def counted(n: int, what: str, ending: str = "s") -> str:
    """``1 text`` and ``2 texts``."""
    return f"{n} {what}{'' if n == 1 else ending}"


def shares_of(shares: Mapping[str, float], victims: Sequence[str]) -> str:
    """``12.0 % of ann and 3.5 % of snn``."""
    return listing(f"{percent(shares[victim])} of {victim}" for victim in victims)


def these_victims(victims: Sequence[str]) -> str:
    """What a sentence calls victims that it has named."""
    return "this victim" if len(victims) == 1 else "these victims"


def shown_difference(row: Mapping[str, Any]) -> float:
    """Accuracy of the first less that of the second in a paired test, of the figures as shown."""
    first, second = row.get("accuracy_a"), row.get("accuracy_b")
    if first is None or second is None:
        return float(row["difference"])
    return points_between(first, second) / 100


def by_points(differences: Mapping[str, float]) -> str:
    """``pwws (by 12.0 points) and iga (by 3.5 points)``, of fractions by attack."""
    return listing(f"{attack} (by {100 * d:.1f} points)" for attack, d in differences.items())
