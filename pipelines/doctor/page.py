"""The doctor's page for the terminal: groups of entries, no line wider than it."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Mapping, Sequence

from .check import Check

_WIDEST = 120
"""Columns; longer lines are hard to read."""
_NARROWEST = 24


def page(groups: Mapping[str, Sequence[Check]], width: int | None = None) -> str:
    """All ``groups`` of checks by title, and the verdict as the last line.

    Args:
        groups: the checks, by the title of their group
        width: columns; None for those of the terminal, 80 where there is none
    """
    columns = width or shutil.get_terminal_size((80, 24)).columns
    columns = max(_NARROWEST, min(columns, _WIDEST))
    longest = max(len(check.name) for checks in groups.values() for check in checks)
    longest = min(longest, columns // 3)
    lines = []
    for title, checks in groups.items():
        lines += [title, "-" * len(title)]
        for check in checks:
            lines += _entry(check, longest, columns)
        lines.append("")
    return "\n".join(lines + textwrap.wrap(verdict(groups), columns))


def verdict(groups: Mapping[str, Sequence[Check]]) -> str:
    """Whether commands will work, in a sentence."""
    broken = [c.name for checks in groups.values() for c in checks if c.level == "fail"]
    if not broken:
        return "Nothing that the commands need is missing."
    return f"To be repaired: {', '.join(broken)}."


def _entry(check: Check, longest: int, columns: int) -> list[str]:
    """``name  state  found``, and what to do below it with an arrow."""
    level = check.level.upper() if check.level == "fail" else check.level
    name = check.name if len(check.name) <= longest else check.name[: longest - 1] + "…"
    start = f"{name:{longest}}  {level:4}  "
    if len(start) > columns // 2:  # no room beside the name
        head = textwrap.wrap(f"{check.name}  {level}", columns)
        return [*head, *_wrapped(check.found, "  ", "  ", columns), *_to_do(check, "  ", columns)]
    indent = " " * len(start)
    return [*_wrapped(check.found, start, indent, columns), *_to_do(check, indent, columns)]


def _to_do(check: Check, indent: str, columns: int) -> list[str]:
    return _wrapped(check.remedy, f"{indent}> ", f"{indent}  ", columns) if check.remedy else []


def _wrapped(text: str, first: str, others: str, columns: int) -> list[str]:
    """Broken at blanks, so that options and paths stay whole unless they are wider than a line."""
    return textwrap.wrap(
        text, columns, initial_indent=first, subsequent_indent=others, break_on_hyphens=False
    )
