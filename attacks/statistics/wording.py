"""Numbers and lists in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence


def _shares(shares: Mapping[str, float], victims: Sequence[str]) -> str:
    return _join(f"{_percent(shares[victim])} of {victim}" for victim in victims)


def _these(victims: Sequence[str]) -> str:
    return "this victim" if len(victims) == 1 else "these victims"


def _points(differences: Mapping[str, float]) -> str:
    """``pwws (by 12.0 points) and iga (by 3.5 points)``."""
    return _join(f"{attack} (by {100 * d:.1f} points)" for attack, d in differences.items())


def _join(names: Iterable[str], word: str = "and") -> str:
    *first, last = names
    return f"{', '.join(first)} {word} {last}" if first else last


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _count(n: int, what: str, ending: str = "s") -> str:
    return f"{n} {what}{'' if n == 1 else ending}"
