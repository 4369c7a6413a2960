"""All checks in their groups: for people, or as JSON for a program."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from ..display.output import tell
from .check import Check
from .data import check_attack_data, check_data
from .machine import check_machine
from .packages import check_core, check_extras, check_torchvision
from .page import page


def doctor(given: Mapping[str, Any]) -> int:
    """Tell every check with what to do; returns 1 where something needed is broken, else 0.

    Args:
        given: options of the command: ``data_dir``, ``json``, ``quiet``
    """
    groups = examine(given.get("data_dir"))
    broken = any(check.level == "fail" for checks in groups.values() for check in checks)
    found = [{"group": title, **asdict(c)} for title, checks in groups.items() for c in checks]
    tell(given, {"ok": not broken, "checks": found}, lambda: page(groups))
    return int(broken)


def examine(data_dir: str | None = None) -> dict[str, list[Check]]:
    """Every check, by the title of its group."""
    return {
        "Packages": [*check_core(), check_torchvision()],
        "Optional packages": list(check_extras()),
        "Machine": list(check_machine()),
        "Data": list(check_data(data_dir)),
        "Data of the attacks": list(check_attack_data()),
    }
