"""Classes whose names are written differently and may be the same class."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence


def alike(classes: Sequence[str]) -> list[list[str]]:
    """Groups of two and more of ``classes`` that only case, width, blanks or decimals tell apart.

    >>> alike(["Neg", "Pos", "neg", "1", "1.0", "mixed"])
    [['Neg', 'neg'], ['1', '1.0']]
    """
    groups: dict[str | float, list[str]] = {}
    for name in classes:
        groups.setdefault(_key(name), []).append(name)
    return [names for names in groups.values() if len(names) > 1]


def alike_note(classes: Sequence[str]) -> str | None:
    """A sentence on the groups of `alike`; None where there are none."""
    groups = [" and ".join(map(repr, names)) for names in alike(classes)]
    if not groups:
        return None
    return (
        f"classes that differ in nothing but how they are written: {'; '.join(groups[:4])}"
        f"{'; ...' if len(groups) > 4 else ''} (write them alike if they are one)"
    )


def _key(name: str) -> str | float:
    """What is the same of two names that differ in case, width, blanks or decimals alone."""
    plain = "".join(unicodedata.normalize("NFKC", name).casefold().split())
    try:
        number = float(plain)
    except ValueError:
        return plain
    return number if number == number else plain  # not a number is none
